"""The stand-in as a program: faults, tickets, abilities, a restart, and its independence from the portal."""

import hashlib
import json
import subprocess
import sys

import pytest
import requests

from tests import sandbox as stand_in
from wecom.sandbox import corp


@pytest.mark.parametrize(
    ("kind", "fields", "check"),
    [
        ("http", {"status": 503}, lambda r: r.status_code == 503),
        ("html", {}, lambda r: r.headers["Content-Type"].startswith("text/html")),
        ("text_errcode", {}, lambda r: r.json()["errcode"] == "0"),
        ("no_errcode", {}, lambda r: "errcode" not in r.json()),
        ("redirect", {}, lambda r: r.history[0].status_code == 302),
        ("cut", {}, lambda r: r.text.startswith("{") and not r.text.endswith("}")),
        ("big", {}, lambda r: len(r.content) > 20_000_000),
    ],
)
def test_answers_can_be_spoilt(sandbox, wire, kind, fields, check):
    token = wire.gettoken()["access_token"]
    sandbox.fault("user/get", kind, times=1, **fields)
    params = {"access_token": token, "userid": "sumiao"}
    assert check(wire.raw("GET", "user/get", params))
    assert wire.raw("GET", "user/get", params).json()["errcode"] == 0


def test_a_broken_connection(sandbox, wire):
    token = wire.gettoken()["access_token"]
    sandbox.fault("user/get", "reset", times=1)
    with pytest.raises(requests.RequestException):
        wire.raw("GET", "user/get", {"access_token": token, "userid": "sumiao"})


def test_faults_count_down_and_know_their_app(sandbox, wire, other_wire):
    sandbox.fault("message/*", errcode=45009, times=2, agentid=corp.AGENT_ID)
    assert [other_wire.send("hechu")["errcode"], wire.send("hechu")["errcode"]] == [0, 45009]
    assert [wire.send("hechu")["errcode"], wire.send("hechu")["errcode"]] == [45009, 0]


def test_an_expired_token_for_ever_still_gets_new_tokens(sandbox, wire):
    sandbox.fault("*", errcode=42001)
    assert wire.gettoken()["errcode"] == 0
    assert [wire.send("sumiao")["errcode"] for _ in range(3)] == [42001] * 3
    sandbox.clear_faults()
    assert wire.send("sumiao")["errcode"] == 0


def test_the_work_may_be_done_although_the_answer_is_bad(sandbox, wire):
    sandbox.fault("message/send", "http", status=502, after=True, times=1)
    token = wire.gettoken()["access_token"]
    body = {"touser": "sumiao", "msgtype": "text", "agentid": wire.agentid, "text": {"content": "好"}}
    assert wire.raw("POST", "message/send", {"access_token": token}, json=body).status_code == 502
    assert len(sandbox.messages("sumiao")) == 1


def test_a_message_can_be_dropped_on_demand(sandbox, wire):
    sandbox.fault("message/send", "drop", times=1)
    assert wire.send("sumiao")["errcode"] == 0
    assert sandbox.messages("sumiao") == []
    assert sandbox.dropped()[0]["reason"] == "fault"


def test_revoked_tokens(sandbox, wire):
    token = wire.gettoken()["access_token"]
    assert sandbox.revoke_tokens() == 1
    assert wire.raw("GET", "user/get", {"access_token": token}).json()["errcode"] == 40014
    assert wire.gettoken()["access_token"] != token


def test_signatures_are_judged_like_the_client_does(sandbox, wire):
    ticket = wire.get("get_jsapi_ticket")["ticket"]
    agent = wire.get("ticket/get", type="agent_config")["ticket"]
    assert wire.get("get_jsapi_ticket")["ticket"] == ticket != agent

    def judged(kind, ticket, url="http://127.0.0.1:8000/a/?b=1"):
        text = f"jsapi_ticket={ticket}&noncestr=n&timestamp=1&url=http://127.0.0.1:8000/a/?b=1"
        args = {
            "noncestr": "n",
            "timestamp": 1,
            "url": url,
            "signature": hashlib.sha1(text.encode()).hexdigest(),
        }
        return sandbox.control("jsapi/verify", kind=kind, **args)["errcode"]

    assert judged("config", ticket) == 0
    assert judged("config", ticket, "http://127.0.0.1:8000/a/?b=1#top") == 0
    assert judged("config", ticket, "http://127.0.0.1:8000/b/") == 40093
    assert judged("agentConfig", agent) == 0
    assert judged("agentConfig", ticket) == 42012


def test_schedule_and_living_must_be_switched_on(sandbox, wire):
    living = {
        "anchor_userid": "chenshouzheng",
        "theme": "党课",
        "living_start": 1800000000,
        "living_duration": 3600,
    }
    assert wire.post("living/create", living)["errcode"] == 48002
    assert wire.post("oa/schedule/add", {"schedule": {"start_time": 1, "end_time": 2}})["errcode"] == 48002
    sandbox.app(abilities=["schedule", "living"])
    livingid = wire.post("living/create", living)["livingid"]
    sandbox.control("livings/view", livingid=livingid, userid="sumiao", seconds=90)
    info = wire.get("living/get_living_info", livingid=livingid)["living_info"]
    assert (info["status"], info["viewer_num"]) == (1, 1)
    stat = wire.post("living/get_watch_stat", {"livingid": livingid, "next_key": "0"})
    assert stat["stat_info"]["users"][0]["watch_time"] == 90
    assert wire.post("living/cancel", {"livingid": livingid})["errcode"] == 92006
    event = {
        "organizer": "",
        "cal_id": "",
        "start_time": 1,
        "end_time": 2,
        "attendees": [{"userid": "sumiao"}],
    }
    schedule_id = wire.post("oa/schedule/add", {"schedule": event})["schedule_id"]
    sandbox.control("schedules/respond", schedule_id=schedule_id, userid="sumiao", status=1)
    found = wire.post("oa/schedule/get", {"schedule_id_list": [schedule_id]})["schedule_list"][0]
    assert found["attendees"] == [{"userid": "sumiao", "response_status": 1}]


def test_an_untrusted_address_is_refused(sandbox, wire):
    token = wire.gettoken()["access_token"]
    sandbox.app(trusted_ips=["10.0.0.1"])
    assert wire.gettoken()["errcode"] == 60020
    assert wire.raw("GET", "user/get", {"access_token": token, "userid": "sumiao"}).json()["errcode"] == 60020
    sandbox.app(trusted_ips=[], closed=1)
    assert wire.gettoken()["errcode"] == 50003


def test_other_sites_cannot_use_the_control_api(sandbox):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert (
        sandbox.http.post(f"{sandbox.url}/sandbox/reset", json={}, headers=headers, timeout=5).status_code
        == 403
    )
    for path in ("/", "/sandbox/health", "/cgi-bin/gettoken"):
        assert (
            sandbox.http.get(sandbox.url + path, headers={"Host": "evil.example"}, timeout=5).status_code
            == 400
        )


def test_a_restart_keeps_people_and_messages(tmp_path):
    data, seed = tmp_path / "state.json", tmp_path / "seed.json"
    department = {"id": 1, "name": "云溪大学", "parentid": 0, "order": 1}
    user = {"userid": "only", "name": "一人", "department": [1], "gender": 1, "number": "2024"}
    seed.write_text(json.dumps({"departments": [department], "users": [user], "featured": []}))
    options = ("--data", str(data), "--seed", str(seed), "--portal", "http://127.0.0.1:8009")
    process, sandbox = stand_in.start(*options)
    query = {"corpid": corp.CORP_ID, "corpsecret": corp.SECRET}
    token = sandbox.http.get(f"{sandbox.url}/cgi-bin/gettoken", params=query).json()["access_token"]
    body = {"touser": "only", "msgtype": "text", "agentid": corp.AGENT_ID, "text": {"content": "留下"}}
    sandbox.http.post(f"{sandbox.url}/cgi-bin/message/send", params={"access_token": token}, json=body)
    stand_in.stop(process, sandbox)
    process, sandbox = stand_in.start(*options)
    try:
        assert [m["content"]["content"] for m in sandbox.messages("only")] == ["留下"]
        assert [user["number"] for user in sandbox.look("users")] == ["2024"]
        answer = sandbox.http.get(
            f"{sandbox.url}/cgi-bin/user/get", params={"access_token": token, "userid": "only"}
        )
        assert answer.json()["name"] == "一人"
    finally:
        stand_in.stop(process, sandbox)


def test_an_unreadable_state_is_put_aside(tmp_path):
    data = tmp_path / "state.json"
    data.write_text('{"apps": [', encoding="utf-8")
    process, sandbox = stand_in.start("--data", str(data))
    try:
        assert sandbox.look("health")["users"] == 12
        assert (tmp_path / "state.unreadable").exists()
    finally:
        stand_in.stop(process, sandbox)


def test_it_imports_nothing_of_the_portal():
    program = (
        "import sys; from wecom.sandbox import server; server.configure(); import wecom.sandbox.urls; "
        "floors = {'partyhub', 'core', 'accounts', 'notifications', 'learning', 'appointments', 'activities'}; "
        "print([m for m in sys.modules if m.split('.')[0] in floors | {'wechatpy'} "
        "or m.startswith('wecom.') and not m.startswith('wecom.sandbox')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=stand_in.ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_it_ends_when_its_starter_is_gone():
    process, sandbox = stand_in.start()
    process.stdin.close()
    process.wait(timeout=10)
    stand_in.stop(process, sandbox)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.url}/sandbox/health", timeout=1)
