"""The WeCom chats of talk groups: opened on the lead's wish, then kept in step with who is in the group.

Truth is in the rows: ``chat`` and ``chat_is_stale`` say what WeCom should hear. A worker takes one row at a time
under a lease, speaks to WeCom outside any transaction, and writes down the outcome. Everything may run twice: the
id of a chat follows from its group, and members are compared before they are changed.
"""

from collections.abc import Iterable
from datetime import timedelta

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Office, TalkGroup, WeComIdentity
from wecom.client import portal
from wecom.errors import Temporary, WeComError

SMALLEST = 2  # people WeCom wants in a chat
LEASE = timedelta(minutes=2)
EXISTS_ALREADY = 86215
WELCOME = "大家好，这是我们的谈话小组。组长会在这里约时间，平时有想聊的也可以先说一声。平台不读取群里的内容。"

log = structlog.get_logger(__name__)


def keep_chats() -> int:
    """Open and update every chat that waits for it; returns how many rows were worked on."""
    worked = 0
    for pk in list(_due().values_list("pk", flat=True)):
        if _due().filter(pk=pk).update(chat_tried_at=timezone.now()):
            _work_on(TalkGroup.objects.select_related("lead", "branch").get(pk=pk))
            worked += 1
    return worked


def wake_up() -> None:
    """Start the worker after the commit. It looks by itself anyway, so a queue that is down only delays."""
    transaction.on_commit(
        lambda: current_app.send_task("accounts.tasks.keep_chats", retry=False), robust=True
    )


def people_of(group: TalkGroup) -> list[str]:
    """The WeCom userids of the group as it is today, the lead first; who has no account yet is left out."""
    members = group.members.filter(until=None, person__is_active=True).order_by("pk")
    people = [group.lead_id, *members.values_list("person", flat=True)]
    if group.chat_has_secretary:
        people += _secretaries(group)
    accounts = userids_of(people)
    return list(dict.fromkeys(accounts[pk] for pk in people if pk in accounts))


def userids_of(people: Iterable[int]) -> dict[int, str]:
    """Person → WeCom userid, for those who have one."""
    rows = WeComIdentity.objects.filter(
        corp_id=settings.WECOM_CORP_ID, unbound_at=None, person__in=set(people)
    )
    return dict(rows.values_list("person", "userid"))


def _due() -> QuerySet[TalkGroup]:
    waits = Q(chat=TalkGroup.Chat.CREATING) | Q(chat=TalkGroup.Chat.READY, chat_is_stale=True)
    rested = Q(chat_tried_at=None) | Q(chat_tried_at__lt=timezone.now() - LEASE)
    return TalkGroup.objects.filter(waits, rested, until=None).order_by("pk")


def _work_on(group: TalkGroup) -> None:
    people = people_of(group)
    if len(people) < SMALLEST:
        outcome = {"chat": TalkGroup.Chat.BY_HAND} if group.chat == TalkGroup.Chat.CREATING else {}
        _settle(group, chat_is_stale=False, **outcome)
        return
    try:
        if group.chat == TalkGroup.Chat.CREATING:
            _open(group, people)
        else:
            _update(group, people)
    except Temporary as error:
        log.warning("chat_waits", group=group.pk, errcode=error.errcode)
    except WeComError as error:
        log.warning("chat_refused", group=group.pk, errcode=error.errcode)
        _settle(group, chat=TalkGroup.Chat.BY_HAND, chat_is_stale=False)


def _open(group: TalkGroup, people: list[str]) -> None:
    chat_id = group.chat_id or f"talkgroup{group.pk}"
    try:
        portal().create_chat(
            name=f"{group.lead.name}的谈话小组", owner=people[0], userids=people, chat_id=chat_id
        )
    except WeComError as error:
        if error.errcode != EXISTS_ALREADY:
            raise
    portal().send_to_chat(chat_id, {"msgtype": "text", "text": {"content": WELCOME}})
    # Whoever joined meanwhile is added by the update that follows.
    _settle(group, chat=TalkGroup.Chat.READY, chat_id=chat_id, chat_is_stale=True, chat_tried_at=None)
    wake_up()


def _update(group: TalkGroup, wanted: list[str]) -> None:
    known = portal().chat(group.chat_id)
    add = [userid for userid in wanted if userid not in known.userids]
    remove = [userid for userid in known.userids if userid not in wanted]
    owner = "" if known.owner == wanted[0] else wanted[0]
    if add or remove or owner:
        portal().update_chat(group.chat_id, owner=owner, add=add, remove=remove)
    _settle(group, chat_is_stale=False)


def _settle(group: TalkGroup, **outcome) -> None:
    """Write the outcome down unless somebody marked the row again while we were speaking."""
    TalkGroup.objects.filter(pk=group.pk, chat=group.chat, chat_tried_at=group.chat_tried_at).update(
        **outcome
    )


def _secretaries(group: TalkGroup) -> list[int]:
    offices = Office.objects.current().filter(branch=group.branch, kind="secretary")
    return list(offices.values_list("person", flat=True))
