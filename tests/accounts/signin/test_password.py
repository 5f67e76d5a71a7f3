"""Number and password, for those who have one (``reliability.md`` D6)."""

import pytest
from django.test import Client


@pytest.fixture
def secretary(cast):
    cast.member.set_password("long-enough-1")
    cast.member.save()
    return cast.member


def attempt(client, number, password, **extra):
    return client.post("/sign-in/choice/", {"username": number, "password": password, **extra})


def test_the_right_password_leads_to_the_wanted_page(client, secretary):
    answer = attempt(client, secretary.number, "long-enough-1", next="/me/data/")
    assert (answer.status_code, answer["Location"]) == (302, "/me/data/")


def test_the_wanted_page_is_ours(client, secretary):
    assert attempt(client, secretary.number, "long-enough-1", next="//evil.example/")["Location"] == "/"


def test_unknown_wrong_stopped_and_passwordless_look_alike(client, secretary, cast):
    cast.teacher.set_password("long-enough-2")
    cast.teacher.is_active = False
    cast.teacher.save()
    pages = {
        attempt(Client(), number, password).content.decode().split('id="login-error"')[1].split("</p>")[0]
        for number, password in [
            ("nobody", "x"),
            (secretary.number, "wrong"),
            (cast.teacher.number, "long-enough-2"),
            (cast.league.number, ""),
            (cast.league.number, "anything"),
        ]
        if password
    }
    assert len(pages) == 1
    assert "学号或密码不对" in pages.pop()


def test_ten_wrong_passwords_lock_the_account_for_everybody(client, secretary):
    for _ in range(9):
        assert attempt(client, secretary.number, "wrong").status_code == 200
    assert attempt(client, secretary.number, "wrong").status_code == 429
    answer = attempt(Client(REMOTE_ADDR="10.1.1.1"), secretary.number, "long-enough-1")
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert "试的次数太多了" in answer.content.decode()


def test_the_password_field_needs_the_token(secretary):
    answer = attempt(Client(enforce_csrf_checks=True), secretary.number, "long-enough-1")
    assert answer.status_code == 403
    assert "请刷新后再提交一次" in answer.content.decode()
