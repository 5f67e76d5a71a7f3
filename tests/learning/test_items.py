"""An editor writes, a reviewer approves, a reader gets it: stories with a fixed cast."""

import datetime as dt
from types import SimpleNamespace

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Stage
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing, NotAllowed
from learning.actions.items import (
    ChangedMeanwhile,
    WeekIsFull,
    approve_item,
    change_item,
    draft_item,
    return_item,
    schedule_item,
    send_due_items,
    send_item,
    submit_item,
    unschedule_item,
    withdraw_item,
)
from learning.actions.questions import add_question
from learning.models import Column, Item, Media, Question, QuestionVersion, Reading, Subscription, Topic
from notifications.models import Message, Recipient
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import ItemFactory, audience_of

pytestmark = pytest.mark.django_db

BODY = "<h2>为什么学</h2><p>学习党章，是每个党员的基本功。</p>"
TUESDAY = dt.datetime(2026, 10, 13, 10, 5, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.fixture(autouse=True)
def _monday_morning():
    with time_machine.travel("2026-10-12 09:00+08:00", tick=False):
        yield


@pytest.fixture
def staff(org, cast):
    """Editors of college A and its branch A1, a secretary who also reviews, one who only writes, a stranger."""
    people = SimpleNamespace(
        editor=UserFactory(name="钱小文", branch=org.a2),
        reviewer=UserFactory(name="孙审", branch=org.a2),
        secretary=cast.teacher,
        publicity=cast.member,
        foreign=UserFactory(name="李外", branch=org.b1),
        reader=cast.activist,
    )
    grant(people.editor, "editor", org.college_a)
    grant(people.reviewer, "editor", org.college_a)
    grant(people.secretary, "secretary", org.a1)
    grant(people.publicity, "publicity_officer", org.a1)
    grant(people.foreign, "editor", org.college_b)
    return people


def column():
    return Column.objects.get(name="党的知识")


def draft(by, branch, **fields):
    return draft_item(
        by=by,
        branch=branch,
        **{"title": "学习党章", "summary": "为什么学。", "body": BODY, "column": column()} | fields,
    )


def with_question(item, by, **fields):
    wanted = {
        "kind": "single",
        "stem": "什么是每个党员的基本功？",
        "options": ["学习党章", "写总结"],
        "answer": ["A"],
        "explanation": "见第二段。",
        "paragraph": 2,
    }
    add_question(by=by, branch=item.branch, item=item, **wanted | fields)
    return item


def in_review(by, branch, **fields):
    return submit_item(item=with_question(draft(by, branch, **fields), by), by=by)


def approved(staff, branch, **fields):
    return approve_item(item=in_review(staff.editor, branch, **fields), by=staff.reviewer)


def scheduled(staff, branch, at=TUESDAY, **fields):
    item = approved(staff, branch, **fields)
    return schedule_item(item=item, at=at, by=staff.editor, more_than_three=True)


def told(kind):
    rows = Recipient.objects.filter(message__kind=kind).exclude(state="cancelled")
    return set(rows.values_list("person__name", flat=True))


# The whole way


def test_an_item_goes_from_draft_to_reader(org, staff, cast):
    item = draft(staff.editor, org.college_a, body=BODY + "<script>alert(1)</script>")
    assert (item.state, item.text, item.minutes) == ("draft", "为什么学\n学习党章，是每个党员的基本功。", 1)
    assert "script" not in item.body
    with_question(item, staff.editor)
    item = submit_item(item=item, by=staff.editor)
    assert item.state == "in_review"
    assert told("review_asked") == {"孙审"}

    item = approve_item(item=item, by=staff.reviewer)
    assert (item.state, item.reviewer, item.reviewed_at) == ("approved", staff.reviewer, timezone.now())
    assert QuestionVersion.objects.get(question__item=item).state == "approved"
    assert told("review_asked") == set()

    item = schedule_item(item=item, at=TUESDAY, by=staff.editor)
    assert send_due_items() == 0
    with time_machine.travel(TUESDAY, tick=False):
        assert send_due_items() == 1
        assert send_due_items() == 0
    item.refresh_from_db()
    assert (item.state, item.sent_at) == ("sent", TUESDAY)
    people = {person.name for person in User.objects.in_branches([org.a1, org.a2])}
    assert told("push_item") == people
    assert set(Reading.objects.filter(is_recipient=True).values_list("person__name", flat=True)) == people
    message = Message.objects.get(kind="push_item")
    assert (message.key, message.words) == (str(item.pk), {"title": "学习党章", "minutes": 1})
    assert item in Item.objects.visible_to(staff.reader)
    assert item not in Item.objects.visible_to(cast.stranger)


def test_every_step_is_audited(org, staff):
    item = scheduled(staff, org.college_a)
    unschedule_item(item=item, by=staff.editor)
    withdraw_item(item=item, reason="已经过时", by=staff.reviewer)
    steps = AuditEntry.objects.filter(subject_type="learning.item").order_by("pk")
    assert [(entry.action.removeprefix("learning.item_"), entry.actor.name) for entry in steps] == [
        ("drafted", "钱小文"),
        ("submitted", "钱小文"),
        ("approved", "孙审"),
        ("scheduled", "钱小文"),
        ("unscheduled", "钱小文"),
        ("withdrawn", "孙审"),
    ]
    assert {entry.branch_id for entry in steps} == {org.college_a.pk}


# Writing


def test_a_foreign_branch_does_not_exist(org, staff):
    with pytest.raises(Missing):
        draft(staff.foreign, org.college_a)
    with pytest.raises(Missing):
        draft(staff.reader, org.a1)
    item = draft(staff.editor, org.college_a)
    for door in (
        lambda: change_item(item=item, by=staff.foreign, version=item.version, title="改"),
        lambda: submit_item(item=item, by=staff.foreign),
        lambda: approve_item(item=item, by=staff.foreign),
        lambda: return_item(item=item, by=staff.foreign, note="改"),
        lambda: schedule_item(item=item, by=staff.foreign, at=TUESDAY),
        lambda: unschedule_item(item=item, by=staff.foreign),
        lambda: withdraw_item(item=item, by=staff.foreign, reason="改"),
    ):
        with pytest.raises(Missing):
            door()
    item.refresh_from_db()
    assert (item.state, item.title) == ("draft", "学习党章")


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"title": " "}, "title"),
        ({"title": "长" * 61}, "title"),
        ({"summary": "长" * 121}, "summary"),
        ({"minutes": -1}, "minutes"),
        ({"only_subscribers": True}, "only_subscribers"),
    ],
)
def test_what_is_no_draft_is_refused_with_its_field(org, staff, fields, where):
    with pytest.raises(Invalid) as refused:
        draft(staff.editor, org.college_a, **fields)
    assert set(refused.value.fields) == {where}


def test_what_stands_elsewhere_cannot_be_used(org, staff):
    Column.objects.filter(name="资讯").update(is_open=False)
    foreign_topic = Topic.objects.create(branch=org.college_b, name="外院专题")
    for fields in (
        {"audience": audience_of(org.b1)},
        {"audience": audience_of(org.university)},
        {"topic": foreign_topic},
        {"column": Column.objects.get(name="资讯")},
    ):
        with pytest.raises(Invalid) as refused:
            draft(staff.editor, org.college_a, **fields)
        assert set(refused.value.fields) == set(fields)
    topic = Topic.objects.create(branch=org.university, name="两学一做")
    assert draft(staff.editor, org.college_a, topic=topic, audience=audience_of(org.a1)).topic == topic


def test_minutes_follow_the_length_unless_they_are_given(org, staff):
    item = draft(staff.editor, org.college_a, body=f"<p>{'字' * 401}</p>")
    assert item.minutes == 2
    item = change_item(item=item, by=staff.editor, version=item.version, minutes=3)
    assert item.minutes == 3
    item = change_item(item=item, by=staff.editor, version=item.version, body="<p>短了。</p>", minutes=None)
    assert item.minutes == 1


def test_two_editors_do_not_overwrite_each_other(org, staff):
    item = draft(staff.editor, org.college_a)
    change_item(item=item, by=staff.reviewer, version=item.version, title="新的标题")
    with pytest.raises(ChangedMeanwhile, match="孙审改过"):
        change_item(item=item, by=staff.editor, version=item.version, title="另一个标题")
    assert Item.objects.get().title == "新的标题"


def test_saving_what_is_there_changes_nothing(org, staff):
    item = approved(staff, org.college_a)
    again = change_item(item=item, by=staff.editor, version=item.version, title="学习党章", body=BODY)
    assert (again.state, again.version) == ("approved", item.version)


@pytest.mark.parametrize("make", [approved, scheduled, lambda staff, branch: in_review(staff.editor, branch)])
def test_a_change_drops_the_approval(org, staff, make):
    item = make(staff, org.college_a)
    item = change_item(item=item, by=staff.editor, version=item.version, title="改过的标题")
    assert item.state == "draft"
    assert (item.reviewer, item.reviewed_at, item.scheduled_at) == (None, None, None)
    assert told("review_asked") == set()
    with time_machine.travel(TUESDAY, tick=False):
        assert send_due_items() == 0
    with pytest.raises(Conflict):
        schedule_item(item=item, at=TUESDAY, by=staff.editor)


def test_a_step_of_somebody_else_is_a_change(org, staff):
    """A form opened before the approval must not drop it unseen."""
    item = in_review(staff.editor, org.college_a)
    seen = item.version
    approve_item(item=item, by=staff.reviewer)
    with pytest.raises(ChangedMeanwhile):
        change_item(item=item, by=staff.editor, version=seen, title="改过的标题")
    assert Item.objects.get().state == "approved"


def test_what_has_gone_out_stays_as_it_was_sent(org, staff):
    item = ItemFactory(branch=org.college_a)
    with pytest.raises(Conflict, match="不能再改"):
        change_item(item=item, by=staff.editor, version=0, title="改")


# Pictures


def picture(branch, alt="党徽"):
    return Media.objects.create(
        branch=branch, kind="image", name="a.png", content_type="image/png", size=1, sha256="x", alt=alt
    )


def test_pictures_of_the_body_are_kept_with_the_item(org, staff):
    own = picture(org.college_a, alt="鲜红的“党旗”")
    html = (
        f'<p>看</p><figure><img src="/learning/media/{own.pk}/"></figure><img src="https://x.example/a.png">'
    )
    item = draft(staff.editor, org.college_a, body=html)
    assert list(item.images.all()) == [own]
    assert 'alt="鲜红的“党旗”"' in item.body
    assert "x.example" not in item.body
    item = change_item(item=item, by=staff.editor, version=item.version, body="<p>没有图</p>")
    assert not item.images.exists()


def test_pictures_of_others_cannot_be_used(org, staff):
    foreign = picture(org.college_b)
    html = f'<img src="/learning/media/{foreign.pk}/" alt="x">'
    for fields in ({"body": html}, {"cover": foreign}):
        with pytest.raises(Invalid) as refused:
            draft(staff.editor, org.college_a, **fields)
        assert set(refused.value.fields) == set(fields)


def test_a_picture_from_above_stays_when_a_colleague_below_edits(org, staff):
    above = picture(org.university)
    html = f'<p>一</p><img src="/learning/media/{above.pk}/" alt="x">'
    admin = UserFactory(branch=org.a2)
    grant(admin, "university_admin", org.university)
    item = draft(admin, org.college_a, body=html)
    item = change_item(item=item, by=staff.editor, version=item.version, body=html + "<p>二</p>")
    assert list(item.images.all()) == [above]


# Review


def test_submitting_says_everything_that_is_missing(org, staff):
    item = draft(staff.editor, org.college_a, summary="", body=f"<p>{'字' * 1201}</p>")
    with pytest.raises(Invalid) as refused:
        submit_item(item=item, by=staff.editor)
    assert refused.value.details["problems"] == [
        "还没有摘要：一两句话，列表里会显示。",
        "正文约 1201 字，3 分钟读不完。请删到 1200 字以内，或者分成两篇。",
        "还没有题目：每篇至少一道，月末测评从这些题里出。",
    ]
    item = change_item(item=item, by=staff.editor, version=item.version, summary="摘", body=BODY, minutes=4)
    with_question(item, staff.editor, explanation="", paragraph=7)
    with pytest.raises(Invalid) as refused:
        submit_item(item=item, by=staff.editor)
    assert refused.value.details["problems"] == [
        "写的是约 4 分钟读完，每篇要在 3 分钟内。",
        "第 1 题：还没有写解析。",
        "第 1 题：原文只有 2 段，没有第 7 段。",
    ]
    assert Item.objects.get().state == "draft"


def test_who_wrote_it_does_not_approve_it(org, staff):
    item = in_review(staff.editor, org.college_a)
    with pytest.raises(NotAllowed):
        approve_item(item=item, by=staff.editor)
    item = change_item(item=item, by=staff.reviewer, version=item.version, summary="换一句摘要。")
    item = submit_item(item=item, by=staff.editor)
    assert told("review_asked") == set()
    for person in (staff.editor, staff.reviewer):
        with pytest.raises(NotAllowed, match="另一位"):
            approve_item(item=item, by=person)


def test_who_wrote_a_question_does_not_approve_the_item(org, staff):
    item = with_question(draft(staff.editor, org.college_a), staff.reviewer)
    item = submit_item(item=item, by=staff.editor)
    with pytest.raises(NotAllowed):
        approve_item(item=item, by=staff.reviewer)
    assert Item.objects.get().state == "in_review"
    assert QuestionVersion.objects.get().state == "in_review"


def test_a_writer_without_the_right_does_not_review(org, staff):
    item = in_review(staff.secretary, org.a1)
    assert told("review_asked") == {"钱小文", "孙审"}
    for door in (approve_item, lambda **by: return_item(note="改", **by)):
        with pytest.raises(NotAllowed, match="审核权限"):
            door(item=item, by=staff.publicity)
    approve_item(item=item, by=staff.reviewer)


def test_only_what_was_read_is_approved(org, staff):
    item = in_review(staff.editor, org.college_a)
    read = item.version
    item = change_item(item=item, by=staff.editor, version=item.version, title="换了标题")
    item = submit_item(item=item, by=staff.editor)
    with pytest.raises(ChangedMeanwhile):
        approve_item(item=item, by=staff.reviewer, version=read)
    approve_item(item=item, by=staff.reviewer, version=item.version)


def test_a_returned_item_goes_back_with_a_note(org, staff):
    item = in_review(staff.editor, org.college_a)
    with pytest.raises(Invalid):
        return_item(item=item, by=staff.reviewer, note=" ")
    item = return_item(item=item, by=staff.reviewer, note="第二段太长")
    assert (item.state, item.review_note) == ("draft", "第二段太长")
    assert told("content_returned") == {"钱小文"}
    item = submit_item(item=item, by=staff.editor)
    assert item.review_note == ""
    assert told("review_asked") == {"孙审"}


# The calendar


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ("2026-10-12 08:55", "过去"),
        ("2026-10-17 10:05", "周一到周五"),
        ("2026-10-18 10:05", "周一到周五"),
        ("2026-10-13 07:57", "周一到周五"),
        ("2026-10-13 21:05", "周一到周五"),
        ("2026-10-13 10:58", "错开"),
        ("2026-10-13 10:02", "错开"),
        ("2026-10-13 10:28", "错开"),
        ("2026-10-13 10:32", "错开"),
    ],
)
def test_times_at_which_nothing_goes_out(org, staff, when, problem):
    item = approved(staff, org.college_a)
    with pytest.raises(Invalid, match=problem):
        schedule_item(item=item, at=timezone.make_aware(dt.datetime.fromisoformat(when)), by=staff.editor)
    assert Item.objects.get().state == "approved"


@pytest.mark.parametrize(
    "when", ["2026-10-13 08:03", "2026-10-16 20:57", "2026-10-13 10:27", "2026-10-13 10:33"]
)
def test_times_at_which_it_may(org, staff, when):
    item = approved(staff, org.college_a)
    at = timezone.make_aware(dt.datetime.fromisoformat(when))
    assert schedule_item(item=item, at=at, by=staff.editor).scheduled_at == at


def test_a_fourth_item_in_a_week_has_to_be_meant(org, staff):
    for day in range(3):
        scheduled(staff, org.college_a, at=TUESDAY + dt.timedelta(days=day))
    item = approved(staff, org.college_a)
    with pytest.raises(WeekIsFull):
        schedule_item(item=item, at=TUESDAY, by=staff.editor)
    schedule_item(item=item, at=TUESDAY + dt.timedelta(weeks=1), by=staff.editor)
    with pytest.raises(WeekIsFull):
        schedule_item(item=item, at=TUESDAY, by=staff.editor)
    schedule_item(item=item, at=TUESDAY, by=staff.editor, more_than_three=True)
    item = schedule_item(item=item, at=TUESDAY + dt.timedelta(weeks=1), by=staff.editor)
    assert unschedule_item(item=item, by=staff.editor).state == "approved"


def test_moving_within_a_full_week_needs_no_confirmation(org, staff):
    for day in range(2):
        scheduled(staff, org.college_a, at=TUESDAY + dt.timedelta(days=day))
    item = scheduled(staff, org.college_a)
    assert schedule_item(item=item, at=TUESDAY + dt.timedelta(days=3), by=staff.editor).state == "scheduled"


def test_an_item_for_nobody_is_not_scheduled(org, staff):
    item = approved(staff, org.college_a, audience=audience_of(org.a1, grades=[1999]))
    with pytest.raises(Invalid, match="没有人会收到"):
        schedule_item(item=item, at=TUESDAY, by=staff.editor)


# Sending


def test_only_subscribers_are_told_but_all_may_read(org, staff, cast):
    topic = Topic.objects.create(branch=org.college_a, name="三严三实")
    for person in (cast.activist, cast.stranger):
        Subscription.objects.create(topic=topic, person=person)
    item = scheduled(staff, org.college_a, topic=topic, only_subscribers=True)
    with time_machine.travel(TUESDAY, tick=False):
        send_due_items()
    assert told("push_item") == {"林晓禾"}
    assert item in Item.objects.visible_to(cast.league)


def test_recipients_are_those_of_the_moment(org, staff, cast):
    item = scheduled(staff, org.college_a, audience=audience_of(org.a1, stages=[Stage.ACTIVIST]))
    User.objects.filter(pk=cast.league.pk).update(stage=Stage.ACTIVIST)
    User.objects.filter(pk=cast.activist.pk).update(is_active=False)
    with time_machine.travel(TUESDAY, tick=False):
        send_due_items()
    late = UserFactory(stage=Stage.ACTIVIST, branch=org.a1)
    assert [reading.person for reading in Reading.objects.all()] == [cast.league]
    assert item in Item.objects.visible_to(late)


@pytest.mark.parametrize(
    ("woke", "sends"),
    [
        ("2026-10-13 21:01", False),
        ("2026-10-17 10:00", False),
        ("2026-10-14 08:00", True),
        ("2026-10-13 21:00", True),
    ],
)
def test_what_was_missed_goes_out_in_the_next_hours_of_sending(org, staff, woke, sends):
    scheduled(staff, org.college_a)
    with time_machine.travel(f"{woke}+08:00", tick=False):
        assert send_due_items() == sends


def test_sending_what_is_not_due_does_nothing(org, staff):
    item = scheduled(staff, org.college_a)
    assert send_item(item=item) is False
    withdraw_item(item=item, reason="不发了", by=staff.editor)
    with time_machine.travel(TUESDAY, tick=False):
        assert send_item(item=item) is False
    assert not Reading.objects.exists()


def test_one_that_cannot_be_sent_does_not_hold_up_the_others(org, staff, monkeypatch):
    broken = scheduled(staff, org.college_a)
    fine = scheduled(staff, org.college_a, at=TUESDAY + dt.timedelta(minutes=1))
    from learning.actions import items

    real = items.enqueue
    monkeypatch.setattr(
        items, "enqueue", lambda **words: 1 / 0 if words["key"] == str(broken.pk) else real(**words)
    )
    with time_machine.travel(TUESDAY + dt.timedelta(hours=1), tick=False):
        assert send_due_items() == 1
    states = dict(Item.objects.values_list("pk", "state"))
    assert states == {broken.pk: "scheduled", fine.pk: "sent"}
    assert not Reading.objects.filter(item=broken).exists()


@pytest.mark.parametrize("count", [1, 60])  # SQLite takes 999 values in one statement
def test_the_statements_of_a_sending_do_not_grow_with_the_people(
    org, staff, count, django_assert_num_queries
):
    item = scheduled(staff, org.college_a)
    UserFactory.create_batch(count, branch=org.a1)
    with time_machine.travel(TUESDAY, tick=False), django_assert_num_queries(16):
        send_item(item=item)
    assert Reading.objects.count() > count


# Withdrawing


def test_a_sent_item_is_withdrawn_with_its_reason(org, staff, cast):
    item = scheduled(staff, org.college_a)
    with time_machine.travel(TUESDAY, tick=False):
        send_due_items()
    with pytest.raises(Invalid):
        withdraw_item(item=item, reason=" ", by=staff.editor)
    item = withdraw_item(item=item, reason="数字有误", by=staff.editor)
    assert (item.state, item.withdraw_reason, item.withdrawn_by, item.text) == (
        "withdrawn",
        "数字有误",
        staff.editor,
        "",
    )
    assert told("push_item") == set()
    assert item in Item.objects.visible_to(cast.activist)
    assert item not in Item.objects.sent()
    for door in (
        lambda: withdraw_item(item=item, reason="再撤", by=staff.editor),
        lambda: change_item(item=item, by=staff.editor, version=item.version, title="改"),
        lambda: submit_item(item=item, by=staff.editor),
    ):
        with pytest.raises(Conflict):
            door()


def test_a_draft_that_is_given_up_was_never_published(org, staff, cast):
    item = draft(staff.editor, org.college_a)
    withdraw_item(item=item, reason="不写了", by=staff.editor)
    assert item not in Item.objects.visible_to(cast.activist)


# No other door


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": "approved"}, "approved_item_says_by_whom"),
        ({"state": "scheduled", "scheduled_at": TUESDAY}, "approved_item_says_by_whom"),
        ({"state": "sent", "sent_at": TUESDAY}, "approved_item_says_by_whom"),
        ({"state": "approved", "reviewer": "author", "reviewed_at": TUESDAY}, "nobody_approves_his_own_item"),
        (
            {"state": "approved", "reviewer": "changed", "reviewed_at": TUESDAY},
            "nobody_approves_his_own_change",
        ),
        ({"state": "scheduled", "reviewer": "other", "reviewed_at": TUESDAY}, "scheduled_item_has_its_hour"),
        ({"state": "sent", "reviewer": "other", "reviewed_at": TUESDAY}, "sent_item_says_when"),
        ({"state": "withdrawn"}, "withdrawn_item_says_when_by_whom_and_why"),
    ],
)
def test_the_database_publishes_nothing_unapproved(org, staff, fields, constraint):
    item = draft(staff.editor, org.college_a)
    Item.objects.filter(pk=item.pk).update(changed_by=staff.secretary)
    people = {"author": staff.editor, "changed": staff.secretary, "other": staff.reviewer}
    values = {name: people.get(value, value) for name, value in fields.items()}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(**values)


def test_adding_a_question_later_does_not_ask_it(org, staff):
    """A question added to an approved item is not approved with it."""
    item = with_question(approved(staff, org.college_a), staff.editor, stem="另一道？")
    today = timezone.localdate()
    assert Question.objects.filter(item=item).count() == 2
    assert Question.objects.usable(today).filter(item=item).count() == 1
