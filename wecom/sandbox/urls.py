from django.urls import path, re_path
from django.views.static import serve

# Importing the modules registers their API paths.
from wecom.sandbox import (  # noqa: F401
    agent,
    batch,
    chats,
    contacts,
    control,
    directory,
    media,
    messages,
    oauth,
    operator,
    pages,
    schedule,
    tags,
    wire,
)
from wecom.sandbox.server import HERE

urlpatterns = [
    path("cgi-bin/<path:path>", wire.cgi_bin),
    path("sandbox/<path:path>", control.dispatch),
    path("connect/oauth2/authorize", oauth.authorize),
    path("wwlogin/sso/login", oauth.desktop),
    path("wwopen/sso/qrConnect", oauth.old_desktop),
    path("", pages.home),
    path("pick", pages.pick),
    path("workbench/", pages.workbench),
    path("messages/", pages.inbox),
    path("messages/news", pages.news),
    re_path(r"^messages/(?P<kind>app|chat)/(?P<name>\w+)/$", pages.conversation),
    path("messages/<str:msgid>/click", pages.click),
    path("operator/", operator.corner),
    re_path(f"^operator/(?P<part>{'|'.join(operator.PARTS)})/$", operator.corner),
    re_path(f"^operator/do/(?P<verb>{'|'.join(operator.ACTIONS)})$", operator.act),
    path("static/<path:path>", serve, {"document_root": HERE / "static"}),
]
