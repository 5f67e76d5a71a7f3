import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from accounts import rules
from accounts.actions.contacts import assign_contact
from accounts.actions.offices import give_office
from accounts.actions.people import add_person
from accounts.actions.stages import record_stage, void_stage_change
from accounts.models import CultivationContact, StageChange, User
from accounts.roles import Role, Stage
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing, NotAllowed
from notifications.models import Recipient

NOW = "2026-11-22 09:00+08:00"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def secretary(org, cast):
    give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None)
    return cast.teacher


def day(text):
    return dt.date.fromisoformat(text)


def step(person, stage, on, by, evidence="decision", note=""):
    return record_stage(
        person=person, stage=stage, effective_on=day(on), by=by, evidence=evidence, evidence_note=note
    )


def test_a_recorded_step_is_a_dated_fact(cast, org, secretary):
    change = step(cast.activist, "development_target", "2026-11-10", secretary, note="支委会记录第 3 页")
    assert (change.branch, change.branch_name) == (org.a1, "本科生第一党支部")
    assert cast.activist.__class__.objects.get(pk=cast.activist.pk).stage == Stage.TARGET
    assert rules.stage_on(cast.activist, day("2026-11-09")) == Stage.ACTIVIST
    assert rules.stage_on(cast.activist, day("2026-11-10")) == Stage.TARGET
    assert rules.stage_on(cast.activist, day("2020-01-01")) is None
    entry = AuditEntry.objects.get(action="accounts.stage_recorded")
    assert (entry.changed, entry.reason) == (["stage"], "")
    assert Recipient.objects.get(person=cast.activist).message.kind == "stage_recorded"


def test_recording_twice_is_recording_once(cast, secretary):
    one = step(cast.activist, "development_target", "2026-11-10", secretary)
    assert step(cast.activist, "development_target", "2026-11-10", secretary) == one
    with pytest.raises(Conflict):
        step(cast.activist, "applicant", "2026-11-10", secretary, note="取消")
    assert StageChange.objects.filter(person=cast.activist, stage="development_target").count() == 1


@pytest.mark.parametrize(
    ("stage", "on", "evidence"),
    [
        ("development_target", "2026-11-23", "decision"),
        ("full_member", "2026-11-10", "decision"),
        ("activist", "2026-11-10", "decision"),
        ("applicant", "2026-11-10", "decision"),
        ("emperor", "2026-11-10", "decision"),
        ("development_target", "2026-11-10", "hearsay"),
    ],
)
def test_a_day_ahead_a_leap_a_repeat_a_step_back_without_reason_are_refused(
    cast, secretary, stage, on, evidence
):
    with pytest.raises(Invalid):
        step(cast.activist, stage, on, secretary, evidence=evidence)
    assert not AuditEntry.objects.filter(action="accounts.stage_recorded").exists()


def test_history_may_be_taken_over_from_paper(cast, secretary):
    step(cast.league, "full_member", "2026-10-01", secretary, evidence="paper_only")
    cast.league.refresh_from_db()
    assert cast.league.role == Role.STUDENT_MEMBER


def test_a_step_back_keeps_its_history(cast, secretary):
    step(cast.activist, "applicant", "2026-11-10", secretary, note="支委会 2026-11-10 决定取消")
    assert [change.stage for change in cast.activist.stage_changes.all()] == ["activist", "applicant"]


def test_what_is_inserted_must_fit_what_follows(cast, secretary):
    step(cast.league, "applicant", "2026-10-01", secretary)
    step(cast.league, "activist", "2026-11-01", secretary)
    with pytest.raises(Invalid, match="接不上"):
        step(cast.league, "mass", "2026-10-15", secretary, note="退回")
    with pytest.raises(Invalid, match="接不上"):
        step(cast.league, "activist", "2026-10-15", secretary)


def test_a_minor_cannot_apply_yet(cast, secretary):
    User.objects.filter(pk=cast.league.pk).update(birth_month=day("2008-12-01"))
    with pytest.raises(Invalid, match="18"):
        step(cast.league, "applicant", "2026-11-20", secretary)
    User.objects.filter(pk=cast.league.pk).update(birth_month=day("2008-11-01"))
    step(cast.league, "applicant", "2026-11-20", secretary)


def test_an_early_application_of_old_is_recorded_and_flagged(cast, secretary):
    User.objects.filter(pk=cast.league.pk).update(birth_month=day("2006-05-01"))
    change = step(cast.league, "applicant", "2024-03-01", secretary, evidence="paper_only")
    cast.league.refresh_from_db()
    assert [finding.rule for finding in rules.stage_findings(cast.league, [change])] == ["D1"]


def test_less_than_a_year_of_cultivation_is_flagged_to_the_day(cast):
    def findings(target):
        changes = [
            StageChange(stage="activist", effective_on=day("2025-11-22")),
            StageChange(stage="development_target", effective_on=day(target)),
        ]
        return [finding.rule for finding in rules.stage_findings(cast.league, changes)]

    assert findings("2026-11-21") == ["D12"]
    assert findings("2026-11-22") == []


def test_nobody_records_his_own_stage_nor_a_foreign_one(cast, secretary):
    with pytest.raises(NotAllowed):
        step(secretary, "full_member", "2026-11-10", secretary)
    with pytest.raises(Missing):
        step(cast.stranger, "development_target", "2026-11-10", secretary)
    with pytest.raises(Missing):
        step(cast.activist, "development_target", "2026-11-10", cast.member)


def test_a_voided_record_stays_and_the_stage_is_told_anew(cast, secretary):
    change = step(cast.activist, "development_target", "2026-11-10", secretary)
    void_stage_change(change=change, by=secretary, reason="录错了人")
    cast.activist.refresh_from_db()
    assert cast.activist.stage == Stage.ACTIVIST
    assert StageChange.objects.get(pk=change.pk).void_reason == "录错了人"
    assert rules.stage_on(cast.activist, day("2026-11-20")) == Stage.ACTIVIST
    with pytest.raises(Conflict):
        void_stage_change(change=change, by=secretary, reason="再作废")
    with pytest.raises(Invalid):
        void_stage_change(change=change, by=secretary, reason="")


def test_contacts_end_with_the_stage_they_belong_to(cast, secretary):
    assign_contact(activist=cast.activist, contact=cast.member, by=secretary)
    step(cast.activist, "applicant", "2026-11-22", secretary, note="支委会决定")
    assert not CultivationContact.objects.current().exists()


def test_people_of_a_branch_as_at_a_past_day(org, cast, secretary, django_assert_num_queries):
    person = add_person(
        number="1", name="新生", branch=org.a1, by=secretary, stage="applicant", since=day("2026-10-01")
    )
    step(person, "activist", "2026-11-01", secretary)
    people = rules.people_by_stage(org.college_a, on=day("2026-10-15"))
    then = dict(people.values_list("pk", "stage_then"))
    assert then[person.pk] == Stage.APPLICANT
    assert then[cast.member.pk] == Stage.FULL
    assert cast.stranger.pk not in then
    with django_assert_num_queries(1):
        list(User.objects.with_stage_on(timezone.localdate()))
