"""The columns of the roster: what they are called, in the template and in the tables people already have."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from accounts.roster.text import header_name


@dataclass(frozen=True)
class Column:
    """One column. ``names`` are further headings it is recognised by, the likelier first.

    ``is_sensitive`` columns stay out of an export unless they are asked for (``domain.md`` C18).
    """

    key: str
    label: str
    hint: str
    example: str
    names: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    is_sensitive: bool = False
    is_date: bool = False

    @property
    def headings(self) -> tuple[str, ...]:
        return tuple(header_name(name) for name in (self.label, *self.names))


COLUMNS = (
    Column(
        "number",
        "学号或工号",
        "必填。用来认人，一人一行。",
        "2026990101",
        ("学号", "工号", "学号/工号", "学工号", "学生学号", "教工号", "职工号", "人员编号", "编号"),
    ),
    Column("name", "姓名", "新增的人必填。", "云小溪", ("学生姓名", "教工姓名", "名字")),
    Column(
        "kind",
        "类别",
        "学生或教职工。不写按学生。",
        "学生",
        ("人员类别", "人员类型", "身份"),
        choices=("学生", "教职工"),
    ),
    Column("gender", "性别", "男或女。", "女", choices=("男", "女")),
    Column(
        "birth_month",
        "出生年月",
        "写到月，例如 2007-05。",
        "2007-05",
        ("出生日期", "生日", "出生时间"),
        is_sensitive=True,
        is_date=True,
    ),
    Column("grade", "年级", "入学年份，例如 2026。", "2026", ("入学年级", "入学年份", "所在年级")),
    Column("major", "专业", "", "会计学", ("专业名称", "所学专业")),
    Column("class_name", "班级", "", "会计 2601", ("行政班", "班级名称", "所在班级")),
    Column(
        "party",
        "党支部",
        "平台里的支部名称，要一字不差。",
        "",
        ("所在党支部", "所在支部", "所属党支部", "党组织", "支部"),
    ),
    Column("group", "党小组", "党支部里的小组名称。", "", ("所在党小组", "所属党小组")),
    Column("league", "团支部", "平台里的团支部名称。", "", ("所在团支部", "所属团支部")),
    Column(
        "stage",
        "发展阶段",
        "变了才写，并写明阶段日期。",
        "共青团员",
        ("阶段", "当前阶段", "政治面貌"),
        choices=("群众", "共青团员", "入党申请人", "入党积极分子", "发展对象", "预备党员", "正式党员"),
    ),
    Column(
        "stage_on",
        "阶段日期",
        "进入这个阶段的日子，写到日，例如 2026-09-15。",
        "2026-09-15",
        ("阶段时间", "进入阶段日期", "进入本阶段日期", "阶段生效日期"),
        is_date=True,
    ),
    Column("building", "宿舍楼", "宿舍三列要写就都写。", "", ("楼栋", "宿舍楼栋", "公寓"), is_sensitive=True),
    Column("room", "房间", "", "", ("房间号", "寝室", "寝室号", "宿舍号"), is_sensitive=True),
    Column("bed", "床位", "1 到 12。", "", ("床号", "床位号"), is_sensitive=True),
)
BY_KEY = {column.key: column for column in COLUMNS}
_HEADINGS = {heading: column for column in COLUMNS for heading in column.headings}

ID_NUMBER_REASON = "平台不收身份证号，也用不着。请删掉这一列再上传。"
_ID_HEADING = re.compile(r"身份证|证件号|公民身份|身份号码|idcard|idnumber|idno$")


def is_id_heading(text: str) -> bool:
    """Whether a heading announces identity numbers, which the portal never takes (``domain.md`` C4)."""
    return bool(_ID_HEADING.search(header_name(text)))


def recognise(headings: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """Which column stands where: key → position, and the keys that two headings claim with equal right.

    The label itself beats a likely synonym, which beats an unlikely one: beside “学号”, “编号” is a mere count.
    """
    best: dict[str, tuple[int, int]] = {}
    doubled: list[str] = []
    for position, text in enumerate(headings):
        heading = header_name(text)
        column = _HEADINGS.get(heading)
        if column is None:
            continue
        rank = column.headings.index(heading)
        known = best.get(column.key)
        if known and known[0] == rank:
            doubled.append(column.key)
        if known is None or rank < known[0]:
            best[column.key] = (rank, position)
    return {key: position for key, (_, position) in best.items()}, doubled
