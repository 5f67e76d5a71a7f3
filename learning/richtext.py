"""Rich text: what may stand in it, how it is shown, its plain words and its paragraphs.

Text is cleaned when it is saved and again when it is shown, so that a row written around the application is as
harmless as any other.
"""

import re
from collections.abc import Mapping
from html import unescape
from uuid import UUID

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

TAGS = {
    "p", "br", "strong", "em", "h2", "h3", "ul", "ol", "li", "blockquote", "a", "img", "figure", "figcaption",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "th": {"colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
OWN_PICTURE = re.compile(r"/learning/media/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")

_BLOCK = re.compile(r"<(p|h2|h3|li|blockquote|figcaption|th|td)\b([^>]*)>")
_TAG = re.compile(r"<[^>]*>")
_PICTURE = re.compile(r"<img\b[^>]*>")


def clean_html(html: str) -> str:
    """``html`` with everything removed that is not plain structure, a link or a picture of our own."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer",
    )


def shown(html: str) -> SafeString:
    """``html`` for a page: cleaned, each block with an id ``p1``, ``p2`` … to link to."""
    numbers = iter(range(1, html.count("<") + 1))
    return mark_safe(_BLOCK.sub(lambda tag: f'<{tag[1]} id="p{next(numbers)}"{tag[2]}>', clean_html(html)))  # noqa: S308


def paragraphs(html: str) -> list[str]:
    """The plain words of each block, in the order of the ids that ``shown`` gives them."""
    return [_words(block) for block in _BLOCK.split(clean_html(html))[3::3]]


def plain_text(html: str) -> str:
    """All words, one block a line: what search looks through and reading time is counted from."""
    return "\n".join(text for text in paragraphs(html) if text)


def pictures(html: str) -> set[UUID]:
    """The keys of our own pictures that stand in it."""
    tags = _PICTURE.findall(clean_html(html))
    return {UUID(found[1]) for found in map(OWN_PICTURE.search, tags) if found}


def with_alternatives(html: str, alternatives: Mapping[UUID, str]) -> str:
    """Cleaned ``html`` in which every picture says what it shows: its own words, else those of ``alternatives``.

    A picture that lost its address to the cleaning goes altogether.
    """

    def described(tag: re.Match) -> str:
        found = OWN_PICTURE.search(tag[0])
        if not found:
            return ""
        if re.search(r' alt="[^"]', tag[0]):
            return tag[0]
        return f'<img src="{found[0]}" alt="{escape(alternatives.get(UUID(found[1]), ""))}">'

    return _PICTURE.sub(described, clean_html(html))


def _keep(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src":
        return value if OWN_PICTURE.fullmatch(value) else None
    return value


def _words(html: str) -> str:
    return unescape(_TAG.sub("", html.replace("<br>", "\n"))).strip()
