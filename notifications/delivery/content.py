"""A card as WeCom gets it."""

import uuid
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from notifications.catalogue import DIGEST_TITLE, TEXT_BYTES, cut
from notifications.models import Message, Recipient
from wecom import cards

DIGEST_LINK = "/notices/"


def card(rows: list[Recipient], call: uuid.UUID) -> dict:
    """What WeCom is to show for ``rows``, which all say the same: a card of its own, or a digest of several."""
    messages = list({row.message_id: row.message for row in rows}.values())
    if len(messages) > 1:
        return _digest(messages)
    message = messages[0]
    if message.entry.buttons:
        return _with_buttons(message, call)
    words = message.as_read
    return cards.text_card(words.title, words.text, address(message), button=message.entry.button)


def _digest(messages: list[Message]) -> dict:
    titles = "\n".join(message.as_read.title for message in messages)
    link = _absolute(DIGEST_LINK, messages[-1].pk)
    return cards.text_card(
        DIGEST_TITLE.format(count=len(messages)), cut(titles, TEXT_BYTES), link, button="去看看"
    )


def _with_buttons(message: Message, call: uuid.UUID) -> dict:
    """``task_id`` is the message's number and the call's, because WeCom wants a new one for every call."""
    words, link = message.as_read, address(message)
    return cards.button_card(
        words.title,
        words.text,
        url=link,
        task_id=f"{message.pk}@{call.hex}",
        rows=[cards.Row(key, value) for key, value in words.rows],
        buttons=[
            cards.Button(button.label, key=button.action, url="" if button.action else link)
            for button in message.entry.buttons
        ],
    )


def address(message: Message) -> str:
    """The full link of a card. The number of the message makes two messages with equal words two messages for
    WeCom, whose duplicate check would otherwise swallow the second.
    """
    return _absolute(message.link, message.pk)


def _absolute(link: str, number: int) -> str:
    parts = urlsplit(link)
    query = f"{parts.query}&m={number}" if parts.query else f"m={number}"
    return settings.SITE_URL + urlunsplit(parts._replace(query=query))
