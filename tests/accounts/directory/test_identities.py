"""Nobody can take a record that is somebody's (``reliability.md`` §2.1, ``domain.md`` §6.3)."""

import threading

import pytest
from django.db import connection

from accounts.actions.identities import AccountTaken, PersonBound, bind, unbind
from accounts.models import WeComIdentity
from core.audit.models import AuditEntry
from core.errors import DomainError, Invalid, Missing, NotAllowed
from notifications.models import Message
from tests.factories import UserFactory
from tests.granting import grant

BY_HAND = WeComIdentity.Origin.BY_HAND
NUMBER = WeComIdentity.Origin.NUMBER


@pytest.fixture
def admin(org):
    person = UserFactory(name="秦管理", branch=org.college_a)
    return grant(person, "college_admin", org.college_a).person


def open_accounts():
    return list(WeComIdentity.objects.filter(unbound_at=None).values_list("person__name", "userid"))


def test_binding_is_written_down_and_told(cast, admin):
    bind(person=cast.member, userid="ZhouYuan", origin=BY_HAND, by=admin)
    assert open_accounts() == [("周予安", "zhouyuan")]
    assert AuditEntry.objects.get(action="accounts.account_bound").actor == admin
    assert Message.objects.get(kind="account_bound").recipients.get().person == cast.member


def test_the_same_pair_twice_is_once(cast):
    first = bind(person=cast.member, userid="zhou", origin=NUMBER, by=cast.member)
    assert bind(person=cast.member, userid="ZHOU", origin=NUMBER, by=None) == first
    assert AuditEntry.objects.filter(action="accounts.account_bound").count() == 1
    assert Message.objects.count() == 1


@pytest.mark.parametrize("spelling", ["zhou", "ZHOU", " Zhou "])
def test_nobody_takes_an_account(cast, admin, spelling):
    bind(person=cast.member, userid="zhou", origin=NUMBER, by=None)
    with pytest.raises(AccountTaken):
        bind(person=cast.activist, userid=spelling, origin=BY_HAND, by=admin)
    assert open_accounts() == [("周予安", "zhou")]


def test_nobody_takes_a_person(cast):
    bind(person=cast.member, userid="zhou", origin=NUMBER, by=None)
    with pytest.raises(PersonBound):
        bind(person=cast.member, userid="attacker", origin=NUMBER, by=cast.member)
    assert open_accounts() == [("周予安", "zhou")]


def test_an_ended_account_may_be_bound_anew_and_brings_nothing_along(cast, admin):
    old = bind(person=cast.member, userid="zhou", origin=NUMBER, by=None)
    unbind(identity=old, by=admin, reason="换了账号")
    unbind(identity=old, by=admin)
    bind(person=cast.activist, userid="zhou", origin=BY_HAND, by=admin)
    assert open_accounts() == [("林晓禾", "zhou")]
    assert WeComIdentity.objects.filter(person=cast.member, unbound_at__isnull=False).count() == 1
    assert AuditEntry.objects.filter(action="accounts.account_unbound").count() == 1


@pytest.mark.parametrize("userid", ["", " ", "-a", "中文", "a b", "a" * 65, "a\x00", "a/b"])
def test_what_wecom_would_not_call_a_userid(cast, userid):
    with pytest.raises(Invalid):
        bind(person=cast.member, userid=userid, origin=NUMBER, by=None)


def test_people_of_another_college_do_not_exist(cast, admin):
    with pytest.raises(Missing):
        bind(person=cast.stranger, userid="he", origin=BY_HAND, by=admin)
    theirs = bind(person=cast.stranger, userid="he", origin=NUMBER, by=None)
    with pytest.raises(Missing):
        unbind(identity=theirs, by=admin)


def test_a_member_binds_nobody(cast):
    with pytest.raises(Missing):
        bind(person=cast.activist, userid="lin", origin=BY_HAND, by=cast.member)


def test_an_office_above_ones_own_cannot_be_taken_over(cast, org, admin):
    grant(cast.member, "university_admin", org.university)
    with pytest.raises(NotAllowed):
        bind(person=cast.member, userid="attacker", origin=BY_HAND, by=admin)
    theirs = bind(person=cast.member, userid="zhou", origin=NUMBER, by=cast.member)
    with pytest.raises(NotAllowed):
        unbind(identity=theirs, by=admin)
    assert open_accounts() == [("周予安", "zhou")]


def test_nobody_registers_his_own_account_by_hand(cast, org):
    admin = grant(cast.member, "college_admin", org.college_a).person
    with pytest.raises(NotAllowed):
        bind(person=admin, userid="zhou", origin=BY_HAND, by=admin)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_one_wins():
    people = [UserFactory() for _ in range(6)]
    outcomes = []
    barrier = threading.Barrier(len(people))

    def claim(person):
        barrier.wait()
        try:
            outcomes.append(bind(person=person, userid="shared", origin=NUMBER, by=None))
        except DomainError as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(outcome, WeComIdentity) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AccountTaken) for outcome in outcomes) == 5
    assert WeComIdentity.objects.count() == 1
