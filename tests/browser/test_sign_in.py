"""From the workbench of WeCom to the home page: pick a person, tap the portal's icon."""

import pytest

ROLES = {
    "member": ("周予安", "学生党员"),
    "teacher": ("陈守正", "教师党员"),
    "activist": ("林晓禾", "入党积极分子"),
    "league": ("苏苗", "普通共青团员"),
}


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("who", ROLES)
def test_each_role_taps_the_icon_and_is_at_home(tab, portal, who, width, dark):
    name, role = ROLES[who]
    browser = tab(width=width, dark=dark)
    page = browser.page
    page.goto(portal.sandbox.url)
    page.get_by_role("list", name="推荐的人").get_by_role("button", name=name).click()
    if who == "member" and not dark:
        browser.shoot("workbench" if width == 375 else "workbench-desktop")
    page.get_by_role("region", name="应用").get_by_role("link").first.click()
    page.get_by_role("heading", name="待办").wait_for()
    assert page.locator("h1").inner_text().split() == [name, role]
    browser.complaints.clear()  # the sandbox's own pages are tried in its own tests
    page.reload()
    browser.assert_fine()
    if (width == 375 and not dark) or (who == "member" and dark != (width == 1280)):
        browser.shoot(f"home-{who}{'-desktop' if width == 1280 else ''}{'-dark' if dark else ''}")


def test_somebody_outside_the_roster_is_told_whom_to_ask(tab, portal):
    portal.sandbox.seed(users=[{"userid": "LuoPang", "name": "罗旁", "department": [1]}])
    browser = tab()
    browser.page.goto(portal.sandbox.url)
    browser.page.get_by_role("button", name="罗旁").first.click()
    browser.page.get_by_role("region", name="应用").get_by_role("link").first.click()
    browser.page.get_by_role("heading", name="名册里还没有你").wait_for()
    browser.complaints.clear()
    browser.assert_fine()
    browser.shoot("sign-in-refused")


def test_the_choice_page_takes_a_password(tab, portal, cast, settings):
    settings.WECOM_SANDBOX_URL = ""
    cast.member.set_password("long-enough-1")
    cast.member.save()
    browser = tab().go("/me/")
    page = browser.page
    page.get_by_text("用学号和密码登录").click()
    browser.assert_fine()
    page.get_by_label("学号或工号").fill(cast.member.number)
    page.get_by_label("密码", exact=True).fill("wrong")
    page.get_by_role("button", name="登录").click()
    page.get_by_text("学号或密码不对").wait_for()
    browser.assert_fine()
    page.get_by_label("密码", exact=True).fill("long-enough-1")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(portal.url + "/me/")
