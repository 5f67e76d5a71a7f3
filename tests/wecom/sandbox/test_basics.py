"""Tokens, reading contacts, plain messages: the first things any client does."""

from django.conf import settings as portal_settings

from wecom.sandbox import corp


def test_its_constants_are_the_portals_defaults(settings):
    assert (
        portal_settings.WECOM_CORP_ID,
        portal_settings.WECOM_AGENT_ID,
        portal_settings.WECOM_SECRET,
        portal_settings.WECOM_CONTACT_SECRET,
        portal_settings.WECOM_CALLBACK_TOKEN,
        portal_settings.WECOM_CALLBACK_AES_KEY,
    ) == (
        corp.CORP_ID,
        corp.AGENT_ID,
        corp.SECRET,
        corp.CONTACT_SECRET,
        corp.CALLBACK_TOKEN,
        corp.CALLBACK_AES_KEY,
    )
    assert corp.SECRET[:10] != corp.CONTACT_SECRET[:10]


def test_the_same_token_until_it_expires(sandbox, wire, contacts_wire):
    first = wire.gettoken()["access_token"]
    assert wire.gettoken()["access_token"] == first
    assert contacts_wire.gettoken()["access_token"][:10] != first[:10]
    sandbox.clock.advance(7201)
    assert wire.raw("GET", "user/get", {"access_token": first, "userid": "sumiao"}).json()["errcode"] == 42001
    assert wire.gettoken()["access_token"] != first


def test_wrong_keys_have_their_codes(wire):
    def code(**params):
        return wire.raw("GET", "gettoken", params).json()["errcode"]

    assert code() == 41002
    assert code(corpid="other") == 40013
    assert code(corpid=corp.CORP_ID) == 41004
    assert code(corpid=corp.CORP_ID, corpsecret="wrong") == 40001
    assert wire.raw("GET", "user/get", {"userid": "sumiao"}).json()["errcode"] == 41001
    assert wire.raw("GET", "user/get", {"access_token": "x"}).json()["errcode"] == 40014


def test_errors_come_in_wecoms_envelope(wire):
    response = wire.raw("GET", "user/get", {"access_token": "x"})
    assert response.status_code == 200
    assert response.headers["error-code"] == "40014"
    assert response.headers["error-msg"] == "invalid access_token"
    assert response.headers["Content-Type"] == "application/json; charset=UTF-8"
    message = response.json()["errmsg"]
    assert "hint: [" in message
    assert "from ip: 127.0.0.1" in message
    assert message.endswith("devtool/query?e=40014")


def test_a_young_app_gets_no_phone_and_no_gender(sandbox, wire):
    member = wire.get("user/get", userid="ZHOUYUAN")
    assert member["userid"] == "zhouyuan"
    assert member["gender"] == "0"
    assert member["extattr"]["attrs"][0]["text"]["value"] == "2022010101"
    assert not {"mobile", "email", "avatar", "qr_code", "address"} & member.keys()
    sandbox.app(created_at=1600000000)
    assert wire.get("user/get", userid="zhouyuan")["mobile"] == "13800000001"


def test_the_contact_secret_may_only_list_ids(wire, contacts_wire):
    assert contacts_wire.get("user/get", userid="sumiao")["errcode"] == 48002
    assert contacts_wire.get("department/list")["errcode"] == 48002
    assert wire.post("user/list_id", {})["errcode"] == 48002
    page = contacts_wire.post("user/list_id", {"limit": 5})
    rest = contacts_wire.post("user/list_id", {"limit": 5, "cursor": page["next_cursor"]})
    assert [len(page["dept_user"]), len(rest["dept_user"])] == [5, 5]
    assert (
        contacts_wire.post("user/list_id", {"limit": 5, "cursor": rest["next_cursor"]})["next_cursor"] == ""
    )
    assert len(contacts_wire.get("department/simplelist")["department_id"]) == 7


def test_what_is_out_of_range_is_not_shown(wire, other_wire):
    assert other_wire.get("user/get", userid="sumiao")["errcode"] == 60011
    assert other_wire.get("user/get", userid="nobody")["errcode"] == 60111
    assert other_wire.get("user/list", department_id=21)["errcode"] == 60011
    assert [d["id"] for d in other_wire.get("department/list")["department"]] == [31]
    assert [u["userid"] for u in other_wire.get("user/list", department_id=31)["userlist"]] == ["hechu"]
    assert len(wire.get("user/list", department_id=1, fetch_child=1)["userlist"]) == 12
    assert [u["name"] for u in wire.get("user/simplelist", department_id=31)["userlist"]] == ["何处"]


def test_a_message_reaches_those_it_can(sandbox, wire):
    reply = wire.send("SuMiao|Nobody|hechu")
    assert reply["errcode"] == 0
    assert reply["invaliduser"] == "nobody"
    assert sandbox.messages("sumiao")[0]["msgid"] == reply["msgid"]
    assert sandbox.messages("hechu")[0]["content"] == {"content": "你好"}
    assert sandbox.messages("linxiaohe") == []
    assert len(sandbox.calls("message/send")) == 1


def test_a_login_code_works_once(sandbox, wire):
    code = sandbox.code_for("sumiao")
    assert wire.get("auth/getuserinfo", code=code)["userid"] == "sumiao"
    assert wire.get("auth/getuserinfo", code=code)["errcode"] == 40029
    late = sandbox.code_for("sumiao")
    sandbox.clock.advance(301)
    assert wire.get("auth/getuserinfo", code=late)["errcode"] == 40029
    assert "userid" not in wire.get("auth/getuserinfo", code=sandbox.code_for(None))
