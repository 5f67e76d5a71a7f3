from django.apps import AppConfig
from django.db.backends.signals import connection_created


class LearningConfig(AppConfig):
    name = "learning"
    verbose_name = "学习"

    def ready(self) -> None:
        from learning.rules.search import teach_sqlite

        connection_created.connect(teach_sqlite, dispatch_uid="search in Chinese on SQLite")
