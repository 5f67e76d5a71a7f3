"""Every sentence the portal can say."""

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from notifications import catalogue, handbook
from notifications.catalogue import KINDS, Level, render
from notifications.models import Message

# Nothing a person over somebody's shoulder should learn (domain.md C15).
TELLTALE = ("党员", "积极分子", "预备", "发展对象", "团员", "转正", "入党", "群众", "政治面貌")
PERSONAL = {"name", "person", "student", "member", "who", "score", "topic"}
LONG = {
    "title": "学习贯彻二十届四中全会精神专题读书会暨主题党日活动" * 3,
    "place": "三号学生公寓一层会客室" * 8,
}


def words(kind: str) -> dict[str, str]:
    return {name: LONG.get(name, "12 月 31 日 周三 19:00–20:30") for name in KINDS[kind].placeholders}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_fits_into_wecom(kind):
    entry, said = KINDS[kind], render(kind, words(kind))
    assert 0 < len(said.title.encode()) <= 128
    assert len(said.text.encode()) <= 512
    assert "{" not in said.title + said.text
    assert len(entry.button) <= 4
    assert all(len(button.label) <= 10 for button in entry.buttons)
    assert all(len(key) <= 5 for key, _ in entry.rows)
    if entry.buttons:
        assert len(entry.title) <= 36
        assert len(entry.text) <= 44


@pytest.mark.parametrize("kind", KINDS)
def test_no_sentence_says_what_a_person_is(kind):
    entry = KINDS[kind]
    said = entry.title + entry.text + "".join(key for key, _ in entry.rows)
    assert not [word for word in TELLTALE if word in said]
    assert not entry.placeholders & PERSONAL
    assert not set("!！亲您") & set(said)


@pytest.mark.parametrize("kind", KINDS)
def test_titles_are_short(kind):
    assert len(catalogue._PLACEHOLDER.sub("", KINDS[kind].title)) <= 14


def test_only_what_is_urgent_may_disturb_the_night():
    assert {name for name, kind in KINDS.items() if kind.level == Level.NOW} == {"account_bound"}
    assert all(kind.goes_into_digest for kind in KINDS.values() if kind.level == Level.INFO)


@given(st.text(max_size=300))
def test_whatever_is_filled_in_is_printed_as_it_is(text):
    said = render("meeting_cancelled", {"title": text, "when": "{title}"})
    assert said.title == catalogue.cut("会议取消了：" + text, 128)
    assert said.text == "原定 {title}。"


def test_names_fit_the_column():
    assert max(map(len, KINDS)) <= Message._meta.get_field("kind").max_length


def test_the_page_about_messages_is_true():
    page = (settings.BASE_DIR / "docs" / "messages.md").read_text(encoding="utf-8")
    assert page == handbook.text(), "run: manage.py document_messages"
