"""The documented requests, replayed: the same keys and JSON types must come back.

``pairs.json`` holds 368 request/response pairs of WeCom's documentation (see ``README.md`` beside it).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

import wecom.sandbox.urls  # noqa: F401  (registers every route)
from wecom.sandbox import corp
from wecom.sandbox.wire import ROUTES

HERE = Path(__file__).parent
PAIRS = json.loads((HERE / "pairs.json").read_text(encoding="utf-8"))
ENVELOPE = {"errcode", "errmsg"}


def path_of(pair: dict) -> str:
    return urlsplit(pair["url"]).path.removeprefix("/cgi-bin/")


def test_what_is_not_implemented_is_listed():
    """Coverage changes only together with ``unimplemented.txt``."""
    listed = (HERE / "unimplemented.txt").read_text(encoding="utf-8").split()
    assert listed == sorted({path_of(pair) for pair in PAIRS} - ROUTES.keys())


# --- A world in which the documented ids mean something -------------------------------------------------------

USERS = [
    "zhangsan",
    "lisi",
    "wangwu",
    "userid1",
    "userid2",
    "userid3",
    "userid4",
    "user1",
    "UserID1",
    "USERID",
    "test",
]
PROFILE = {
    "external_corp_name": "云溪大学",
    "wechat_channels": {"nickname": "云溪", "status": 1},
    "external_attr": [{"type": 0, "name": "说明", "text": {"value": "文本"}}],
}
PEOPLE = [
    {
        "userid": userid,
        "name": userid,
        "department": [1, 2],
        "number": "2023",
        "mobile": f"1343038888{n}",
        "email": f"{userid}@x.example",
        "direct_leader": ["lisi"],
        "extra": {"external_position": "委员", "external_profile": PROFILE},
    }
    for n, userid in enumerate(dict.fromkeys(name.lower() for name in USERS))
]
DEPARTMENTS = [
    {"id": 1, "name": "云溪大学", "parentid": 0, "order": 1, "department_leader": ["zhangsan"]},
    {"id": 2, "name": "商学院", "parentid": 1, "order": 2},
    {"id": 4, "name": "支部", "parentid": 2, "order": 3},
    {"id": 9, "name": "空部门", "parentid": 2, "order": 3},
]
CALENDAR = next(pair["body"]["calendar"] for pair in PAIRS if path_of(pair) == "oa/calendar/add")
LIVING = {"anchor_userid": "userid", "theme": "党课", "living_start": 1600000000, "living_duration": 3600}
SCHEDULE = {
    "start_time": 1571274600,
    "end_time": 1571320210,
    "attendees": [{"userid": "userid1"}],
    "summary": "会",
}


class World:
    """Makes what a documented request refers to, and writes the real ids into it."""

    def __init__(self, sandbox, wire, contacts_wire) -> None:
        self.sandbox, self.app, self.contacts = sandbox, wire, contacts_wire
        sandbox.seed(users=PEOPLE, departments=DEPARTMENTS)
        sandbox.app(
            created_at=1600000000,
            abilities=["workbench", "schedule", "living"],
            visible_users=["zhangsan"],
            visible_tags=[12],
        )
        sandbox.configure(contact_sync_is_legacy=True)

    def wire_for(self, path: str):
        return self.app if "app" in ROUTES[path].scopes or not ROUTES[path].scopes else self.contacts

    def upload(self, name: str = "a.txt", content: bytes = b"0123456789") -> str:
        token = self.app.gettoken()["access_token"]
        params = {"access_token": token, "type": "file"}
        return self.app.raw("POST", "media/upload", params, files={"media": (name, content)}).json()[
            "media_id"
        ]

    def csv(self, path: str) -> str:
        line = "党支部,7,2,1" if path.endswith("party") else "张三,zhangsan,13800000000,,1;2,委员"
        if path.endswith("replaceuser"):
            line = "\n".join(f"{row['userid']},{row['userid']},,,1," for row in PEOPLE)
        return self.upload("a.csv", f"标题\n{line}\n".encode())

    def calendar(self) -> str:
        return self.app.post("oa/calendar/add", {"calendar": CALENDAR})["cal_id"]

    def schedule(self, **extra) -> str:
        return self.app.post("oa/schedule/add", {"schedule": SCHEDULE | extra})["schedule_id"]

    def full_schedule(self) -> str:
        """One with everything the documented answer shows."""
        shown = next(pair["resp"]["schedule_list"][0] for pair in PAIRS if path_of(pair) == "oa/schedule/get")
        fields = {name: shown[name] for name in ("organizer", "reminders", "description", "location")}
        return self.schedule(**fields, cal_id=self.calendar())

    def living(self) -> str:
        return self.app.post("living/create", LIVING)["livingid"]

    def card(self) -> str:
        card = {
            "card_type": "button_interaction",
            "task_id": "first",
            "main_title": {"title": "会"},
            "button_list": [{"text": "好", "key": "ok"}],
        }
        return self.app.send_card("userid1", card)["response_code"]


# Key in the request → how to make a real value for it.
REAL = {
    "agentid": lambda world, path: corp.AGENT_ID,
    "corpid": lambda world, path: corp.CORP_ID,
    "corpsecret": lambda world, path: corp.SECRET,
    "media_id": lambda world, path: world.csv(path) if path.startswith("batch/") else world.upload(),
    "thumb_media_id": lambda world, path: world.upload(),
    "livingid": lambda world, path: world.living(),
    "cal_id": lambda world, path: world.calendar(),
    "cal_id_list": lambda world, path: [world.calendar()],
    "schedule_id": lambda world, path: world.schedule(),
    "schedule_id_list": lambda world, path: [world.full_schedule()],
    "response_code": lambda world, path: world.card(),
    "msgid": lambda world, path: world.app.send("userid1")["msgid"],
    "jobid": lambda world, path: world.contacts.post("batch/syncuser", {"media_id": world.csv("user")})[
        "jobid"
    ],
    "code": lambda world, path: world.sandbox.code_for("userid1"),
    "openid": lambda world, path: world.app.post("user/convert_to_openid", {"userid": "zhangsan"})["openid"],
    "mobile": lambda world, path: "13430388880" if path == "user/getuserid" else "13900000000",
    "cursor": lambda world, path: "0",
    "url": lambda world, path: "https://work.weixin.qq.com/",
}


def _with_real_ids(value, world: World, path: str):
    if isinstance(value, list):
        return [_with_real_ids(item, world, path) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: REAL[key](world, path) if key in REAL else _with_real_ids(inner, world, path)
        for key, inner in value.items()
    }


def _chat(world: World) -> None:
    world.app.post(
        "appchat/create", {"chatid": "CHATID", "userlist": ["userid1", "userid4"], "owner": "userid1"}
    )


def _tag(world: World) -> None:
    world.app.post("tag/create", {"tagname": "乒乓球协会", "tagid": 12})
    world.app.post("tag/addtagusers", {"tagid": 12, "userlist": ["user1"], "partylist": [4]})


def _workbench(world: World) -> None:
    image = {"url": "https://x.example/", "jump_url": "http://www.qq.com", "pagepath": "pages/index"}
    body = {"agentid": corp.AGENT_ID, "type": "image", "image": image, "replace_user_data": True}
    world.app.post("agent/set_workbench_template", body)


def _menu(world: World) -> None:
    pair = next(pair for pair in PAIRS if path_of(pair) == "menu/create")
    world.app.post("menu/create", pair["body"], agentid=corp.AGENT_ID)


def _forget_zhangsan(world: World) -> None:
    world.contacts.get("user/delete", userid="zhangsan")


# What must be there before, and what the documentation's example request needs changed to be valid.
BEFORE = {
    "appchat/update": _chat,
    "appchat/get": _chat,
    "appchat/send": _chat,
    "tag/update": _tag,
    "tag/delete": _tag,
    "tag/get": _tag,
    "tag/list": _tag,
    "tag/addtagusers": _tag,
    "tag/deltagusers": _tag,
    "agent/get_workbench_template": _workbench,
    "agent/set_workbench_data": _workbench,
    "menu/get": _menu,
    "user/create": _forget_zhangsan,
}
CHANGES = {
    "tag/addtagusers": {"partylist": [4, 99]},
    "tag/deltagusers": {"partylist": [4, 99]},
    "department/delete": {"id": "9"},
    "department/create": {"name": "新支部"},
    "department/update": {"name": "新名字"},
    "user/update": {"userid": "lisi", "email": "new@x.example"},
    "user/create": {"email": "new@x.example"},
}


# --- Comparing ------------------------------------------------------------------------------------------------

# Keys of the documented answers that a custom app does not get, and why.
ABSENT = {
    "user/get": {
        "open_userid": "third-party apps only",
        "hide_mobile": "left the documentation",
        "english_name": "same",
    },
    "user/list": {
        "open_userid": "third-party apps only",
        "hide_mobile": "left the documentation",
        "english_name": "same",
    },
    "user/simplelist": {"open_userid": "third-party apps only"},
    "message/send": {"response_code": "interactive cards only"},
}
# Keys we send beyond the example, because a newer page has them.
NEWER = {
    "message/send": {"unlicenseduser"},
    "department/list": {"name_en"},
    "department/get": {"name_en"},
}


def kind(value) -> str:
    return {bool: "bool", int: "number", float: "number"}.get(type(value), type(value).__name__)


def differences(documented, ours, path: str, where: str = "") -> Iterator[str]:
    if kind(documented) != kind(ours):
        yield f"{where}: {kind(documented)} documented, {kind(ours)} here"
    elif isinstance(documented, dict):
        yield from _missing(documented, ours, path, where)
        for key in documented.keys() & ours.keys():
            yield from differences(documented[key], ours[key], path, f"{where}.{key}")
    elif isinstance(documented, list) and documented:
        for item in ours:
            candidates = [list(differences(example, item, path, f"{where}[]")) for example in documented]
            yield from min(candidates, key=len)


def _missing(documented: dict, ours: dict, path: str, where: str) -> Iterator[str]:
    for key in documented.keys() - ours.keys() - ABSENT.get(path, {}).keys():
        yield f"{where}.{key}: missing"
    for key in ours.keys() - documented.keys() - ENVELOPE - NEWER.get(path, set()):
        yield f"{where}.{key}: not documented"


def replay(pair: dict, world: World) -> dict:
    path = path_of(pair)
    BEFORE.get(path, lambda world: None)(world)
    changes = CHANGES.get(path, {})
    query = dict(parse_qsl(urlsplit(pair["url"]).query)) | (changes if pair["method"] == "GET" else {})
    query = _with_real_ids(query, world, path)
    wire = world.wire_for(path)
    query["access_token"] = wire.gettoken()["access_token"]
    if pair["method"] == "GET":
        return wire.raw("GET", path, query).json()
    body = _with_real_ids(pair.get("body") or {}, world, path) | changes
    if path == "message/send":
        body["agentid"] = corp.AGENT_ID
    if path == "living/delete_replay_data":
        world.sandbox.control("livings/end", livingid=body["livingid"])
    return wire.raw("POST", path, query, json=body).json()


IMPLEMENTED = [pair for pair in PAIRS if path_of(pair) in ROUTES]


@pytest.mark.parametrize("pair", IMPLEMENTED, ids=lambda pair: f"{path_of(pair)}:{pair['test']}")
def test_the_answer_has_the_documented_shape(sandbox, wire, contacts_wire, pair):
    answer = replay(pair, World(sandbox, wire, contacts_wire))
    assert answer["errcode"] == 0, answer["errmsg"]
    assert sorted(differences(pair["resp"], answer, path_of(pair))) == []


def test_the_comparison_notices_differences():
    documented = {"errcode": 0, "userlist": [{"userid": "a", "status": 1}]}
    ours = {"errcode": 0, "userlist": [{"userid": "a", "status": "1", "extra": 1}], "more": []}
    assert sorted(differences(documented, ours, "x")) == [
        ".more: not documented",
        ".userlist[].extra: not documented",
        ".userlist[].status: number documented, str here",
    ]
