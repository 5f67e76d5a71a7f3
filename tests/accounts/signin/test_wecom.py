"""From the WeCom workbench to the home page without a password (``reliability.md`` D3, D4, §2.1)."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import WeComIdentity
from core.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_a_member_of_the_roster_is_let_in_and_lands_where_he_wanted(visit, known):
    answer = visit.sign_in(known.member.number, "/me/?tab=1")
    assert (answer.status_code, answer["Location"]) == (302, "/me/?tab=1")
    assert visit.person == str(known.member.pk)
    identity = WeComIdentity.objects.get()
    assert (identity.person, identity.userid, identity.origin) == (
        known.member,
        known.member.number,
        "number",
    )
    assert AuditEntry.objects.filter(action="accounts.signed_in", actor=known.member).count() == 1


def test_the_second_visit_binds_nothing_new(visit, known):
    visit.sign_in(known.member.number)
    visit.client.post("/sign-out/")
    visit.sign_in(known.member.number)
    assert visit.person == str(known.member.pk)
    assert WeComIdentity.objects.count() == 1


def test_wecom_does_not_tell_cases_apart_and_neither_do_we(visit, known, sandbox):
    sandbox.seed(users=[{"userid": "t2001", "name": "陈守正", "department": [1]}])
    visit.sign_in("t2001")
    assert visit.person == str(known.teacher.pk)


def test_inside_wecom_the_redirect_starts_at_once_and_outside_there_is_a_choice(client, db, settings):
    settings.WECOM_SANDBOX_URL = ""
    phone = client.get("/sign-in/", headers={"user-agent": "Mozilla/5.0 wxwork/4.1.20 MicroMessenger/7.0.1"})
    query = parse_qs(urlsplit(phone["Location"]).query)
    assert urlsplit(phone["Location"]).path == "/connect/oauth2/authorize"
    assert query["redirect_uri"] == [f"{settings.SITE_URL}/sign-in/wecom/"]
    assert client.get("/sign-in/?next=/me/")["Location"] == "/sign-in/choice/?next=%2Fme%2F"
    assert client.get("/sign-in/scan/?next=/me/")["Location"].startswith(
        f"{settings.WECOM_LOGIN_BASE}/wwlogin/sso/login?login_type=CorpApp"
    )


@pytest.mark.parametrize(
    ("userid", "title"),
    [("LuoPang", "名册里还没有你"), (None, "只对本校师生开放")],
    ids=["unknown", "external"],
)
def test_people_outside_the_roster_learn_whom_to_ask(visit, known, userid, title):
    answer = visit.sign_in(userid)
    assert answer.status_code == 403
    assert title in answer.content.decode()
    assert visit.person is None
    assert not WeComIdentity.objects.exists()


def test_an_unknown_account_is_told_an_office_and_no_names(visit, known):
    page = visit.sign_in("LuoPang").content.decode()
    assert "学院党委办公室" in page
    assert "luopang" in page
    assert not any(person.name in page for person in vars(known).values())


def test_a_stopped_account_and_one_that_left_are_told_so(visit, known):
    known.member.is_active = False
    known.member.save()
    known.activist.left_on = dt.date(2026, 6, 30)
    known.activist.save()
    assert "你的账号停用了" in visit.sign_in(known.member.number).content.decode()
    assert "你已经离校" in visit.sign_in(known.activist.number).content.decode()
    assert visit.person is None


def test_nobody_claims_a_record_that_is_bound_to_another_account(visit, known, sandbox):
    WeComIdentity.objects.create(
        person=known.member, corp_id="wwpartyhubsandbox", userid="zhou", origin="by_hand"
    )
    answer = visit.sign_in(known.member.number)
    assert answer.status_code == 403
    assert "已经绑定了另一个企业微信账号" in answer.content.decode()
    assert visit.person is None
    assert AuditEntry.objects.get(result="refused").subject_id == str(known.member.pk)


def test_an_ended_identity_lets_nobody_in_as_its_old_person(visit, known, sandbox):
    WeComIdentity.objects.create(
        person=known.member,
        corp_id="wwpartyhubsandbox",
        userid="luopang",
        origin="by_hand",
        unbound_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )
    assert "名册里还没有你" in visit.sign_in("LuoPang").content.decode()


# --- state and code -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["", "nobody", "x" * 129, "https://evil.example", "中文"])
def test_a_state_that_we_did_not_give_is_refused(visit, known, state):
    answer = visit.come_back(state, visit.sandbox.code_for(known.member.number))
    assert answer.status_code == 400
    assert "再试一次" in answer.content.decode()
    assert visit.person is None


def test_the_state_of_another_browser_is_refused(visit, known, sandbox):
    state = visit.leave()
    attacker = Client()
    answer = attacker.get("/sign-in/wecom/", {"state": state, "code": sandbox.code_for(known.member.number)})
    assert answer.status_code == 400
    assert "_auth_user_id" not in attacker.session


def test_a_state_lives_ten_minutes(visit, known, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC))
    state = visit.leave()
    time_machine.shift(dt.timedelta(minutes=10, seconds=1))
    assert visit.come_back(state, visit.sandbox.code_for(known.member.number)).status_code == 400


def test_a_state_works_once(visit, known, sandbox):
    state = visit.leave()
    assert visit.come_back(state, "not-a-code").status_code == 400
    assert visit.come_back(state, sandbox.code_for(known.member.number)).status_code == 400
    assert visit.person is None


@pytest.mark.parametrize("code", ["", "wrong", "c" * 513, "码" * 171])
def test_a_bad_code_is_refused_with_a_way_on(visit, known, code):
    answer = visit.come_back(visit.leave("/me/"), code)
    assert answer.status_code == 400
    assert 'href="/sign-in/?next=%2Fme%2F"' in answer.content.decode()


def test_a_used_code_is_refused_in_another_visit(visit, known, sandbox):
    code = sandbox.code_for(known.member.number)
    visit.come_back(visit.leave(), code)
    visit.client.post("/sign-out/")
    assert visit.come_back(visit.leave(), code).status_code == 400


def test_a_second_tap_finds_the_session_and_goes_to_the_same_place(visit, known, sandbox):
    state, code = visit.leave("/me/data/"), sandbox.code_for(known.member.number)
    first, second = visit.come_back(state, code), visit.come_back(state, code)
    assert first["Location"] == second["Location"] == "/me/data/"
    assert Session.objects.count() == 1


def test_a_browser_without_cookies_gets_an_explanation_and_no_loop(known, sandbox):
    start = Client().get("/sign-in/?next=/me/")
    state = parse_qs(urlsplit(start["Location"]).query)["state"][0]
    answer = Client().get("/sign-in/wecom/", {"state": state, "code": sandbox.code_for(known.member.number)})
    assert answer.status_code == 400
    assert "Cookie" in answer.content.decode()


# --- WeCom has a bad day -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [{"errcode": 45009}, {"errcode": -1}, {"errcode": 50001}, {"kind": "http", "status": 502}],
    ids=["limit", "busy", "misconfigured", "down"],
)
def test_when_wecom_does_not_answer_the_page_says_so(visit, known, sandbox, fault):
    state, code = visit.leave(), sandbox.code_for(known.member.number)
    sandbox.fault("auth/getuserinfo", **fault)
    answer = visit.come_back(state, code)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "企业微信没有回应" in answer.content.decode()
    assert visit.person is None


# --- where to go ---------------------------------------------------------------------------------------------

FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "https:/evil.example",
    "\thttps://evil.example",
    " //evil.example",
    "/\t/evil.example",
    "http://testserver/me/",
    "http://testserver@evil.example/",
    "me/",
    "?next=/",
    "",
    "/sign-in/",
    "/sign-in/?next=/sign-in/",
    "/" + "x" * 500,
    "ftp://evil.example",
    "https://evil.example\\@testserver/",
    "%2F%2Fevil.example",
    "//evil.example/%2f..",
    "/\n/evil.example",
]


@pytest.mark.parametrize("target", FOREIGN)
def test_foreign_targets_end_on_the_home_page(visit, known, target):
    assert visit.sign_in(known.member.number, target)["Location"] == "/"


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil.example"])
def test_a_forged_host_is_refused(client, db, host):
    assert client.get("/sign-in/", headers={"host": host}).status_code == 400


def test_the_domain_file_is_served_when_its_token_is_ours(client, db, settings):
    settings.WECOM_DOMAIN_TOKENS = ["Ab3dE"]
    answer = client.get("/WW_verify_Ab3dE.txt")
    assert (answer.status_code, answer.content) == (200, b"Ab3dE")
    assert client.get("/WW_verify_other.txt").status_code == 404
