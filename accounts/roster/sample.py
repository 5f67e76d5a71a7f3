"""Invented rosters of any size, for measuring and for trying out."""

import io

from openpyxl import Workbook

from accounts.roster.columns import COLUMNS

_FAMILY = "云溪江河林木山石田禾"
_GIVEN = "安宁和平知行致远明德思齐"


def workbook(rows: int, *, branch: str, number: int = 2_026_900_000) -> bytes:
    """An xlsx roster of ``rows`` invented students of one branch, numbered from ``number``. No real persons."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("名册")
    sheet.append([column.label for column in COLUMNS])
    for place in range(rows):
        sheet.append(_line(place, str(number + place), branch))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _line(place: int, number: str, branch: str) -> list:
    name = _FAMILY[place % 10] + _GIVEN[place // 10 % 12] + _GIVEN[place // 120 % 12]
    gender = "女" if place % 2 else "男"
    stage, day = ("入党申请人", "2026-09-15") if place % 3 == 0 else ("共青团员", None)
    birth = f"2007-{place % 8 + 1:02d}"
    return [
        number, name, "学生", gender, birth, 2026, "会计学", f"会计 26{place % 40 + 1:02d}",
        branch, None, None, stage, day, None, None, None,
    ]  # fmt: skip
