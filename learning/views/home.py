from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def home(request):
    """The tab 学习."""
    return render(request, "learning/home.html")
