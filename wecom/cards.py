"""The shapes of messages, cut to WeCom's limits (``wecom.md`` §4). What is too long loses its end, never the send.

A text card is limited in bytes, a template card in characters.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

LONGEST_TASK_ID = 128
_TASK_ID = re.compile(rf"[0-9A-Za-z_\-@]{{1,{LONGEST_TASK_ID}}}")
_NO_MARKUP = str.maketrans({"<": "＜", ">": "＞"})


@dataclass(frozen=True)
class Row:
    """A line "key: value" of a template card. With ``userid`` WeCom shows that member instead of a text."""

    key: str
    value: str = ""
    userid: str = ""

    def as_dict(self) -> dict:
        row = {"keyname": cut_characters(self.key, 5), "value": cut_characters(self.value, 30)}
        return row | ({"type": 3, "userid": self.userid} if self.userid else {})


@dataclass(frozen=True)
class Button:
    """A button of a card: ``url`` opens a page, without it a press comes back to us as event ``key``."""

    text: str
    key: str = ""
    url: str = ""
    is_primary: bool = False

    def as_dict(self) -> dict:
        button = {"text": cut_characters(self.text, 10), "style": 1 if self.is_primary else 4}
        return button | ({"type": 1, "url": self.url} if self.url else {"type": 0, "key": self.key})


def cut(text: str, size: int) -> str:
    """``text`` in at most ``size`` bytes of UTF-8, whole characters only, with "…" where something is missing."""
    if len(text.encode()) <= size:
        return text
    return text.encode()[: size - len("…".encode())].decode(errors="ignore") + "…"


def cut_characters(text: str, length: int) -> str:
    """``text`` in at most ``length`` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"


def text(content: str) -> dict:
    """A plain message, for chats."""
    return {"msgtype": "text", "text": {"content": cut(content, 2048)}}


def text_card(
    title: str, description: str, url: str, button: str = "查看", *, note: str = "", highlight: str = ""
) -> dict:
    """The ordinary notice: ``note`` stands grey above ``description``, ``highlight`` (a deadline) below it."""
    before, after = _line("gray", cut(note, 120)), _line("highlight", cut(highlight, 120))
    room = 512 - len((before + after + _line("normal", "-")).encode())
    words = (description or title).translate(_NO_MARKUP)
    return {
        "msgtype": "textcard",
        "textcard": {
            "title": cut(title, 128),
            "description": before + _line("normal", cut(words, room)) + after,
            "url": url,
            "btntxt": cut_characters(button, 4),
        },
    }


def notice_card(
    title: str,
    description: str = "",
    *,
    url: str,
    emphasis: tuple[str, str] = ("", ""),
    rows: Sequence[Row] = (),
    links: Sequence[tuple[str, str]] = (),
) -> dict:
    """A template card to read: ``emphasis`` is the large figure and what it means, ``links`` are (title, url)."""
    card = _card("text_notice", title, description, rows) | {"card_action": {"type": 1, "url": url}}
    if emphasis[0]:
        card["emphasis_content"] = {
            "title": cut_characters(emphasis[0], 14),
            "desc": cut_characters(emphasis[1], 22),
        }
    if links:
        card["jump_list"] = [
            {"type": 1, "title": cut_characters(name, 18), "url": address} for name, address in links[:3]
        ]
    return {"msgtype": "template_card", "template_card": card}


def button_card(
    title: str,
    description: str = "",
    *,
    url: str,
    task_id: str,
    buttons: Sequence[Button],
    rows: Sequence[Row] = (),
) -> dict:
    """A template card to answer. ``task_id`` is unique in the app and comes back with the pressed button's key."""
    if not _TASK_ID.fullmatch(task_id):
        raise ValueError("a task id is 1 to 128 letters, digits and _-@")
    if not 1 <= len(buttons) <= 6:
        raise ValueError("a card has 1 to 6 buttons")
    card = _card("button_interaction", title, description, rows) | {
        "task_id": task_id,
        "button_list": [button.as_dict() for button in buttons],
        "card_action": {"type": 1, "url": url},
    }
    return {"msgtype": "template_card", "template_card": card}


def _card(kind: str, title: str, description: str, rows: Sequence[Row]) -> dict:
    card: dict = {
        "card_type": kind,
        "source": {"desc": cut_characters(settings.SITE_NAME, 20), "desc_color": 0},
        "main_title": {"title": cut_characters(title, 36), "desc": cut_characters(description, 44)},
    }
    if rows:
        card["horizontal_content_list"] = [row.as_dict() for row in rows[:6]]
    return card


def _line(style: str, words: str) -> str:
    return f'<div class="{style}">{words.translate(_NO_MARKUP)}</div>' if words else ""
