"""A person sees what is stored about him, his own values only, and who touched them."""

import pytest

from accounts.purposes import all_purposes
from core.audit.log import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, cast):
    client.force_login(cast.member)
    return lambda: client.get("/me/data/").content.decode()


def test_my_own_values_are_printed(page, cast):
    cast.member.major = "经济学"
    cast.member.save()
    text = page()
    assert f"学号或工号 {cast.member.number}" in text
    assert "专业 经济学" in text
    assert "当时名称 本科生第一党支部" in text


def test_nobody_elses_are(page, cast):
    text = page()
    others = [person for person in vars(cast).values() if person != cast.member]
    assert not any(person.name in text or person.number in text for person in others)


def test_who_touched_my_record_is_listed_and_what_they_did_to_others_is_not(page, cast):
    record(cast.teacher, "accounts.person_changed", cast.member, changed=["major"])
    record(cast.probationary, "accounts.person_changed", cast.activist, changed=["major"])
    text = page()
    assert "陈守正：修改资料" in text
    assert cast.probationary.name not in text


def test_an_export_of_my_branch_or_above_is_listed(page, cast, org):
    record(cast.teacher, "accounts.roster_exported", branch=org.college_a)
    record(cast.probationary, "accounts.roster_exported", branch=org.college_b)
    text = page()
    assert "陈守正：导出名册" in text
    assert cast.probationary.name not in text


def test_the_password_digest_never_shows(page, cast):
    cast.member.set_password("long-enough-1")
    cast.member.save()
    assert cast.member.password not in page()


def test_the_page_costs_the_same_for_more_rows(client, cast, django_assert_max_num_queries):
    client.force_login(cast.member)
    for number in range(30):
        record(cast.teacher, "accounts.person_changed", cast.member, reason=str(number))
    with django_assert_max_num_queries(len(all_purposes()) + 8):
        client.get("/me/data/")
