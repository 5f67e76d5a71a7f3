"""A real Chromium before a real server, with the WeCom stand-in beside it.

Debian's browser is used as it is (``apt install chromium``). Without one these tests are left out with a line that
says so; ``REQUIRE_BROWSER=1`` makes that an error. ``SCREENSHOTS=1`` renews ``docs/screenshots``.
"""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import Client

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "node_modules/axe-core/axe.min.js"
SCREENSHOTS = ROOT / "docs/screenshots"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pytest_collection_modifyitems(config, items):
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.browser)
    if CHROMIUM or not ours:
        return
    hint = "没有找到 Chromium，浏览器测试没有运行。Debian/Ubuntu 上请装：apt install chromium"
    if os.environ.get("REQUIRE_BROWSER") == "1":
        raise pytest.UsageError(hint)
    config.get_terminal_writer().line(hint)
    config.hook.pytest_deselected(items=ours)
    items[:] = [item for item in items if item not in ours]


@pytest.fixture(scope="package")
def browser():
    """Ends with these tests: while Playwright's loop runs, Django keeps other connections for this thread, and a
    test that forks would speak over one that its parent still holds.
    """
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop runs in this thread; the database is used in it all the same, one call at a time.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def portal(live_server, sandbox, settings, cast):
    """The portal under its own address, known to the sandbox as the app's trusted domain."""
    settings.SITE_URL = live_server.url
    people = [cast.member, cast.teacher, cast.activist, cast.league]
    sandbox.seed(
        users=[{"userid": p.number, "name": p.name, "department": [1], "number": p.number} for p in people],
        featured=[{"userid": p.number, "label": p.role.label} for p in people],
    )
    sandbox.connect(live_server.url)
    return SimpleNamespace(url=live_server.url, sandbox=sandbox)


class Tab:
    """A page that remembers what went wrong on it."""

    def __init__(self, page, url):
        self.page = page
        self.url = url
        self.complaints = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message):
        # the status of a page that is meant to be a refusal is no complaint
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def go(self, path):
        self.page.goto(self.url + path)
        return self

    def violations(self, *, tags=()):
        """What axe finds against WCAG 2.2 A and AA and good practice, or against the rules with ``tags`` only."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        options = {"runOnly": {"type": "tag", "values": list(tags)}} if tags else {}
        found = self.page.evaluate("options => axe.run(document, options)", options)["violations"]
        return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]

    def shoot(self, name):
        """Renew ``docs/screenshots/<name>.png`` when asked to."""
        if os.environ.get("SCREENSHOTS") == "1":
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=SCREENSHOTS / f"{name}.png", scale="css")

    def assert_fine(self):
        """Accessible, inside the window, nothing refused by the policy and nothing broken."""
        assert self.violations() == []
        assert self.overhang() <= 0
        assert self.complaints == []

    def overhang(self):
        """Pixels by which the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.fixture
def tab(browser, portal):
    """``tab(person, width=375, dark=False, js=True)`` opens a browser, signed in as ``person`` if given."""
    contexts = []

    def open_tab(person=None, *, width=375, dark=False, js=True, **options):
        context = browser.new_context(
            viewport={"width": width, "height": 812 if width < 1024 else 832},
            color_scheme="dark" if dark else "light",
            device_scale_factor=2 if width < 1024 else 1,
            java_script_enabled=js,
            locale="zh-CN",
            **options,
        )
        contexts.append(context)
        if person:
            client = Client()
            client.force_login(person)
            key = client.cookies["session"].value
            context.add_cookies([{"name": "session", "value": key, "url": portal.url}])
        return Tab(context.new_page(), portal.url)

    yield open_tab
    for context in contexts:
        context.close()
