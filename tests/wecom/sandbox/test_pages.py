"""The pages a person clicks, without a browser."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from wecom.sandbox import corp

PORTAL = "http://127.0.0.1:8000"


class Browser:
    """A browser without scripts: follows forms by hand and sends its CSRF token."""

    def __init__(self, base: str) -> None:
        self.base, self.http = base, requests.Session()
        self.http.trust_env = False

    def get(self, path: str):
        self.last = self.http.get(self.base + path, allow_redirects=False, timeout=10)
        return self.last

    def post(self, path: str, /, **fields):
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.last.text)[1]
        data = {"csrfmiddlewaretoken": token} | fields
        return self.http.post(self.base + path, data=data, allow_redirects=False, timeout=10)

    def become(self, userid: str) -> None:
        self.get("/")
        assert self.post("/pick", userid=userid).headers["Location"] == "/workbench/"


@pytest.fixture
def browser(sandbox):
    browser = Browser(sandbox.url)
    yield browser
    browser.http.close()


def authorize_url(**changes) -> str:
    args = {
        "appid": corp.CORP_ID,
        "redirect_uri": f"{PORTAL}/back/",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "a1b2",
        "agentid": str(corp.AGENT_ID),
    } | changes
    return requests.Request("GET", "http://x/connect/oauth2/authorize", params=args).prepare().path_url


def test_the_front_page_says_what_it_is_and_finds_people(browser):
    text = browser.get("/").text
    assert "企业微信沙盒" in text
    assert "不连真的企业微信" in text
    assert "学生党员 · 支部书记" in text
    assert "找到 1 人" in browser.get("/?q=林晓").text
    assert "找到 1 人" in browser.get("/?q=2023010103").text
    assert "没有找到" in browser.get("/?q=没有这个人").text


def test_three_thousand_people_come_in_pages(sandbox, browser):
    users = [
        {"userid": f"u{n}", "name": f"同学{n}", "department": [1], "number": f"2024{n:06d}"}
        for n in range(3000)
    ]
    sandbox.seed(users=users)
    assert browser.get("/").text.count("同学") < 80
    assert "100 / 100" in browser.get("/?page=100").text


def test_picking_another_person_ends_the_portals_session(browser):
    browser.get("/")
    response = browser.post("/pick", userid="sumiao", next="//evil.example/")
    assert response.headers["Location"] == "/workbench/"
    assert 'session=""' in response.headers["Set-Cookie"]
    browser.get("/")
    assert browser.post("/pick", userid="nobody").status_code == 400


def test_the_icon_leads_through_the_real_redirect(wire, browser):
    assert browser.get("/workbench/").headers["Location"] == "/"
    asked = browser.get(authorize_url())
    assert asked.headers["Location"].startswith("/?next=%2Fconnect")
    browser.become("sumiao")
    assert f'href="{PORTAL}/"' in browser.get("/workbench/").text
    back = urlsplit(browser.get(authorize_url()).headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == f"{PORTAL}/back/"
    query = parse_qs(back.query)
    assert query["state"] == ["a1b2"]
    assert wire.get("auth/getuserinfo", code=query["code"][0])["userid"] == "sumiao"


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"appid": "other"}, "40013"),
        ({"redirect_uri": "http://127.0.0.1:8009/back/"}, "50001"),
        ({"redirect_uri": "http://evil.example/"}, "50001"),
        ({"state": "a-b"}, "84025"),
        ({"state": "a" * 129}, "84025"),
        ({"agentid": "1"}, "40056"),
        ({"scope": "snsapi_all"}, "40058"),
        ({"scope": "snsapi_privateinfo", "agentid": ""}, "41011"),
    ],
)
def test_what_the_authorize_page_refuses(browser, changes, errcode):
    browser.become("sumiao")
    response = browser.get(authorize_url(**changes))
    assert response.status_code == 400
    assert response.headers["error-code"] == errcode


def test_private_information_needs_a_yes(sandbox, wire, browser):
    sandbox.app(private_fields=["mobile"])
    browser.become("sumiao")
    url = authorize_url(scope="snsapi_privateinfo")
    assert "想知道你的个人信息" in browser.get(url).text
    code = parse_qs(urlsplit(browser.post(url, answer="yes").headers["Location"]).query)["code"][0]
    ticket = wire.get("auth/getuserinfo", code=code)["user_ticket"]
    detail = wire.post("auth/getuserdetail", {"user_ticket": ticket})
    assert (detail["mobile"], detail["gender"]) == ("13800000005", "0")
    sandbox.clock.advance(1801)
    assert wire.post("auth/getuserdetail", {"user_ticket": ticket})["errcode"] == 84014
    code = parse_qs(urlsplit(browser.post(url, answer="no").headers["Location"]).query)["code"][0]
    assert "user_ticket" not in wire.get("auth/getuserinfo", code=code)


def test_the_desktop_page_asks_for_a_confirmation(wire, browser):
    url = (
        f"/wwlogin/sso/login?login_type=CorpApp&appid={corp.CORP_ID}&agentid={corp.AGENT_ID}"
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fback%2F&state=x1"
    )
    assert "先选一个人" in browser.get(url).text
    browser.become("chenshouzheng")
    browser.get(url)
    code = parse_qs(urlsplit(browser.post(url).headers["Location"]).query)["code"][0]
    assert wire.get("auth/getuserinfo", code=code) == {
        "errcode": 0,
        "errmsg": "ok",
        "userid": "chenshouzheng",
    }


def test_a_conversation_shows_cards_and_is_read_by_opening(sandbox, wire, browser, button_card):
    wire.send("sumiao", '看 <a href="http://127.0.0.1:8000/x/">这里</a><script>alert(1)</script>')
    msgid = wire.send_card("sumiao", button_card)["msgid"]
    browser.become("sumiao")
    assert "2<span" in browser.get("/messages/").text
    text = browser.get(f"/messages/app/{corp.AGENT_ID}/").text
    assert '<a href="http://127.0.0.1:8000/x/">这里</a>' in text
    assert "<script>alert" not in text
    assert "换个时间" in text
    assert "条未读" not in browser.get("/messages/").text
    browser.get(f"/messages/app/{corp.AGENT_ID}/")
    assert browser.post(f"/messages/{msgid}/click", key="accept").status_code == 302
    assert sandbox.events()[0]["name"] == "template_card_event"
    assert "等平台回应" in browser.get(f"/messages/app/{corp.AGENT_ID}/").text


def test_forms_need_their_token(sandbox, browser):
    response = browser.http.post(f"{sandbox.url}/pick", data={"userid": "sumiao"}, timeout=10)
    assert response.status_code == 403


@pytest.mark.parametrize("part", ["overview", "messages", "dropped", "events", "faults", "calls"])
def test_the_operators_corner_shows_everything(wire, browser, button_card, part):
    wire.send("sumiao|nobody")
    wire.send_card("sumiao", button_card)
    assert browser.get(f"/operator/{part}/").status_code == 200


def test_the_operator_moves_the_clock_and_breaks_things(sandbox, wire, browser):
    browser.get("/operator/overview/")
    browser.post("/operator/do/clock", seconds="3600")
    assert "时钟已拨快到" in browser.get("/operator/faults/").text
    browser.post("/operator/do/fault", path="message/send", kind="errcode", errcode="45009", times="1")
    assert wire.send("sumiao")["errcode"] == 45009
    assert wire.send("sumiao")["errcode"] == 0
