"""Talk groups 1 + 3: saving a proposal, handing a group over, asking for its WeCom chat."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import chats, rules
from accounts.actions.locks import locked_rows
from accounts.actions.relations import end_periods, mark_chats
from accounts.models import Branch, TalkGroup, TalkGroupMember, User
from accounts.rules.groups import GroupPlan, PlannedGroup, propose_groups
from core.audit.log import record
from core.errors import Conflict, Invalid, Missing, NotAllowed
from notifications.outbox import enqueue

__all__ = ["create_chat", "hand_over_group", "place_in_group", "propose_groups", "save_groups"]


@transaction.atomic
def save_groups(*, branch: Branch, plan: GroupPlan, by: User | None) -> list[TalkGroup]:
    """Make the branch's talk groups as ``plan`` says, from today; returns the open groups.

    Only the proposal for today's state is saved: raises ``Conflict`` when people or groups have changed since the
    plan was shown, ``Missing`` for a foreign branch. Everybody whose group changed is told; their chats follow.
    """
    if by is not None and not by.has_right("accounts.arrange_groups", branch):
        raise Missing
    locked_rows(User, _people_of(plan))
    branch = locked_rows(Branch, [branch.pk])[0]
    fresh = propose_groups(branch)
    if fresh.state != plan.state:
        raise Conflict("名单或小组刚才有变化，请重新生成分组。", code="plan_is_stale")
    today = timezone.localdate()
    end_periods(TalkGroupMember.objects.filter(pk__in=[row.pk for row in fresh.left]), today)
    for closing in fresh.closing:
        _close(closing, today)
    groups = [_save(planned, branch, today) for planned in fresh.groups]
    _mark_chats([row.group_id for row in fresh.left])
    if fresh.has_changes:
        record(by, "accounts.groups_saved", branch, branch=branch, changed=("talk_groups",))
    return groups


@transaction.atomic
def place_in_group(*, person: User, group: TalkGroup, by: User) -> TalkGroupMember:
    """Put one activist into a group by hand, out of the one he was in. Where he is already, nothing changes.

    Raises ``Missing`` for a foreign group, ``Invalid`` for a closed one and for people who are no activists of
    its branch.
    """
    if not by.has_right("accounts.arrange_groups", group.branch):
        raise Missing
    person = locked_rows(User, [person.pk])[0]
    group = locked_rows(TalkGroup, [group.pk])[0]
    if (
        group.until is not None
        or not rules.can_have_contact(person)
        or rules.branch_of(person) != group.branch
    ):
        raise Invalid("只能把本支部的积极分子或发展对象放进现有的小组。")
    current = person.talk_group_memberships.filter(until=None).first()
    if current and current.group_id == group.pk:
        return current
    today = timezone.localdate()
    end_periods(person.talk_group_memberships.all(), today)
    row = _join(group, person, today)
    _mark_chats([group.pk, *([current.group_id] if current else [])])
    record(by, "accounts.group_joined", person, branch=group.branch, changed=("talk_group",))
    enqueue(kind="group_joined", recipients=[person, group.lead], key=f"member:{row.pk}", link="/me/")
    return row


@transaction.atomic
def hand_over_group(*, group: TalkGroup, lead: User, by: User) -> TalkGroup:
    """Let another member of the branch lead the group from today; its members and its chat go with it.

    The old group ends, so that it can be told who led whom when. Raises ``Missing`` for a foreign group,
    ``Invalid`` for somebody who cannot lead, ``Conflict`` when he leads a group already or this one has ended.
    """
    if not by.has_right("accounts.arrange_groups", group.branch):
        raise Missing
    members = group.members.filter(until=None).values_list("person", flat=True)
    locked_rows(User, [lead.pk, *members])
    lead.refresh_from_db()
    if not rules.can_lead_group(lead) or rules.branch_of(lead) != group.branch:
        raise Invalid("组长必须是本支部的党员。", fields={"lead": ["不是本支部的党员。"]})
    if group.lead_id == lead.pk:
        return group
    successor = _succeed(group, lead, timezone.localdate())
    record(by, "accounts.group_handed_over", successor, branch=group.branch, changed=("lead",))
    _tell(successor)
    return successor


@transaction.atomic
def create_chat(*, group: TalkGroup, by: User, with_secretary: bool = False) -> TalkGroup:
    """Ask for the group's WeCom chat. Only its lead may; asking twice is asking once.

    Nothing is called here: the row is marked, and a worker opens the chat after the commit
    (``accounts.chats``). Raises ``Missing`` for a group ``by`` does not lead, ``Invalid`` while too few of its
    people have a WeCom account.
    """
    group = TalkGroup.objects.select_related("lead").get(pk=group.pk)
    if group.lead_id != by.pk or group.until is not None:
        raise Missing
    if group.lead_id not in chats.userids_of([group.lead_id]):
        raise NotAllowed("你还没有绑定企业微信，暂时不能建群。")
    if len(chats.people_of(group)) < chats.SMALLEST:
        raise Invalid("组员还没有绑定企业微信，等他们登录过一次再建群。")
    waiting = TalkGroup.objects.filter(pk=group.pk, until=None, chat__in=["none", "by_hand"])
    asked = waiting.update(chat="creating", chat_has_secretary=with_secretary, chat_tried_at=None)
    if asked:
        record(by, "accounts.chat_requested", group, branch=group.branch, changed=("chat",))
        chats.wake_up()
    group.refresh_from_db()
    return group


def _people_of(plan: GroupPlan) -> set[int]:
    placed = {place.person.pk for group in plan.groups for place in group.places}
    return placed | {group.lead.pk for group in plan.groups} | {row.person_id for row in plan.left}


def _save(planned: PlannedGroup, branch: Branch, today: date) -> TalkGroup:
    if planned.group and planned.handed_over:
        group = _succeed(planned.group, planned.lead, today)
    else:
        group = planned.group or _open(branch, planned.lead, today)
    for place in planned.places:
        if place.change == "joined":
            _join(group, place.person, today)
    if planned.is_changed:
        _mark_chats([group.pk])
        _tell(group)
    return group


def _open(branch: Branch, lead: User, today: date, **chat) -> TalkGroup:
    try:
        with transaction.atomic():
            return TalkGroup.objects.create(
                branch=branch, branch_name=branch.name, lead=lead, since=today, **chat
            )
    except IntegrityError as error:
        raise Conflict("这位同志在本支部已经带了一个小组。") from error


def _close(group: TalkGroup, today: date) -> None:
    end_periods(TalkGroupMember.objects.filter(group=group), today)
    end_periods(TalkGroup.objects.filter(pk=group.pk), today)


def _succeed(group: TalkGroup, lead: User, today: date) -> TalkGroup:
    """A new group under ``lead`` with the members and the chat of one that ends."""
    people = list(User.objects.filter(talk_group_memberships__in=group.members.filter(until=None)))
    if not TalkGroup.objects.filter(pk=group.pk, until=None).exists():
        raise Conflict("这个小组刚才已经结束了。")
    _close(group, today)
    keep = {"chat": group.chat, "chat_id": group.chat_id, "chat_has_secretary": group.chat_has_secretary}
    successor = _open(group.branch, lead, today, **keep)
    for person in people:
        _join(successor, person, today)
    _mark_chats([successor.pk])
    successor.refresh_from_db()
    return successor


def _join(group: TalkGroup, person: User, today: date) -> TalkGroupMember:
    try:
        with transaction.atomic():
            return TalkGroupMember.objects.create(group=group, person=person, since=today)
    except IntegrityError as error:
        raise Conflict("这位同志刚才已经进了另一个小组。") from error


def _tell(group: TalkGroup) -> None:
    """One notice to everybody of a group as it is now; joining and leaving in turn tells again."""
    rows = list(group.members.filter(until=None).select_related("person").order_by("pk"))
    key = f"{group.pk}:{max((row.pk for row in rows), default=0)}"
    people = [group.lead, *(row.person for row in rows)]
    enqueue(kind="group_joined", recipients=people, key=key, link="/me/")


def _mark_chats(groups: list[int]) -> None:
    if mark_chats(groups):
        chats.wake_up()
