"""Every page of the portal in a real browser: accessible, inside the window, nothing refused, no script needed."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.actions.feedback import answer_feedback, send_feedback
from accounts.models import CultivationContact, DormBuilding, TalkGroup, TalkGroupMember, WeComIdentity
from core.todos import Todo
from tests.factories import UserFactory
from tests.granting import grant

PAGES = [
    "/",
    "/todos/",
    "/learning/",
    "/talks/",
    "/activities/",
    "/me/",
    "/me/data/",
    "/feedback/",
    "/notices/",
    "/notices/settings/",
    "/sign-in/choice/",
    "/sign-in/wecom/?state=unknown",
    "/no-such-page/",
]
LONG_NAME = "阿依古丽·买买提江"


@pytest.fixture
def full(cast, org, monkeypatch):
    """A member about whom everything is known, with the longest name in the branch."""
    person = UserFactory(name=LONG_NAME, stage="full_member", branch=org.a1, number="2023000001")
    for stage, day in [
        ("applicant", "2022-10-08"),
        ("activist", "2023-04-20"),
        ("full_member", "2025-06-01"),
    ]:
        person.stage_changes.create(stage=stage, effective_on=day, branch=org.a1)
    grant(person, "publicity_officer", org.a1)
    for activist in (cast.activist, UserFactory(name="欧阳娜仁其木格", stage="activist", branch=org.a1)):
        CultivationContact.objects.create(
            activist=activist, contact=person, seat=1, branch=org.a1, branch_name=org.a1.name
        )
    group = TalkGroup.objects.create(branch=org.a1, branch_name=org.a1.name, lead=person, chat="by_hand")
    TalkGroupMember.objects.create(group=group, person=cast.activist)
    WeComIdentity.objects.create(person=person, corp_id="wwpartyhubsandbox", userid="agl", origin="by_hand")
    building = DormBuilding.objects.create(name="5 号楼", residents="women", floors=6)
    room = building.rooms.create(floor=3, name="312", beds=4, residents="women")
    person.room_assignments.create(room=room, bed=2)
    secretary = UserFactory(name="程立", branch=org.a1)
    grant(secretary, "secretary", org.a1)
    sent = send_feedback(by=person, kind="suggestion", text="活动可以早点通知，最好提前三天。")
    answer_feedback(feedback=sent, answer="好，以后提前三天。", by=secretary)
    send_feedback(by=person, kind="complaint", text="谈话约了没有人来。")
    monkeypatch.setattr("partyhub.views.todos_for", lambda user: wishes())
    return person


def wishes():
    """Six to-dos as later apps will have them."""
    now = timezone.now()
    rows = [
        (10, "和林晓禾谈话", "三号学生公寓 108 谈心室", False),
        (50, "11 月月末测评", "20 题，30 分钟，还没做", False),
        (60, "走访 5 号楼寝室", "本月还差 7 间", True),
        (90, "支部党员大会", "明德楼 302，请带笔记本", False),
        (500, "学完《党章》导读", "已学 5 节，还差 3 节", True),
        (900, "交第一季度思想汇报", "每季度一次，入党积极分子培养考察办法第八条写明的要求", True),
    ]
    return [Todo(now + dt.timedelta(hours=h), title, note, "/", day) for h, title, note, day in rows]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1280])
@pytest.mark.parametrize("who", ["full", "empty"])
def test_all_pages_are_fine(tab, full, cast, who, width, dark):
    browser = tab(full if who == "full" else cast.stranger, width=width, dark=dark)
    for path in PAGES:
        browser.go(path)
        assert (path, browser.violations(), browser.complaints) == (path, [], [])
        assert (path, browser.overhang()) == (path, 0)


def test_everything_opened_is_fine_too(tab, full):
    browser = tab(full).go("/me/data/")
    browser.page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    browser.assert_fine()


def test_without_script_every_page_reads_and_sends(tab, full, portal):
    browser = tab(full, js=False)
    page = browser.page
    for path in PAGES:
        browser.go(path)
        assert page.locator("h1").count() == 1, path
    browser.go("/feedback/?kind=correction")
    page.get_by_label("想说什么").fill("专业写错了。")
    page.get_by_role("button", name="提交").click()
    page.get_by_text("专业写错了。").wait_for()
    page.goto(portal.url + "/me/")
    page.get_by_role("button", name="退出登录").click()
    page.get_by_role("heading", name="登录学生党支部").wait_for()


def test_the_keyboard_finds_the_text_first(tab, full):
    page = tab(full).go("/").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_sheet_holds_the_focus_and_gives_it_back(tab, full):
    page = tab(full).go("/activities/").page
    page.evaluate(
        """() => {
        document.getElementById("main").insertAdjacentHTML("beforeend", '<a id="opener" href="#sheet">打开</a>');
        document.body.insertAdjacentHTML("beforeend", '<div class="p-sheet" id="sheet" role="dialog">' +
          '<a href="#main" tabindex="-1"></a><div class="p-panel"><a id="inside" href="#main">关</a></div></div>');
        }"""
    )
    focus = "document.activeElement.id"
    page.locator("#opener").click()
    assert page.evaluate(focus) == "inside"
    assert page.evaluate("document.getElementById('main').inert")
    page.keyboard.press("Escape")
    assert page.evaluate(focus) == "opener"
    assert not page.locator("#sheet").is_visible()
    page.locator("#opener").click()
    page.locator("#inside").click()
    assert page.evaluate(focus) == "opener"
    assert not page.evaluate("document.getElementById('main').inert")


def test_axe_would_have_noticed(tab, full):
    browser = tab(full).go("/learning/")
    browser.page.evaluate(
        "document.getElementById('main').insertAdjacentHTML('beforeend', '<img src=\"data:,\">')"
    )
    assert [rule for rule, _ in browser.violations()] == ["image-alt"]


def test_an_expired_session_leads_out_of_the_fragment(tab, portal, cast, settings):
    settings.WECOM_SANDBOX_URL = ""
    browser = tab(cast.member).go("/")
    browser.page.context.clear_cookies()
    browser.page.evaluate("document.body.dispatchEvent(new Event('todo-changed'))")
    browser.page.wait_for_url("**/sign-in/choice/?next=%2F")
