from django.contrib import admin
from django.urls import include, path

from partyhub import health, views

handler400 = "partyhub.errors.bad_request"
handler403 = "partyhub.errors.forbidden"
handler404 = "partyhub.errors.not_found"
handler500 = "partyhub.errors.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("todos/", views.todos, name="todos"),
    path("me/", views.me, name="me"),
    path("", include("accounts.urls")),
    path("notices/", include("notifications.urls")),
    path("wecom/", include("wecom.urls")),
    path("files/", include("core.urls")),
    path("learning/", include("learning.urls")),
    path("talks/", include("appointments.urls")),
    path("activities/", include("activities.urls")),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
]
