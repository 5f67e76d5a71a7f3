from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def home(request):
    """首页: who I am and what is due."""
    return render(request, "home/home.html", {"todos": []})


@require_GET
def me(request):
    """我的: my own record and settings."""
    return render(request, "home/me.html")
