from django.urls import path, re_path

# Importing the modules registers their API paths.
from wecom.sandbox import agent, chats, contacts, control, media, messages, oauth, wire  # noqa: F401

urlpatterns = [
    path("cgi-bin/<path:path>", wire.cgi_bin),
    path("sandbox/<path:path>", control.dispatch),
    path("connect/oauth2/authorize", oauth.authorize),
    path("wwlogin/sso/login", oauth.desktop),
    re_path("^wwopen/sso/qrConnect$", oauth.old_desktop),
]
