"""A bare client: no library between the test and the wire."""

import pytest

from wecom.sandbox import corp


class Wire:
    """Speaks the protocol by hand, as one app."""

    def __init__(self, sandbox, secret: str, agentid: int) -> None:
        self.sandbox, self.secret, self.agentid = sandbox, secret, agentid

    def raw(self, method: str, path: str, params: dict, **kwargs):
        return self.sandbox.http.request(
            method, f"{self.sandbox.url}/cgi-bin/{path}", params=params, timeout=20, **kwargs
        )

    def gettoken(self) -> dict:
        return self.raw("GET", "gettoken", {"corpid": corp.CORP_ID, "corpsecret": self.secret}).json()

    def get(self, path: str, **params) -> dict:
        return self.raw("GET", path, {"access_token": self.gettoken()["access_token"], **params}).json()

    def post(self, path: str, body: dict, **params) -> dict:
        params["access_token"] = self.gettoken()["access_token"]
        return self.raw("POST", path, params, json=body).json()

    def send(self, touser: str, text: str = "你好", **extra) -> dict:
        body = {"touser": touser, "msgtype": "text", "agentid": self.agentid, "text": {"content": text}}
        return self.post("message/send", body | extra)

    def send_card(self, touser: str, card: dict, **extra) -> dict:
        body = {"touser": touser, "msgtype": "template_card", "agentid": self.agentid, "template_card": card}
        return self.post("message/send", body | extra)


@pytest.fixture
def wire(sandbox):
    """The portal's app."""
    return Wire(sandbox, corp.SECRET, corp.AGENT_ID)


@pytest.fixture
def contacts_wire(sandbox):
    """The contact-sync assistant."""
    return Wire(sandbox, corp.CONTACT_SECRET, 0)


@pytest.fixture
def other_wire(sandbox):
    """A second app of the same corp, which sees one branch only."""
    sandbox.app(agentid=1000003, secret="another-app-secret-of-the-corp", visible_parties=[31])
    return Wire(sandbox, "another-app-secret-of-the-corp", 1000003)


@pytest.fixture
def button_card():
    """A card somebody has to answer."""
    return {
        "card_type": "button_interaction",
        "task_id": "talk-1",
        "main_title": {"title": "有同学想和你谈一次", "desc": "打开可以看到想聊什么"},
        "button_list": [{"text": "换个时间", "key": "other"}, {"text": "接受", "key": "accept", "style": 1}],
    }
