"""What a cell means. Each function takes a cell (``accounts.roster.table``) and returns a value, or raises
``ValueError`` with a sentence for people. What could mean two things is an error, never a guess.
"""

import calendar
import re
from datetime import date
from unicodedata import category, normalize

from accounts.roles import Kind, Stage
from accounts.roster.columns import ID_NUMBER_REASON
from accounts.roster.limits import MAX_TEXT
from accounts.roster.table import Cell, looks_like_id_number
from accounts.roster.text import plain, squeezed

_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_\-]{2,39}")
_DOTS = re.compile(r"\s*[·•・‧∙⋅．•●]\s*")
_HAN_SPACE = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")
_ENDINGS_OF_A_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:0?0:00(?::00)?)?")

KINDS = dict.fromkeys(
    ("学生", "本科生", "研究生", "硕士生", "博士生", "student"), Kind.STUDENT
) | dict.fromkeys(("教职工", "教师", "老师", "职工", "教工", "辅导员", "teacher"), Kind.TEACHER)
GENDERS = {"男": "male", "男性": "male", "M": "male", "女": "female", "女性": "female", "F": "female"}
STAGES = {
    "群众": Stage.MASS,
    "共青团员": Stage.LEAGUE_MEMBER,
    "中国共产主义青年团团员": Stage.LEAGUE_MEMBER,
    "团员": Stage.LEAGUE_MEMBER,
    "入党申请人": Stage.APPLICANT,
    "申请人": Stage.APPLICANT,
    "入党积极分子": Stage.ACTIVIST,
    "积极分子": Stage.ACTIVIST,
    "发展对象": Stage.TARGET,
    "预备党员": Stage.PROBATIONARY,
    "中共预备党员": Stage.PROBATIONARY,
    "正式党员": Stage.FULL,
    "中共正式党员": Stage.FULL,
    "中共党员": Stage.FULL,
}


def is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not squeezed(cell))


def text_of(cell: Cell) -> str:
    """The text of a cell, with whole numbers written out. Refuses Excel's errors and empty formulas."""
    if isinstance(cell, dict):
        if "e" in cell:
            raise ValueError(f"单元格里是 Excel 的错误 {cell['e']}。")
        if "f" in cell:
            raise ValueError("这是公式，而且没有保存结果。请复制成数值再上传。")
        return cell["d"]
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    text = plain(str(cell))
    if len(text) > MAX_TEXT:
        raise ValueError(f"内容有 {len(text)} 个字，太长了。")
    return text


def number(cell: Cell) -> str:
    """A student or staff number."""
    text = squeezed(text_of(cell))
    if isinstance(cell, int | float):
        return _number_from_number(cell, text)
    if isinstance(cell, dict):
        raise ValueError("学号变成了日期。请把这一列设成文本，重新填写。")  # noqa: TRY004 - the machine collects these
    if _SCIENTIFIC.fullmatch(text):
        raise ValueError("学号被 Excel 改成了科学计数（如 1.2E+11）。请把这一列设成文本，重新填写。")
    _refuse_id_number(text)
    if not _NUMBER.fullmatch(text):
        raise ValueError("学号或工号只能是 3 到 40 位字母和数字。")
    return text


def _number_from_number(cell: float, text: str) -> str:
    if not isinstance(cell, int) and cell != int(cell):
        raise ValueError("学号里有小数点。请把这一列设成文本，重新填写。")
    if len(text) > 15:
        raise ValueError(f"超过 15 位的数字在 Excel 里会丢掉后几位。如果是身份证号：{ID_NUMBER_REASON}")
    if len(text) >= 11 and text.endswith("000000"):
        raise ValueError("学号像是被科学计数丢掉了后几位。请把这一列设成文本，重新填写。")
    _refuse_id_number(text)
    if not _NUMBER.fullmatch(text):
        raise ValueError("学号或工号只能是 3 到 40 位字母和数字。")
    return text


def _refuse_id_number(text: str) -> None:
    if looks_like_id_number(text):
        raise ValueError("这像是身份证号。平台不收身份证号，请填学号或工号。")


def name(cell: Cell) -> str:
    """A person's name: rare characters stay, middle dots become “·”, spaces between Chinese go."""
    if isinstance(cell, int | float) or (isinstance(cell, dict) and "d" in cell):
        raise ValueError("姓名是数字或日期，请检查这一列。")
    text = normalize("NFC", _DOTS.sub("·", _HAN_SPACE.sub("", text_of(cell))))
    if len(text) > 60:
        raise ValueError("姓名超过 60 个字。")
    if re.search(r"\d", text):
        raise ValueError("姓名里有数字，请检查。")
    if "?" in text or "�" in text or any(category(character) == "Co" for character in text):
        raise ValueError("姓名里有显示不出来的字（自造字或问号）。请改用通用的字。")
    return text


def words(cell: Cell) -> str:
    """A short free text such as a major or a class."""
    text = text_of(cell)
    if len(text) > 60:
        raise ValueError("超过 60 个字。")
    if looks_like_id_number(text):
        raise ValueError("这像是身份证号。平台不收身份证号。")
    return text


def kind(cell: Cell) -> str:
    return _choice(cell, KINDS, "写学生或教职工")


def gender(cell: Cell) -> str:
    return _choice(cell, GENDERS, "写男或女")


def stage(cell: Cell) -> str:
    if squeezed(text_of(cell)) == "党员":
        raise ValueError("“党员”不够清楚，请写预备党员或正式党员。")
    return _choice(cell, STAGES, "请写群众、共青团员、入党申请人、入党积极分子、发展对象、预备党员或正式党员")


def _choice(cell: Cell, options: dict, advice: str) -> str:
    text = squeezed(text_of(cell))
    if text not in options:
        raise ValueError(f"“{text[:12]}”看不懂，{advice}。")
    return str(options[text])


def grade(cell: Cell) -> int:
    """The year of entering: 2026, “2026级”, “26级”."""
    found = re.fullmatch(r"(?:(20\d\d|19\d\d)|(\d\d)(?=级))级?", squeezed(text_of(cell)))
    year = int(found[1] or f"20{found[2]}") if found else 0
    if not 1980 <= year <= date.today().year + 1:  # noqa: DTZ011 - a plausible year, whatever the hour
        raise ValueError("年级要写入学年份，例如 2026。")
    return year


def bed(cell: Cell) -> int:
    found = re.fullmatch(r"(\d{1,2})(?:号?床?|床)", squeezed(text_of(cell)))
    if not found or not 1 <= int(found[1]) <= 12:
        raise ValueError("床位要写 1 到 12 的数字。")
    return int(found[1])


def day(cell: Cell) -> date:
    """A day: a real date, 2024-09-01, 2024/9/1, 2024.9.1, 2024年9月1日 or 20240901."""
    if isinstance(cell, float):
        raise ValueError("只写到了月，请写到日，例如 2026-09-15。")  # noqa: TRY004 - the machine collects these
    text = squeezed(text_of(cell))
    if found := _DAY.fullmatch(text) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text):
        return _date(*map(int, found.groups()[:3]))
    if _ENDINGS_OF_A_MONTH.fullmatch(text) or re.fullmatch(r"\d{6}|\d{4}年?", text):
        raise ValueError("请写到日，例如 2026-09-15。")
    raise ValueError(f"“{text[:16]}”分不清年月日，请写成 2026-09-15 的样子。")


def month(cell: Cell) -> date:
    """The first day of a month, from a day or from 2024-09, 2024.9, 2024年9月, 202409."""
    if isinstance(cell, float) and cell != int(cell):
        return _month_from_float(cell)
    text = squeezed(text_of(cell))
    if found := _ENDINGS_OF_A_MONTH.fullmatch(text) or re.fullmatch(r"(\d{4})(\d{2})", text):
        return _date(int(found[1]), int(found[2]), 1)
    if re.fullmatch(r"\d{4}年?", text):
        raise ValueError("只写到了年，请写到月，例如 2007-05。")
    try:
        return day(cell).replace(day=1)
    except ValueError as error:
        raise ValueError(f"“{text[:16]}”分不清年月，请写成 2007-05 的样子。") from error


def _month_from_float(cell: float) -> date:
    """2024.9 as a number is September; 2024.1 may have been 2024.10, whose zero Excel drops."""
    year, _, fraction = f"{cell:.4f}".rstrip("0").partition(".")
    if fraction == "1":
        raise ValueError(f"{year}.1 分不清是 1 月还是 10 月。请写成 {year}-01 或 {year}-10。")
    return _date(int(year), int(fraction), 1)


def _date(year: int, month_number: int, day_number: int) -> date:
    if not 1920 <= year <= 2100:
        raise ValueError(f"{year} 年不对，请检查。")
    if not 1 <= month_number <= 12 or not 1 <= day_number <= calendar.monthrange(year, month_number)[1]:
        raise ValueError(f"没有 {year} 年 {month_number} 月 {day_number} 日这一天。")
    return date(year, month_number, day_number)
