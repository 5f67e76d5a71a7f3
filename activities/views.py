from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def home(request):
    """The tab 活动."""
    return render(request, "activities/home.html")
