from django.urls import path

from notifications import views

app_name = "notifications"

urlpatterns = [
    path("", views.notice_list, name="inbox"),
    path("<int:pk>/open/", views.open_notice, name="open"),
    path("read/", views.read_all, name="read_all"),
    path("settings/", views.wishes, name="settings"),
    path("settings/save/", views.save_wishes, name="save_settings"),
]
