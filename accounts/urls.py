from django.urls import path

from accounts import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
]
