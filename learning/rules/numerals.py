"""Chinese numerals and digits as one spelling, so that 两, 二 and 2 are the same answer.

Read strictly: only what is a whole number from its first to its last character is one. 三会一课, 二百五, 七一 and 千万
are words, not numbers.
"""

import re

_DIGITS = {word: digit for digit, word in enumerate("零一二三四五六七八九")} | {"两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}

_D = "[一二两三四五六七八九]"
_TENS = f"(?:{_D}?十|廿|卅){_D}?"
_HUNDREDS = f"{_D}百(?:零{_D}|{_TENS})?"
_THOUSANDS = f"{_D}千(?:零(?:{_TENS}|{_D})|{_HUNDREDS})?"
_SECTION = f"(?:{_THOUSANDS}|{_HUNDREDS}|{_TENS}|{_D})"
_SPOKEN = re.compile(f"零|{_SECTION}(?:万(?:{_THOUSANDS}|零(?:{_HUNDREDS}|{_TENS}|{_D}))?)?")
_YEAR = re.compile("[零一二三四五六七八九]{4}")
_WRITTEN = re.compile(r"([+-]?)([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?")


def as_number(text: str) -> str | None:
    """The one spelling of a number: 一百零五 → 105, 二〇二六 → 2026, 0.20 → 0.2; None for what is not a number.

    Digits keep any length: nothing is rounded.
    """
    if match := _WRITTEN.fullmatch(text):
        return _spelt(match[1], match[2].replace(",", ""), match[3] or "")
    words = text.replace("〇", "零").replace("○", "零")
    whole, point, fraction = words.partition("点")
    if point and not (fraction and all(word in _DIGITS for word in fraction)):
        return None
    if (value := _whole(whole)) is None:
        return None
    return _spelt("", value, "".join(str(_DIGITS[word]) for word in fraction))


def _whole(words: str) -> str | None:
    if _SPOKEN.fullmatch(words):
        return str(_value(words.replace("廿", "二十").replace("卅", "三十")))
    if _YEAR.fullmatch(words):
        return "".join(str(_DIGITS[word]) for word in words)
    return None


def _value(words: str) -> int:
    total = section = digit = 0
    for word in words:
        if word == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        elif word in _UNITS:
            section, digit = section + (digit or 1) * _UNITS[word], 0
        else:
            digit = _DIGITS[word]
    return total + section + digit


def _spelt(sign: str, whole: str, fraction: str) -> str:
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    value = f"{whole}.{fraction}" if fraction else whole
    return f"-{value}" if sign == "-" and value != "0" else value
