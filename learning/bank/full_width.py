"""Signs of GIFT that a Chinese input method has made wide: ｛ ＝ ～ ｝ ： ＃ (``targets.md`` B2).

They become the signs they were meant to be where that is certain, and are refused where it is not. In a file that
we wrote they are words, which its first line says.
"""

import re

SIGNS = "｛｝＝～＃：％"
LITERAL = "这个文件里的全角符号都是文字"

_TITLE = re.compile(r"\s*[:：]{2}(.*?)[:：]{2}", re.DOTALL)
_WORD = re.compile(r"\s*([ＴＦＲＵＥＡＬＳｔｆｒｕｅａｌｓ]+)\s*(?=[#＃]|$)")
_BEGINNING = re.compile(r"(^|\s|｛)([＝～])")


class Ambiguous(Exception):
    """It cannot be told whether a wide sign is a sign or a word."""

    def __init__(self, place: int, text: str) -> None:
        super().__init__(text)
        self.place = place


def normalised(text: str) -> str:
    """One question with its wide signs narrowed; as long as before. Raises ``Ambiguous``."""
    text = _title(text)
    text = _braces(text)
    opened = text.find("{")
    closed = text.find("}", opened)
    if opened < 0 or closed < 0:
        return text
    return text[: opened + 1] + _body(text[opened + 1 : closed], opened + 1) + text[closed:]


def _title(text: str) -> str:
    match = _TITLE.match(text)
    if not match or re.match(r"\s*::.*?::", text, re.DOTALL):
        return text
    whole = match[0]
    start = len(whole) - len(whole.lstrip())
    return whole[:start] + "::" + whole[start + 2 : -2] + "::" + text[match.end() :]


def _braces(text: str) -> str:
    wide = re.search("[｛｝]", text)
    if not wide:
        return text
    if "{" in text and "}" in text:
        raise Ambiguous(
            wide.start(), "半角和全角的大括号都有，分不清哪一对里是答案。文字里的请写成“\\｛”“\\｝”。"
        )
    return text.replace("｛", "{").replace("｝", "}")


def _body(body: str, place: int) -> str:
    if match := _WORD.match(body):
        word = match[1].translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})
        body = body[: match.start(1)] + word + body[match.end(1) :]
    body = _BEGINNING.sub(lambda sign: sign[1] + {"＝": "=", "～": "~"}[sign[2]], body)
    body = re.sub(r"(?<=[=~])[%％]([-－]?[\d.０-９]+)[%％]", lambda share: f"%{_digits(share[1])}%", body)
    for wide, narrow in (("＝", "="), ("～", "~")):
        if wide in body and narrow not in body:
            raise Ambiguous(
                place + body.index(wide),
                f"答案里有全角的“{wide}”。是选项的标记请改成半角“{narrow}”，是文字请写成“\\{wide}”。",
            )
    return body.replace("＃", "#").replace("－＞", "->")


def _digits(text: str) -> str:
    return text.translate({0xFF0D: "-"} | {0xFF10 + digit: str(digit) for digit in range(10)})
