"""The self-check names each missing setting of WeCom with its number (target A2)."""

import time

import pytest
from django.core.checks import run_checks

from tests.wecom import stub as answers
from wecom import checks, diagnosis, transport


@pytest.fixture
def found(sandbox, settings):
    """Run the walk; answers the steps by title. The stand-in trusts the site as a real console would."""
    settings.SITE_URL = "https://party.example.edu.cn"
    sandbox.app(domains=["party.example.edu.cn"], abilities=["appchat"])
    return lambda: {step.title: step for step in diagnosis.steps()}


def wrong(steps):
    return {title: (step.errcode, step.remedy) for title, step in steps.items() if step.ok is False}


def test_all_is_well(found):
    steps = found()
    assert wrong(steps) == {}
    assert list(steps) == [
        "设置齐全",
        "连得上企业微信",
        "应用 Secret",
        "服务器时钟",
        "接收消息的密钥",
        "可信 IP 和应用",
        "通讯录可见范围",
        "可信域名",
        "JS-SDK 企业凭证",
        "JS-SDK 应用凭证",
        "群聊权限",
        "通讯录同步 Secret",
    ]
    assert all(step.ok for step in steps.values())


@pytest.mark.parametrize(
    ("name", "value", "title", "errcode"),
    [
        ("WECOM_CORP_ID", "wwother", "应用 Secret", 40013),
        ("WECOM_SECRET", "wrong", "应用 Secret", 40001),
        ("WECOM_CONTACT_SECRET", "wrong", "通讯录同步 Secret", 40001),
        ("WECOM_AGENT_ID", 1000999, "可信 IP 和应用", 40056),
        ("WECOM_SECRET", "", "设置齐全", None),
        ("WECOM_CALLBACK_AES_KEY", "short", "接收消息的密钥", None),
        ("WECOM_API_BASE", "http://127.0.0.1:1", "连得上企业微信", None),
        ("WECOM_API_BASE", "http://no-such-host.invalid", "连得上企业微信", None),
    ],
)
def test_a_wrong_setting_of_ours_is_named(found, settings, name, value, title, errcode):
    setattr(settings, name, value)
    trouble = wrong(found())
    assert title in trouble
    number, remedy = trouble[title]
    assert number == errcode
    assert remedy


def test_a_server_wecom_does_not_trust(found, sandbox):
    sandbox.app(trusted_ips=["192.0.2.7"])
    ((number, remedy),) = wrong(found()).values()
    assert number == 60020
    assert "企业可信 IP" in remedy


def test_a_narrow_scope(found, sandbox):
    sandbox.seed(
        departments=[
            {"id": 1, "name": "大学", "parentid": 0, "order": 1},
            {"id": 2, "name": "商学院", "parentid": 1, "order": 1},
        ],
        users=[{"userid": "a", "name": "a", "department": [2], "status": 1}],
    )
    sandbox.app(visible_parties=[2])
    trouble = wrong(found())
    assert "可见范围" in trouble["通讯录可见范围"][1]
    assert trouble["群聊权限"][0] in {60011, 48002}


def test_a_foreign_domain(found, sandbox):
    sandbox.app(domains=["old.example.edu.cn"])
    assert "可信域名" in wrong(found())


def test_a_closed_app(found, sandbox):
    sandbox.app(closed=1)
    assert wrong(found())


def test_a_wrong_clock(found, sandbox, stub):
    def an_hour_ago(handler):
        handler.date_time_string = lambda: time.strftime(
            "%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - 3600)
        )
        stub.token(handler)

    stub.say("gettoken", an_hour_ago)
    step = {step.title: step for step in diagnosis.steps()}["服务器时钟"]
    assert (step.ok, "回调会被全部拒绝" in step.detail) == (False, True)


def test_what_is_not_set_up_is_passed_over(found, settings):
    settings.WECOM_CALLBACK_TOKEN = ""
    settings.WECOM_CONTACT_SECRET = ""
    settings.WECOM_FEATURES = {}
    steps = found()
    assert [title for title, step in steps.items() if step.ok is None] == [
        "接收消息的密钥",
        "群聊权限",
        "通讯录同步 Secret",
    ]


def test_the_walk_never_raises(stub):
    stub.say("agent/get", answers.cut)
    stub.say("department/list", {"errcode": 0, "department": [{"id": "x"}]})
    stub.say("user/list_id", {"errcode": 0, "dept_user": [5]})
    steps = list(diagnosis.steps())
    assert len(steps) == 12
    assert transport.CONNECT_SECONDS == 3


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, []),
        ({"DEBUG": False, "WECOM_SANDBOX_URL": "http://127.0.0.1:8001"}, ["wecom.E001"]),
        ({"WECOM_CORP_ID": "", "WECOM_AGENT_ID": 0, "WECOM_SECRET": ""}, ["wecom.W002"]),
        ({"WECOM_AGENT_ID": 0}, ["wecom.E003"]),
        ({"WECOM_SECRET": ""}, ["wecom.E003"]),
        ({"WECOM_CALLBACK_TOKEN": ""}, ["wecom.E004"]),
        ({"WECOM_CALLBACK_AES_KEY": ""}, ["wecom.E004"]),
        ({"WECOM_CALLBACK_AES_KEY": "short"}, ["wecom.E005"]),
        ({"WECOM_CALLBACK_AES_KEY": "é" * 43}, ["wecom.E005"]),
        ({"WECOM_CALLBACK_AES_KEY": "$" * 43}, ["wecom.E005"]),
        ({"EMBEDDED": False}, ["wecom.W006"]),
        ({"EMBEDDED": False, "SITE_URL": "https://party.example.edu.cn"}, []),
    ],
)
def test_system_checks(settings, changes, ids):
    settings.DEBUG = True
    for name, value in changes.items():
        setattr(settings, name, value)
    found = checks.check_wecom()
    assert [message.id for message in found] == ids
    assert all(message.hint for message in found)


def test_the_checks_run_with_the_others(settings):
    settings.DEBUG, settings.WECOM_SANDBOX_URL = False, "http://127.0.0.1:8001"
    assert "wecom.E001" in {message.id for message in run_checks()}
