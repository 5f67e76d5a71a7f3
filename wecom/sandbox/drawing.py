"""Drawing message texts: the few tags and marks WeCom knows, everything else escaped."""

import re
from html.parser import HTMLParser

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

CLASSES = {"gray", "normal", "highlight"}
COLOURS = {"info", "comment", "warning"}


class _Cleaner(HTMLParser):
    """Keeps texts, line breaks, ``div`` with WeCom's classes and links to web pages."""

    def __init__(self, *, blocks: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks = blocks
        self.parts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        href = given.get("href") or ""
        if tag == "br":
            self.parts.append("<br>")
        elif tag == "a" and href.startswith(("http://", "https://")):
            self._start("a", format_html('<a href="{}">', href))
        elif tag == "div" and self.blocks:
            name = given.get("class") if given.get("class") in CLASSES else "normal"
            self._start("p", format_html('<p class="t-{}">', name))

    def _start(self, tag: str, text: str) -> None:
        self.parts.append(text)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        name = {"a": "a", "div": "p"}.get(tag)
        if name and name in self.open:
            while True:
                last = self.open.pop()
                self.parts.append(f"</{last}>")
                if last == name:
                    return

    def handle_data(self, data: str) -> None:
        self.parts.append(escape(data).replace("\n", "<br>"))

    def result(self) -> SafeString:
        self.close()
        self.parts += [f"</{tag}>" for tag in reversed(self.open)]
        return mark_safe("".join(self.parts))  # noqa: S308


def cleaned(text: str, *, blocks: bool) -> SafeString:
    cleaner = _Cleaner(blocks=blocks)
    cleaner.feed(text or "")
    return cleaner.result()


def markdown(text: str) -> SafeString:
    """WeCom's small markdown: headings, bold, links, code, quotes, three colours."""
    return mark_safe("".join(_line(line) for line in (text or "").splitlines()))  # noqa: S308


def _line(line: str) -> str:
    if heading := re.match(r"#{1,6}\s+(.*)", line):
        return f'<p class="t-head">{_inline(heading[1])}</p>'
    if line.startswith(">"):
        return f'<p class="t-quote">{_inline(line[1:].strip())}</p>'
    return f"<p>{_inline(line) or '&nbsp;'}</p>"


def _inline(text: str) -> str:
    text = str(escape(text))
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"`(.+?)`", r"<code>\1</code>", text)
    text = re.sub(r"\[(.+?)\]\((https?://[^\s)]+)\)", r'<a href="\2">\1</a>', text)
    colours = "|".join(COLOURS)
    return re.sub(
        rf"&lt;font color=&quot;({colours})&quot;&gt;(.*?)&lt;/font&gt;",
        r'<span class="t-\1">\2</span>',
        text,
    )


def plain(text: str) -> str:
    """A text without tags and marks, for one line of preview."""
    text = re.sub(r"<[^>]*>", "", text)
    text = re.sub(r"\[(.+?)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[#>*`]+", " ", text).split())
