"""The Celery application. Truth lives in the database; the queue only wakes somebody up."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partyhub.settings")
TRANSPORT_ALIASES["fsatomic"] = "partyhub.broker:Transport"

app = Celery("partyhub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
