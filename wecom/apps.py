from django.apps import AppConfig


class WeComConfig(AppConfig):
    name = "wecom"
    verbose_name = "企业微信"

    def ready(self) -> None:
        from wecom import checks  # noqa: F401 - registers
