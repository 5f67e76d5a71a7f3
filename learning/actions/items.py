"""From draft to sent, and back: the editorial flow of weekly pushes (``domain.md`` §1.9, S42, S77, D26).

Every text that goes out has been seen by a second person. Whatever is changed falls back to a draft and loses its
approval; the database refuses the rest.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ForeignKey, Model
from django.urls import reverse
from django.utils import timezone

from accounts.actions.locks import lock
from accounts.models import Audience, Branch, User
from core.audit.log import record
from core.errors import Conflict, Invalid, NotAllowed
from learning.actions import questions
from learning.actions.editing import REVIEW, WRITE, check_right, people_asked
from learning.actions.quizzes import repair_quizzes_with
from learning.models import Item, Media, Reading
from learning.richtext import clean_html, pictures, plain_text, with_alternatives
from learning.rules import items as rules
from learning.rules import weeks
from notifications.outbox import cancel, enqueue

WORDS = {"title", "summary", "source", "minutes"}
CHANGEABLE = WORDS | {"body", "column", "topic", "cover", "audience", "only_subscribers"}
ROWS_PER_INSERT = 2000

State = Item.State

log = structlog.get_logger(__name__)


class ChangedMeanwhile(Conflict):
    """Somebody saved the item first. ``version`` is the one that is there now."""

    code = "changed_meanwhile"

    def __init__(self, item: Item) -> None:
        who = item.changed_by.name if item.changed_by else "有人"
        super().__init__(f"你打开之后，{who}改过这篇内容。请先看看现在的内容，再把你的改动加上去。")
        self.version = item.version


class WeekIsFull(Conflict):
    """One more item makes more than three in the week; the editor has to say that it is meant."""

    code = "week_full"
    message = "这一周已经有 3 篇了，每周 2–3 篇。确实要再加一篇，请勾选确认。"


@transaction.atomic
def draft_item(*, by: User, branch: Branch, **fields: Any) -> Item:
    """Begin an item of ``branch``. ``fields`` are those of ``CHANGEABLE``; ``title`` and ``column`` are needed.

    ``body`` is sanitised; ``minutes`` is estimated from its length when not given; ``audience`` is by default
    everybody in the branch. Raises ``Missing`` for a foreign branch, ``NotAllowed`` for one where ``by`` only
    reviews, ``Invalid`` for an audience, topic or picture that ``by`` cannot use.
    """
    check_right(by, WRITE, branch)
    fields = {"audience": Audience.objects.obtain([branch])} | _known(fields)
    if "column" not in fields:
        raise Invalid(fields={"column": ["请选栏目。"]})
    item = Item(branch=branch, author=by, changed_by=by)
    _write(item, by, fields)
    item.save()
    _keep_pictures(item)
    record(by, "learning.item_drafted", item, branch=branch)
    return item


@transaction.atomic
def change_item(*, item: Item, by: User, version: int, **fields: Any) -> Item:
    """Change what is written; ``version`` is the one the editor looked at.

    What was in review, approved or scheduled is a draft again and needs a new approval. Saving what is there
    already changes nothing. Raises ``ChangedMeanwhile`` when somebody was faster, ``Conflict`` for what has been
    sent or withdrawn, and what ``draft_item`` raises.
    """
    item = lock(item)
    check_right(by, WRITE, item.branch)
    if item.version != version:
        raise ChangedMeanwhile(item)
    if item.state in {State.SENT, State.WITHDRAWN}:
        raise Conflict("已经发出或撤下的内容不能再改。有错请撤下，写明原因，另写一篇。")
    changed = _write(item, by, _known(fields))
    if not changed:
        return item
    item.changed_by = by
    _move(item, State.DRAFT, reviewer=None, reviewed_at=None, scheduled_at=None)
    _keep_pictures(item)
    record(by, "learning.item_changed", item, branch=item.branch, changed=changed)
    return item


@transaction.atomic
def submit_item(*, item: Item, by: User) -> Item:
    """Ask for review. The item's unfinished questions go along. The nearest reviewers are told.

    Raises ``Invalid`` with every sentence of ``rules.items.problems_of``, ``Conflict`` unless it is a draft.
    """
    item = lock(item)
    check_right(by, WRITE, item.branch)
    _expect(item, State.DRAFT)
    if problems := rules.problems_of(item):
        raise Invalid(" ".join(problems), problems=problems)
    for version in rules.latest_versions(item):
        if version.state == rules.Version.DRAFT:
            questions.submit_question(version=version, by=by)
    _move(item, State.IN_REVIEW, review_note="")
    record(by, "learning.item_submitted", item, branch=item.branch)
    enqueue(
        kind="review_asked",
        recipients=reviewers_of(item),
        key=_step_key(item),
        link=_page(item),
        words={"title": item.title},
    )
    return item


@transaction.atomic
def approve_item(*, item: Item, by: User, version: int | None = None) -> Item:
    """Approve an item and its questions in review. ``version`` is the one the reviewer has read.

    Raises ``NotAllowed`` for whoever wrote the text, wrote it last, or wrote one of the questions;
    ``ChangedMeanwhile`` when it is no longer what was read; ``Conflict`` unless it is in review.
    """
    item = lock(item)
    check_right(by, REVIEW, item.branch)
    if rules.has_written(item, by):
        raise NotAllowed("自己写的或改过的内容，要由另一位同志审核。")
    if version is not None and item.version != version:
        raise ChangedMeanwhile(item)
    _expect(item, State.IN_REVIEW)
    if problems := rules.problems_of(item):
        raise Conflict(" ".join(problems))
    for asked in rules.latest_versions(item):
        if asked.state == rules.Version.IN_REVIEW:
            questions.approve_question(version=asked, by=by)
    _move(item, State.APPROVED, reviewer=by, reviewed_at=timezone.now(), review_note="")
    record(by, "learning.item_approved", item, branch=item.branch)
    return item


@transaction.atomic
def return_item(*, item: Item, by: User, note: str) -> Item:
    """Give an item in review back to its writers with a ``note``; they are told."""
    item = lock(item)
    check_right(by, REVIEW, item.branch)
    _expect(item, State.IN_REVIEW)
    note = _reason(note, "note", "请写一句要改什么。")
    _move(item, State.DRAFT, review_note=note)
    record(by, "learning.item_returned", item, branch=item.branch, reason=note)
    enqueue(
        kind="content_returned",
        recipients=[person for person in _writers(item) if person.is_active],
        key=_step_key(item),
        link=_page(item),
        words={"title": item.title},
    )
    return item


@transaction.atomic
def schedule_item(*, item: Item, at: dt.datetime, by: User, more_than_three: bool = False) -> Item:
    """Place an approved item on the calendar, or move one that is there already.

    Raises ``Invalid`` for a time that is past, outside Monday to Friday 08:00–21:00 or near the hour or half hour,
    and when nobody would get it; ``WeekIsFull`` for a fourth item of the branch in a week unless
    ``more_than_three``.
    """
    item = lock(item)
    check_right(by, WRITE, item.branch)
    _expect(item, State.APPROVED, State.SCHEDULED)
    if problem := rules.sending_problem(at):
        raise Invalid(problem, fields={"at": [problem]})
    if not rules.recipients(item).exists():
        raise Invalid("现在没有人会收到，请先改推送对象。")
    lock(item.branch)  # two editors must not both place the third item
    if not more_than_three and weeks.is_full(item.branch, weeks.monday_of(at), besides=item):
        raise WeekIsFull
    _move(item, State.SCHEDULED, scheduled_at=at)
    record(by, "learning.item_scheduled", item, branch=item.branch, changed=("scheduled_at",))
    return item


@transaction.atomic
def unschedule_item(*, item: Item, by: User) -> Item:
    """Take an item off the calendar; it stays approved."""
    item = lock(item)
    check_right(by, WRITE, item.branch)
    _expect(item, State.SCHEDULED)
    _move(item, State.APPROVED, scheduled_at=None)
    record(by, "learning.item_unscheduled", item, branch=item.branch, changed=("scheduled_at",))
    return item


@transaction.atomic
def withdraw_item(*, item: Item, reason: str, by: User) -> Item:
    """Take an item back for good, sent or not. Pages keep title and ``reason``; the words can no longer be found.

    Editors and reviewers of the branch may. What has not gone out yet is not sent to anybody any more.
    """
    item = lock(item)
    check_right(by, REVIEW if by.has_right(REVIEW, item.branch) else WRITE, item.branch)
    if item.state == State.WITHDRAWN:
        raise Conflict("这篇内容已经撤下了。")
    reason = _reason(reason, "reason", "请写明撤下的原因，读者会看到。")
    _move(
        item,
        State.WITHDRAWN,
        text="",
        withdrawn_at=timezone.now(),
        withdrawn_by=by,
        withdraw_reason=reason,
    )
    cancel(kind="push_item", key=str(item.pk))
    repair_quizzes_with(item=item)
    record(by, "learning.item_withdrawn", item, branch=item.branch, reason=reason)
    return item


def send_due_items() -> int:
    """Send what is due, once each, whoever else does the same; returns how many items this call sent.

    What was missed while nothing ran waits for the next weekday between 08:00 and 21:00. An item that cannot be
    sent is written to the log and does not hold up the others.
    """
    now = timezone.now()
    if not rules.is_sending_time(now):
        return 0
    sent = 0
    for item in Item.objects.filter(state=State.SCHEDULED, scheduled_at__lte=now).order_by("scheduled_at"):
        try:
            sent += send_item(item=item)
        except Exception:
            log.exception("item_not_sent", item=item.pk)
    return sent


@transaction.atomic
def send_item(*, item: Item) -> bool:
    """Send one due item: freeze who receives it, and tell them. Returns whether this call did it.

    Recipients are the people of the audience (or its subscribers of the topic) at this moment; whoever joins the
    audience later may read it but is not told. A fixed number of queries per 2,000 people.
    """
    if not _claim(item):
        return False
    item = Item.objects.select_related("branch", "audience", "topic").get(pk=item.pk)
    count = 0
    for people in _in_portions(item):
        _freeze(item, people)
        count += len(people)
        enqueue(
            kind="push_item",
            recipients=people,
            key=str(item.pk),
            link=reverse("learning:item", args=[item.pk]),
            words={"title": item.title, "minutes": item.minutes},
        )
    record(None, "learning.item_sent", item, branch=item.branch, reason=f"{count} 人")
    return True


def reviewers_of(item: Item) -> list[User]:
    """Who is asked to review: the nearest people with the right, never those who wrote the text."""
    return people_asked(item.branch, REVIEW, besides=[person.pk for person in _writers(item)])


def _claim(item: Item) -> bool:
    """Scheduled and due → sent, by one conditional update: of two senders one changes the row."""
    now = timezone.now()
    due = Item.objects.filter(pk=item.pk, state=State.SCHEDULED, scheduled_at__lte=now)
    return due.update(state=State.SENT, sent_at=now, changed_at=now) == 1


def _in_portions(item: Item) -> Iterator[list[User]]:
    """The recipients, 2,000 at a time. Only their keys are held all at once."""
    keys = list(rules.recipients(item).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), ROWS_PER_INSERT):
        yield [User(pk=key) for key in keys[start : start + ROWS_PER_INSERT]]


def _freeze(item: Item, people: list[User]) -> None:
    Reading.objects.bulk_create(
        [Reading(item=item, person=person, is_recipient=True) for person in people],
        update_conflicts=True,
        unique_fields=["item", "person"],
        update_fields=["is_recipient"],
    )


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := fields.keys() - CHANGEABLE:
        raise Invalid(f"这些内容不能修改：{'、'.join(sorted(unknown))}。")
    return fields


def _write(item: Item, by: User, fields: dict[str, Any]) -> list[str]:
    """Set the fields, cleaned and checked; returns the names of those that are different now."""
    if "body" in fields:
        fields |= {"body": _body(fields["body"], item, by)}
        if not fields.get("minutes"):
            fields |= {"minutes": rules.estimated_minutes(plain_text(fields["body"]))}
    elif "minutes" in fields and not fields["minutes"]:
        fields |= {"minutes": rules.estimated_minutes(item.text)}
    fields = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    changed = sorted(name for name, value in fields.items() if _is_new(item, name, value))
    for name in changed:
        setattr(item, name, fields[name])
    item.text = plain_text(item.body)
    _check(item, by, changed)
    return changed


def _is_new(item: Item, name: str, value: object) -> bool:
    field = Item._meta.get_field(name)
    if isinstance(field, ForeignKey):
        return getattr(item, field.attname) != (value.pk if isinstance(value, Model) else None)
    return getattr(item, name) != value


def _body(html: str, item: Item, by: User) -> str:
    """``html`` as it is kept: sanitised, with pictures that may stand in it and say what they show."""
    html = clean_html(html)
    known = set(item.images.values_list("pk", flat=True)) if item.pk else set()
    found = pictures(html)
    usable = {picture.pk: picture.alt for picture in _own_pictures(by, found - known)}
    usable |= dict(Media.objects.filter(pk__in=found & known).values_list("pk", "alt"))
    if found - usable.keys():
        message = "正文里有一张找不到的图片，请删掉它，重新上传。"
        raise Invalid(message, fields={"body": [message]})
    return with_alternatives(html, usable)


def _own_pictures(by: User, keys):
    branches = Branch.objects.where(by, WRITE)
    return Media.objects.filter(pk__in=keys, kind=Media.Kind.IMAGE, branch__in=branches)


def _check(item: Item, by: User, changed: list[str]) -> None:
    problems: dict[str, list[str]] = {}
    try:
        item.clean_fields(exclude={field.name for field in Item._meta.fields} - WORDS)
    except ValidationError as error:
        problems |= error.message_dict
    for name in {"topic", "audience", "only_subscribers", "cover", "column"} & {*changed, "only_subscribers"}:
        if sentence := _CHECKS[name](item, by):
            problems[name] = [sentence]
    if problems:
        raise Invalid(
            " ".join(sentence for group in problems.values() for sentence in group), fields=problems
        )


def _topic_problem(item: Item, by: User) -> str:
    places = item.branch.ancestors(include_self=True)
    if item.topic is None or places.filter(pk=item.topic.branch_id).exists():
        return ""
    return "请选本组织或上级组织的专题。"


def _audience_problem(item: Item, by: User) -> str:
    branches = set(item.audience.branches.values_list("pk", flat=True))
    own = Branch.objects.where(by, WRITE).filter(pk__in=branches)
    if branches and own.count() == len(branches):
        return ""
    return "推送对象里有不由你负责的组织，请重新选。"


def _subscribers_problem(item: Item, by: User) -> str:
    return "只推送给订阅的人，要先选专题。" if item.only_subscribers and item.topic is None else ""


def _cover_problem(item: Item, by: User) -> str:
    if item.cover is None or _own_pictures(by, [item.cover_id]).exists():
        return ""
    return "封面要用本组织上传的图片。"


def _column_problem(item: Item, by: User) -> str:
    return "" if item.column.is_open else "这个栏目已经停用，请换一个。"


_CHECKS = {
    "topic": _topic_problem,
    "audience": _audience_problem,
    "only_subscribers": _subscribers_problem,
    "cover": _cover_problem,
    "column": _column_problem,
}


def _keep_pictures(item: Item) -> None:
    item.images.set(Media.objects.filter(pk__in=pictures(item.body)))


def _expect(item: Item, *states: State) -> None:
    if item.state not in states:
        raise Conflict(f"这篇内容现在是“{item.get_state_display()}”，这一步做不了。")


def _move(item: Item, state: State, **fields: object) -> None:
    """Write the item in its new state. Whoever asked for a review before need not look any more.

    Each step counts as a change, so that a form opened before it does not undo it unseen.
    """
    if item.state == State.IN_REVIEW:
        cancel(kind="review_asked", key=_step_key(item))
    for name, value in fields.items():
        setattr(item, name, value)
    item.state = state
    item.version += 1
    item.save()


def _step_key(item: Item) -> str:
    return f"item:{item.pk}:{item.version}"


def _page(item: Item) -> str:
    return reverse("admin:learning_item_change", args=[item.pk])


def _writers(item: Item) -> list[User]:
    return list({person.pk: person for person in (item.author, item.changed_by) if person}.values())


def _reason(text: str, field: str, message: str) -> str:
    text = text.strip()
    if not text or len(text) > 200:
        message = "最多 200 个字。" if text else message
        raise Invalid(message, fields={field: [message]})
    return text
