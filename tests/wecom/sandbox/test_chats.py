"""Group chats: who may have them, who is in them, and what they refuse."""

import pytest

CHAT = {
    "name": "谈话小组",
    "owner": "zhouyuan",
    "userlist": ["zhouyuan", "linxiaohe", "fangruoxi"],
    "chatid": "talk7",
}


def test_a_chat_and_its_welcome(sandbox, wire):
    assert wire.post("appchat/create", CHAT)["chatid"] == "talk7"
    reply = wire.post("appchat/send", {"chatid": "talk7", "msgtype": "text", "text": {"content": "大家好"}})
    assert reply == {"errcode": 0, "errmsg": "ok"}
    assert wire.get("appchat/get", chatid="talk7")["chat_info"]["userlist"] == CHAT["userlist"]
    assert [m["content"]["content"] for m in sandbox.messages("linxiaohe")] == ["大家好"]
    assert sandbox.messages("sumiao") == []


def test_members_come_and_go(wire):
    wire.post("appchat/create", CHAT)
    change = {"chatid": "talk7", "add_user_list": ["sumiao"], "del_user_list": ["zhouyuan"]}
    assert wire.post("appchat/update", change)["errcode"] == 86005
    assert wire.post("appchat/update", change | {"owner": "sumiao"})["errcode"] == 0
    info = wire.get("appchat/get", chatid="talk7")["chat_info"]
    assert (info["owner"], info["userlist"]) == ("sumiao", ["linxiaohe", "fangruoxi", "sumiao"])


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"userlist": ["zhouyuan"]}, 86006),
        ({"userlist": ["zhouyuan", "nobody"]}, 86216),
        ({"owner": "sumiao"}, 86005),
        ({"chatid": "talk-7"}, 86001),
    ],
)
def test_what_a_chat_must_be(wire, change, errcode):
    assert wire.post("appchat/create", CHAT | change)["errcode"] == errcode


def test_an_app_that_sees_one_branch_has_no_chats(wire, other_wire):
    assert other_wire.post("appchat/create", CHAT)["errcode"] == 60011
    wire.post("appchat/create", CHAT)
    assert wire.post("appchat/create", CHAT)["errcode"] == 86215
    assert wire.get("appchat/get", chatid="none")["errcode"] == 86003


def test_a_chat_belongs_to_its_app(sandbox, wire, other_wire):
    wire.post("appchat/create", CHAT)
    sandbox.app(agentid=1000003, visible_parties=[1])
    assert other_wire.get("appchat/get", chatid="talk7")["errcode"] == 86008
