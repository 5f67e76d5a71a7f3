import datetime as dt

import pytest
from django.utils import timezone

from accounts.actions.groups import hand_over_group, place_in_group, propose_groups, save_groups
from accounts.actions.membership import move_person
from accounts.actions.offices import give_office
from accounts.actions.people import deactivate
from accounts.models import TalkGroup, User
from accounts.roles import Stage
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing
from notifications.models import Recipient
from tests.factories import UserFactory


@pytest.fixture
def secretary(org, cast):
    give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None)
    return cast.teacher


@pytest.fixture
def activists(org, cast):
    """Seven with the one of the cast."""
    return [cast.activist, *UserFactory.create_batch(6, stage=Stage.ACTIVIST, branch=org.a1)]


def arrange(branch, by):
    return save_groups(branch=branch, plan=propose_groups(branch), by=by)


def test_a_proposal_is_shown_and_nothing_written(org, secretary, activists, django_assert_num_queries):
    with django_assert_num_queries(2):
        plan = propose_groups(org.a1)
    assert sorted(len(group.places) for group in plan.groups) == [3, 4]
    assert {place.change for group in plan.groups for place in group.places} == {"joined"}
    assert all(group.is_new for group in plan.groups)
    assert plan.has_changes
    assert not TalkGroup.objects.exists()


def test_saving_makes_the_groups_and_tells_everybody(org, secretary, activists):
    groups = arrange(org.a1, secretary)
    assert {member.person for group in groups for member in group.members.all()} == set(activists)
    told = set(Recipient.objects.filter(message__kind="group_joined").values_list("person", flat=True))
    assert told == {person.pk for person in activists} | {group.lead_id for group in groups}
    assert AuditEntry.objects.filter(action="accounts.groups_saved").count() == 1


def test_saving_again_changes_and_tells_nothing(org, secretary, activists):
    groups = arrange(org.a1, secretary)
    plan = propose_groups(org.a1)
    assert not plan.has_changes
    assert save_groups(branch=org.a1, plan=plan, by=secretary) == groups
    assert AuditEntry.objects.filter(action="accounts.groups_saved").count() == 1


def test_a_plan_of_yesterday_is_refused(org, secretary, activists):
    plan = propose_groups(org.a1)
    UserFactory(stage=Stage.ACTIVIST, branch=org.a1)
    with pytest.raises(Conflict):
        save_groups(branch=org.a1, plan=plan, by=secretary)
    assert not TalkGroup.objects.exists()


def test_a_newcomer_joins_and_nobody_is_separated(org, secretary, activists):
    before = {m.person_id: m.group_id for g in arrange(org.a1, secretary) for m in g.members.all()}
    newcomer = UserFactory(stage=Stage.ACTIVIST, branch=org.a1)
    groups = arrange(org.a1, secretary)
    after = {m.person_id: m.group_id for g in groups for m in g.members.filter(until=None)}
    assert after.pop(newcomer.pk)
    assert after == before
    assert sorted(g.members.filter(until=None).count() for g in groups) == [4, 4]


def test_a_foreign_branch_does_not_exist(org, secretary):
    with pytest.raises(Missing):
        save_groups(branch=org.b1, plan=propose_groups(org.b1), by=secretary)


def test_too_few_leads_are_explained(org):
    UserFactory(stage=Stage.PROBATIONARY, branch=org.a2)
    assert "没有入党积极分子" in propose_groups(org.a2).notes[0]
    UserFactory.create_batch(7, stage=Stage.ACTIVIST, branch=org.a2)
    assert "只有 1 名" in propose_groups(org.a2).notes[0]
    UserFactory.create_batch(1, stage=Stage.ACTIVIST, branch=org.b1)
    plan = propose_groups(org.b1)
    assert len(plan.unplaced) == 1
    assert "没有可以担任组长" in plan.notes[0]


def test_a_lead_who_is_about_to_leave_gets_no_new_group(org):
    soon = timezone.localdate() + dt.timedelta(days=30)
    UserFactory(stage=Stage.FULL, branch=org.a2, left_on=soon)
    UserFactory(stage=Stage.ACTIVIST, branch=org.a2)
    assert propose_groups(org.a2).unplaced


def test_a_suspended_lead_hands_his_group_over_as_a_whole(org, secretary, activists):
    groups = arrange(org.a1, secretary)
    group = next(group for group in groups if group.lead_id != secretary.pk)
    members = set(group.members.values_list("person", flat=True))
    deactivate(person=group.lead, by=secretary, reason="休学")
    plan = propose_groups(org.a1)
    heir = next(planned for planned in plan.groups if planned.group == group)
    assert heir.handed_over
    assert {place.change for place in heir.places} == {"moved"}
    saved = save_groups(branch=org.a1, plan=plan, by=secretary)
    successor = next(group for group in saved if group.lead_id == heir.lead.pk)
    assert set(successor.members.values_list("person", flat=True)) == members
    group.refresh_from_db()
    assert group.until == timezone.localdate()


def test_a_group_ends_when_its_lead_leaves_the_branch(org, secretary, activists):
    group = arrange(org.a1, secretary)[0]
    move_person(person=group.lead, branch=org.a2, by=None)
    group.refresh_from_db()
    assert group.until == timezone.localdate()
    assert not group.members.filter(until=None).exists()
    assert {p.change for g in propose_groups(org.a1).groups for p in g.places} == {"kept", "joined"}


def test_a_secretary_places_one_by_hand_and_hands_a_group_over(org, cast, secretary, activists):
    one, other = arrange(org.a1, secretary)
    person = one.members.first().person
    expected = other.members.count() + 1
    place_in_group(person=person, group=other, by=secretary)
    assert person.talk_group_memberships.get(until=None).group == other
    with pytest.raises(Invalid):
        place_in_group(person=cast.league, group=other, by=secretary)
    TalkGroup.objects.filter(pk=other.pk).update(chat="ready", chat_id="talkgroup2")
    other.refresh_from_db()
    lead = UserFactory(stage=Stage.PROBATIONARY, branch=org.a1)
    successor = hand_over_group(group=other, lead=lead, by=secretary)
    assert (successor.lead, successor.chat_id, successor.chat_is_stale) == (lead, "talkgroup2", True)
    assert successor.members.count() == expected
    with pytest.raises(Missing):
        hand_over_group(group=successor, lead=cast.member, by=cast.member)
    assert User.objects.filter(pk=lead.pk).exists()
