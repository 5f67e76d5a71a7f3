from django.apps import AppConfig
from django.contrib.admin import apps as django_admin


class PartyHubConfig(AppConfig):
    name = "partyhub"
    verbose_name = "平台"


class PortalAdminConfig(django_admin.AdminConfig):
    """Django's admin with our closed site in place of its own."""

    default = False
    default_site = "core.admin.PortalSite"
