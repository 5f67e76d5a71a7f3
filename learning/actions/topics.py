"""Keeping the topics that gather items and courses."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.actions.locks import lock
from accounts.models import Branch, User
from core.audit.log import record
from core.errors import Invalid
from learning.actions.editing import WRITE, check_right
from learning.models import Topic


@transaction.atomic
def save_topic(
    *,
    topic: Topic | None,
    by: User,
    branch: Branch | None = None,
    name: str,
    intro: str = "",
    since: date | None = None,
    until: date | None = None,
    position: int = 0,
) -> Topic:
    """Write a topic; a new one of ``branch`` when ``topic`` is None.

    Raises ``Missing`` for a foreign branch, ``Invalid`` for a name the branch uses already and for dates that end
    before they begin.
    """
    topic = lock(topic) if topic else Topic(branch=branch)
    check_right(by, WRITE, topic.branch)
    if since and until and until <= since:
        raise Invalid(fields={"until": ["结束日期要在开始日期之后。"]})
    values = {
        "name": name.strip(),
        "intro": intro.strip(),
        "since": since,
        "until": until,
        "position": position,
    }
    changed = [field for field, value in values.items() if getattr(topic, field) != value]
    for field, value in values.items():
        setattr(topic, field, value)
    try:
        topic.full_clean()
    except ValidationError as error:
        if Topic.objects.filter(branch=topic.branch, name=topic.name).exclude(pk=topic.pk).exists():
            raise Invalid(fields={"name": ["这个组织已经有同名的专题。"]}) from error
        raise Invalid(fields=error.message_dict) from error
    topic.save()
    record(by, "learning.topic_saved", topic, branch=topic.branch, changed=changed)
    return topic
