"""The plain words of the HTML that other programs put into their questions."""

from html.parser import HTMLParser

_BLOCKS = {"p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"}
_SILENT = {"script", "style", "head"}
# what would change the meaning if only its words stayed
_REFUSED = dict.fromkeys(("img", "picture", "svg", "canvas"), "图片") | {
    "audio": "音频",
    "video": "视频",
    "iframe": "嵌入的网页",
    "object": "嵌入的文件",
    "embed": "嵌入的文件",
    "table": "表格",
    "math": "公式",
    "sub": "下标",
    "sup": "上标",
}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.refused = ""
        self.silent = 0

    def handle_starttag(self, tag, attrs):
        self.refused = self.refused or _REFUSED.get(tag, "")
        self.silent += tag in _SILENT
        if tag == "br" or tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag):
        self.silent = max(0, self.silent - (tag in _SILENT))
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data):
        if not self.silent:
            self.parts.append(data)


def words(html: str) -> tuple[str, str]:
    """The words, one block a line, and what the HTML holds besides words (empty when nothing)."""
    parser = _Words()
    parser.feed(html)
    parser.close()
    lines = [" ".join(line.split()) for line in "".join(parser.parts).split("\n")]
    return "\n".join(line for line in lines if line), parser.refused
