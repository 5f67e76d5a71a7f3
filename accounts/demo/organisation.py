"""The tree of 云溪大学: one college in full, four others small enough to be "the others"."""

import datetime as dt
from dataclasses import dataclass

from accounts.models import Branch, BranchRecord

FOUNDED = dt.date(2019, 9, 1)
MAJORS = ["会计学", "电子商务", "国际经济与贸易", "金融学"]
MASTERS = ["会计硕士", "工商管理", "应用经济学"]


@dataclass(frozen=True)
class BranchPlan:
    """A student branch: whom it takes in, and how many full and probationary members it has."""

    name: str
    full: int
    probationary: int
    grades: tuple[int, ...]
    majors: tuple[str, ...]
    subtype: str = Branch.Subtype.SINGLE


def student_branches(year: int) -> list[BranchPlan]:
    """The 17 student branches of 商学院 in the academic year that begins in ``year``.

    Their sizes exercise O-1 and O-3: one with 2 full members, one with 3, one with 6, one with 7.
    """
    senior, third, second, first = year - 3, year - 2, year - 1, year
    joint, temporary = Branch.Subtype.JOINT, Branch.Subtype.TEMPORARY
    every = tuple(MAJORS)
    graduate = (year - 2, year - 1, year)
    return [
        BranchPlan("本科生第一党支部", 22, 5, (senior,), (MAJORS[0],)),
        BranchPlan("本科生第二党支部", 20, 4, (senior,), (MAJORS[1],)),
        BranchPlan("本科生第三党支部", 18, 4, (senior,), (MAJORS[2],)),
        BranchPlan("本科生第四党支部", 21, 5, (senior,), (MAJORS[3],)),
        BranchPlan("本科生第五党支部", 16, 5, (third,), (MAJORS[0],)),
        BranchPlan("本科生第六党支部", 15, 4, (third,), (MAJORS[1],)),
        BranchPlan("本科生第七党支部", 14, 5, (third,), (MAJORS[2], MAJORS[3]), joint),
        BranchPlan("本科生第八党支部", 7, 6, (second,), every, joint),
        BranchPlan("本科生第九党支部", 3, 0, (first,), every, joint),
        BranchPlan("研究生第一党支部", 22, 5, graduate, (MASTERS[0],)),
        BranchPlan("研究生第二党支部", 20, 4, graduate, (MASTERS[1],)),
        BranchPlan("研究生第三党支部", 16, 3, graduate[1:], (MASTERS[2],)),
        BranchPlan("研究生第四党支部", 15, 3, graduate[:1], (MASTERS[2],)),
        BranchPlan("研究生第五党支部", 6, 2, graduate, tuple(MASTERS), joint),
        BranchPlan("学生社区“桂苑”党支部", 13, 3, (third, second), every),
        BranchPlan("学生社区“榕园”党支部", 10, 2, (third, second), every),
        BranchPlan("实习临时党支部", 2, 0, (senior,), every, temporary),
    ]


STAFF_BRANCHES = ["教工第一党支部", "教工第二党支部", "教工第三党支部"]
OTHER_COLLEGES = {
    "计算机学院党委": "计算机学院学生党支部",
    "外国语学院党委": "英语系学生党支部",
    "土木工程学院党委": "土木工程学院学生党支部",
    "生命科学学院党委": "生命科学学院学生党支部",
}


class Tree:
    """Opens demo branches and remembers them by name."""

    def __init__(self) -> None:
        self.by_name: dict[str, Branch] = {}

    def open(self, name: str, kind: str, parent: str = "", subtype: str = Branch.Subtype.SINGLE) -> Branch:
        branch = Branch.objects.create(
            name=name,
            kind=kind,
            subtype=subtype,
            parent=self.by_name.get(parent),
            position=len(self.by_name) + 1,
            since=FOUNDED,
            wecom_department_id=len(self.by_name) + 1,
            is_demo=True,
        )
        BranchRecord.objects.create(branch=branch, parent=branch.parent, name=name, kind=kind, since=FOUNDED)
        self.by_name[name] = branch
        return branch

    def __getitem__(self, name: str) -> Branch:
        return self.by_name[name]


def open_organisation(year: int, classes: list[str]) -> Tree:
    """Open every branch; ``classes`` become the League branches."""
    tree, kinds = Tree(), Branch.Kind
    tree.open("云溪大学党委", kinds.UNIVERSITY)
    tree.open("党委组织部", kinds.OFFICE, "云溪大学党委")
    tree.open("商学院党委", kinds.COLLEGE, "云溪大学党委")
    for plan in student_branches(year):
        tree.open(plan.name, kinds.BRANCH, "商学院党委", plan.subtype)
    for name in STAFF_BRANCHES:
        tree.open(name, kinds.BRANCH, "商学院党委")
    for college, branch in OTHER_COLLEGES.items():
        tree.open(college, kinds.COLLEGE, "云溪大学党委")
        tree.open(branch, kinds.BRANCH, college)
    tree.open("云溪大学团委", kinds.LEAGUE_COMMITTEE, "云溪大学党委")
    tree.open("商学院团委", kinds.LEAGUE_GENERAL, "云溪大学团委")
    for name in classes:
        tree.open(f"{name}团支部", kinds.LEAGUE_BRANCH, "商学院团委")
    return tree
