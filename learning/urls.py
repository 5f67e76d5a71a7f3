from django.urls import path

from learning.views import home

app_name = "learning"

urlpatterns = [
    path("", home.home, name="home"),
]
