from django.apps import AppConfig


class PartyHubConfig(AppConfig):
    name = "partyhub"
    verbose_name = "平台"
