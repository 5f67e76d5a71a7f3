from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def home(request):
    """The tab 谈话."""
    return render(request, "appointments/home.html")
