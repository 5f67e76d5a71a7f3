from celery import current_app


def wake_up() -> None:
    """Start the worker a few seconds early. The queue may be down: the worker looks by itself anyway."""
    current_app.send_task("notifications.tasks.deliver", retry=False, expires=10)
