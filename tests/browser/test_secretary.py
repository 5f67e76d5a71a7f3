"""A branch secretary comes from the workbench into the back office and imports a roster."""

import pytest

from accounts.actions import roster as actions
from accounts.models import RosterImport, User
from tests.accounts.roster.conftest import workbook
from tests.accounts.roster.test_story import line
from tests.granting import grant

NUMBER = "2026990101"
# The frame of the back office is unfold's and has no main landmark, which is good practice but no criterion.
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


@pytest.fixture
def secretary(cast, org, portal, monkeypatch):
    """The probationary member of the cast, with the office; nobody works the queue but the test."""
    monkeypatch.setattr("celery.app.base.Celery.send_task", lambda *args, **options: None)
    grant(cast.probationary, "secretary", org.a1)
    person = cast.probationary
    portal.sandbox.seed(
        users=[{"userid": person.number, "name": person.name, "department": [1], "number": person.number}],
        featured=[{"userid": person.number, "label": "支部书记"}],
    )
    return person


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_secretary_imports_a_roster(tab, portal, secretary, width, dark, tmp_path):
    browser = tab(width=width, dark=dark)
    page = browser.page
    page.goto(portal.sandbox.url)
    page.get_by_role("list", name="推荐的人").get_by_role("button", name=secretary.name).click()
    page.get_by_role("region", name="应用").get_by_role("link").first.click()
    page.get_by_role("heading", name="待办").wait_for()
    browser.complaints.clear()

    browser.go("/admin/")
    page.get_by_text("本月，我的支部").first.wait_for()
    assert browser.violations(tags=WCAG) == []
    assert browser.overhang() <= 0
    if not dark:
        browser.shoot(f"admin-{width}")

    file = tmp_path / "名册.xlsx"
    file.write_bytes(workbook([line(NUMBER), line("2026990102", "云大海", 出生年月="x")]))
    browser.go("/admin/accounts/rosterimport/do/upload/")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("form button[type=submit]").last.click()
    page.get_by_text("正在核对", exact=True).wait_for()
    actions.check_roster(RosterImport.objects.get().pk)
    page.get_by_text("还没有写入").first.wait_for()
    page.get_by_text("第 3 行").first.wait_for()
    assert browser.violations(tags=WCAG) == []
    assert browser.overhang() <= 0
    if not dark:
        browser.shoot(f"roster-{width}")

    roster = RosterImport.objects.get()
    browser.go(f"/admin/accounts/rosterimport/{roster.pk}/do/confirm/")
    page.locator("input[name=only_good]").check()
    page.locator("form button[type=submit]").last.click()
    actions.apply_roster(roster.pk)
    page.get_by_text("已写入").first.wait_for()
    assert User.objects.get(number=NUMBER).memberships.get().branch.name == "本科生第一党支部"
    assert browser.complaints == []
