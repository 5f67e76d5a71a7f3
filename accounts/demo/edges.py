"""The people who break simple assumptions (``domain.md`` §8.1, "edge persons")."""

import datetime as dt

from accounts.demo.people import People
from accounts.models import StageChange, User
from accounts.roles import Stage


def shape(people: People, today: dt.date) -> dict[str, User]:
    """Turn ordinary demo people into the edge cases; returns them by what they are for."""
    by_stage: dict[str, list[User]] = {}
    for person in people.students:
        by_stage.setdefault(person.stage, []).append(person)
    seniors = [
        person for person in by_stage[Stage.FULL] if person.grade == min(p.grade for p in people.students)
    ]
    return {
        "名字很长": _rename(by_stage[Stage.ACTIVIST][3], "阿依古丽·买买提"),
        "生僻字": _rename(by_stage[Stage.ACTIVIST][7], "沈㛃"),
        "四字节生僻字": _rename(by_stage[Stage.APPLICANT][5], "周𬱖"),
        "同名一": _rename(by_stage[Stage.ACTIVIST][11], "李文博"),
        "同名二": _rename(by_stage[Stage.LEAGUE_MEMBER][11], "李文博"),
        "未满十八岁的申请人": _underage(by_stage[Stage.APPLICANT][-1], today),
        "预备期二十天后到期": _restart(
            people, by_stage[Stage.PROBATIONARY][0], today + dt.timedelta(days=20)
        ),
        "延长预备期": _restart(people, by_stage[Stage.PROBATIONARY][1], today - dt.timedelta(days=120)),
        "外校转入的积极分子": _moved_in(people, by_stage[Stage.ACTIVIST][19], today),
        "两个月后离校": _leaving(seniors[0], today + dt.timedelta(days=60)),
        "六月毕业的联系人": _leaving(seniors[1], dt.date(today.year + (today.month > 6), 6, 30)),
    }


def _rename(person: User, name: str) -> User:
    person.name = name
    return person


def _underage(person: User, today: dt.date) -> User:
    person.birth_month = dt.date(today.year - 17, 1, 1)
    return person


def _leaving(person: User, day: dt.date) -> User:
    person.left_on = day
    return person


def _restart(people: People, person: User, probation_ends: dt.date) -> User:
    """Probation that ends on the given day: one year after it began."""
    _shift(people, person, Stage.PROBATIONARY, probation_ends.replace(year=probation_ends.year - 1))
    return person


def _moved_in(people: People, person: User, today: dt.date) -> User:
    """Seven months of cultivation elsewhere count on (Art 12)."""
    fact = _shift(people, person, Stage.ACTIVIST, today - dt.timedelta(days=215))
    fact.evidence_note = "原学校党组织出具的培养考察材料，转入时已核对"
    return person


def _shift(people: People, person: User, stage: Stage, day: dt.date) -> StageChange:
    """Move the whole history of ``person`` so that ``stage`` begins on ``day``; returns that fact."""
    facts = [change for change in people.changes if change.person is person]
    fact = next(change for change in facts if change.stage == stage)
    by = day - fact.effective_on
    for change in facts:
        change.effective_on += by
    return fact
