"""Every page of the back office speaks Chinese: no English word is left in what a person can read."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import User
from core.admin import PortalAdmin
from tests.security.test_admin_scope import add_to_branch

# Names of products, of kinds and sizes of files, and of a key.
ALLOWED = {"WeCom", "Excel", "CSV", "csv", "xlsx", "MB", "esc"}
# names of file formats and programs, and an answer such as “ABD”
ALLOWED |= {"PDF", "Word", "Moodle", "GIFT", "Aiken", "XML", "txt", "ABD"}
SHOWN = {"placeholder", "title", "aria-label", "alt", "data-label", "value"}
SILENT = {"script", "style", "template"}


class Words(HTMLParser):
    """Collects the text a page shows: its nodes and the attributes that browsers read out or display."""

    def __init__(self):
        super().__init__()
        self.texts = []
        self.silent = 0
        self.drawn = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.silent += tag in SILENT
        for name, value in attrs:
            hidden = name == "value" and (tag, given.get("type")) not in {
                ("input", "submit"),
                ("input", "button"),
            }
            if name in SHOWN and value and not hidden:
                self.texts.append(value)
        self.drawn = given.get("class") or ""

    def handle_endtag(self, tag):
        self.silent -= tag in SILENT

    def handle_data(self, data):
        if not self.silent and "material-symbols" not in self.drawn:
            self.texts.append(data)


def english(html):
    words = Words()
    words.feed(html)
    found = {word for text in words.texts for word in re.findall(r"[A-Za-z]{2,}", text)}
    return found - ALLOWED


@pytest.fixture
def pages(org, cast):
    """Addresses of every list, every row of A1, every form behind a button, and the pages around them."""
    rows = add_to_branch(org.a1, "OWN")
    found = ["/admin/", "/admin/password_change/"]
    for page in admin.site._registry.values():
        if not isinstance(page, PortalAdmin):
            continue
        found.append(reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist"))
        found.append(found[-1] + "?q=zzzz")
        found += [page.step_url(step) for step in page.list_steps]
        for row in rows:
            if type(row) is page.model:
                found.append(page.page_url(row))
                found += [page.step_url(step, row) for step in page.row_steps]
    return found


def test_no_english_word_on_any_page(client, pages, cast):
    boss = User.objects.create_superuser("1", "超级管理员", "x")
    client.force_login(boss)
    opened, left = 0, {}
    for address in pages:
        answer = client.get(address)
        if answer.status_code == 200:
            opened += 1
            html = re.sub(r"OWN-[\w.-]*|OWN\.action( accounts\.user:\d+)?", "", answer.content.decode())
            if found := english(html):
                left[address] = found
    assert opened > 40
    assert set().union(*left.values()) == set(), left
