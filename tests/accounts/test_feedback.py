"""Suggestions, complaints and corrections reach somebody who answers in time (``domain.md`` C23)."""

import datetime as dt

import pytest

from accounts.actions.feedback import answer_feedback, close_feedback, send_feedback, take_feedback
from accounts.models import Feedback
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, NotAllowed, TooMany
from tests.factories import UserFactory
from tests.granting import grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def secretary(org):
    person = UserFactory(name="程立", branch=org.a1)
    grant(person, "secretary", org.a1)
    return person


@pytest.fixture
def college(org):
    person = UserFactory(name="方圆")
    grant(person, "college_admin", org.college_a)
    return person


@pytest.fixture
def suggestion(cast):
    return send_feedback(by=cast.activist, kind="suggestion", text="活动可以早点通知。")


def test_it_goes_its_way_from_received_to_closed(suggestion, cast, secretary):
    taken = take_feedback(feedback=suggestion, by=secretary)
    assert (taken.state, taken.assigned_to) == ("assigned", secretary)
    answered = answer_feedback(feedback=suggestion, answer="以后提前三天。", by=secretary)
    assert (answered.state, answered.answered_by) == ("answered", secretary)
    assert close_feedback(feedback=suggestion, by=cast.activist).state == "closed"
    assert close_feedback(feedback=suggestion, by=cast.activist).state == "closed"
    actions = AuditEntry.objects.filter(subject_type="accounts.feedback").order_by("pk")
    assert [entry.action.removeprefix("accounts.feedback_") for entry in actions] == [
        "sent",
        "taken",
        "answered",
        "closed",
    ]


def test_the_answer_is_due_in_fifteen_working_days(cast, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC))
    assert send_feedback(by=cast.activist, kind="suggestion", text="好").answer_by == dt.date(2026, 12, 14)


def test_a_complaint_is_answered_one_organisation_above(cast, org, secretary, college):
    complaint = send_feedback(by=cast.activist, kind="complaint", text="谈话约了没人来。")
    assert complaint.branch == org.college_a
    assert not Feedback.objects.visible_to(secretary).exists()
    with pytest.raises(NotAllowed):
        answer_feedback(feedback=complaint, answer="知道了", by=secretary)
    assert answer_feedback(feedback=complaint, answer="已经提醒。", by=college).state == "answered"


def test_nobody_answers_himself_or_a_foreign_branch(suggestion, cast, org, secretary):
    own = send_feedback(by=secretary, kind="suggestion", text="会议室太小。")
    stranger = UserFactory()
    grant(stranger, "secretary", org.b1)
    for feedback, by in [(own, secretary), (suggestion, stranger), (suggestion, cast.activist)]:
        with pytest.raises(NotAllowed):
            answer_feedback(feedback=feedback, answer="好", by=by)


def test_an_answer_is_given_once(suggestion, secretary):
    answer_feedback(feedback=suggestion, answer="好", by=secretary)
    for again in (
        lambda: answer_feedback(feedback=suggestion, answer="不好", by=secretary),
        lambda: take_feedback(feedback=suggestion, by=secretary),
    ):
        with pytest.raises(Conflict):
            again()


def test_closing_waits_for_the_answer_and_is_the_writers(suggestion, cast):
    with pytest.raises(Conflict):
        close_feedback(feedback=suggestion, by=cast.activist)
    with pytest.raises(NotAllowed):
        close_feedback(feedback=suggestion, by=cast.member)


@pytest.mark.parametrize(
    ("kind", "text"), [("praise", "好"), ("suggestion", "  "), ("suggestion", "字" * 1001)]
)
def test_nonsense_is_refused(cast, kind, text):
    with pytest.raises(Invalid):
        send_feedback(by=cast.activist, kind=kind, text=text)


def test_five_may_be_open_at_once(cast):
    for number in range(5):
        send_feedback(by=cast.activist, kind="suggestion", text=f"第 {number} 条")
    with pytest.raises(TooMany):
        send_feedback(by=cast.activist, kind="suggestion", text="第 6 条")


# --- The page ------------------------------------------------------------------------------------------------


def test_writing_leads_back_to_the_page_that_shows_it(client, cast):
    client.force_login(cast.activist)
    answer = client.post("/feedback/", {"kind": "correction", "text": "专业写错了。"}, follow=True)
    page = answer.content.decode()
    assert "专业写错了。" in page
    assert "已收到" in page
    assert Feedback.objects.get().person == cast.activist


def test_an_empty_form_says_what_is_missing(client, cast):
    client.force_login(cast.activist)
    answer = client.post("/feedback/", {"kind": "correction", "text": " "})
    assert answer.status_code == 422
    assert "请写几句话。" in answer.content.decode()
    assert not Feedback.objects.exists()


def test_other_peoples_pages_do_not_show_or_close_it(client, cast, suggestion, secretary):
    answer_feedback(feedback=suggestion, answer="好", by=secretary)
    client.force_login(cast.member)
    assert suggestion.text not in client.get("/feedback/").content.decode()
    assert client.post(f"/feedback/{suggestion.pk}/close/").status_code == 404


def test_markup_in_the_text_stays_text(client, cast):
    client.force_login(cast.activist)
    client.post("/feedback/", {"kind": "suggestion", "text": "<script>alert(1)</script>"})
    assert "<script>alert" not in client.get("/feedback/").content.decode()


# --- The back office -----------------------------------------------------------------------------------------


def test_the_secretary_answers_from_the_back_office(client, suggestion, secretary, cast):
    client.force_login(secretary)
    assert (
        "活动可以早点通知。"
        in client.get(f"/admin/accounts/feedback/{suggestion.pk}/change/").content.decode()
    )
    client.post(f"/admin/accounts/feedback/{suggestion.pk}/do/answer/", {"answer": "以后提前三天。"})
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.answer) == ("answered", "以后提前三天。")


def test_a_foreign_secretary_finds_nothing_there(client, suggestion, org):
    stranger = UserFactory()
    grant(stranger, "secretary", org.b1)
    client.force_login(stranger)
    assert client.get(f"/admin/accounts/feedback/{suggestion.pk}/change/").status_code == 404
