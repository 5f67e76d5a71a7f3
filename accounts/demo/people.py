"""3,000 students of 商学院 with the stages of a real college (``domain.md`` §8.1), and the staff around them."""

import datetime as dt
import random
from collections import defaultdict

from accounts.demo.names import Names
from accounts.demo.organisation import MAJORS, MASTERS, BranchPlan
from accounts.models import StageChange, User
from accounts.roles import Kind, Stage

COLLEGE_CODE = "05"
STUDENTS = 3000
ACTIVISTS, TARGETS, APPLICANTS = 430, 70, 700
CLASSES_PER_MAJOR = 3
UNDERGRADUATE_CLASS, MASTER_CLASS = 55, 40
LADDER = [Stage.APPLICANT, Stage.ACTIVIST, Stage.TARGET, Stage.PROBATIONARY, Stage.FULL]


def classes(year: int) -> dict[str, tuple[int, str, str]]:
    """Class name → (grade, major, class code), four undergraduate years and three of master students."""
    found = {}
    for grade in range(year - 3, year + 1):
        for index, (major, number) in enumerate(
            (m, n) for m in MAJORS for n in range(1, CLASSES_PER_MAJOR + 1)
        ):
            found[f"{grade} 级{major} {number} 班"] = (grade, major, f"{index + 1:02}")
    for grade in range(year - 2, year + 1):
        for index, major in enumerate(MASTERS):
            found[f"{grade} 级{major}班"] = (grade, major, f"{index + 21:02}")
    return found


class People:
    """Makes people in memory; ``load`` writes them."""

    def __init__(self, rng: random.Random, today: dt.date) -> None:
        self.rng, self.today, self.names = rng, today, Names(rng)
        self.students: list[User] = []
        self.changes: list[StageChange] = []
        self.party_branch: dict[str, str] = {}  # number → name of the party branch
        self.pool: dict[tuple[int, str], list[User]] = defaultdict(list)

    def enrol(self, rooms_in_class: dict[str, tuple[int, str, str]]) -> None:
        """Fill the classes until the college has its 3,000 students."""
        serials: dict[str, int] = defaultdict(int)
        names = list(rooms_in_class)
        while len(self.students) < STUDENTS:
            for name in names:
                grade, major, code = rooms_in_class[name]
                limit = MASTER_CLASS if major in MASTERS else UNDERGRADUATE_CLASS
                if serials[name] < limit and len(self.students) < STUDENTS:
                    serials[name] += 1
                    self._enrol_one(name, grade, major, f"{grade}{COLLEGE_CODE}{code}{serials[name]:02}")
        self.students.sort(key=lambda person: person.number)

    def _enrol_one(self, class_name: str, grade: int, major: str, number: str) -> None:
        gender = User.Gender.FEMALE if self.rng.random() < 0.52 else User.Gender.MALE
        age = 22 if major in MASTERS else 18
        person = User(
            number=number,
            name=self.names.next(gender),
            gender=gender,
            grade=grade,
            major=major,
            class_name=class_name,
            birth_month=dt.date(grade - age, self.rng.randint(1, 8), 1),
            stage=Stage.LEAGUE_MEMBER,
            is_demo=True,
        )
        person.set_unusable_password()
        self.students.append(person)
        self.pool[grade, major].append(person)

    def raise_to(self, person: User, stage: Stage, branch: str, *, on: dt.date | None = None) -> None:
        """Put ``person`` at ``stage`` since ``on`` with every step before it at a believable distance."""
        self.party_branch[person.number] = branch
        person.stage = stage
        day = on or self.today - dt.timedelta(days=self.rng.randint(20, 260))
        gaps = {
            Stage.FULL: 365,
            Stage.PROBATIONARY: 45,
            Stage.TARGET: 380,
            Stage.ACTIVIST: 150,
            Stage.APPLICANT: 0,
        }
        for step in reversed(LADDER[: LADDER.index(stage) + 1]):
            self.changes.append(
                StageChange(
                    person=person,
                    stage=step,
                    effective_on=day,
                    branch_name=branch,
                    evidence=StageChange.Evidence.PAPER,
                )
            )
            day -= dt.timedelta(days=gaps[step] + self.rng.randint(0, 25))
        eighteen_before = dt.date(day.year - 18, 1, 1)
        person.birth_month = min(person.birth_month, eighteen_before)

    def take(self, plan: BranchPlan, count: int) -> list[User]:
        """``count`` people of the branch's grades and majors who stand nowhere yet."""
        free = [
            person
            for grade in plan.grades
            for major in plan.majors
            for person in self.pool[grade, major]
            if person.number not in self.party_branch
        ]
        return self.rng.sample(free, min(count, len(free)))

    def recruit(self, plans: list[BranchPlan]) -> None:
        """Members by plan; activists, targets and applicants in proportion to the members who look after them."""
        for plan in plans:
            for person in self.take(plan, plan.full):
                self.raise_to(person, Stage.FULL, plan.name)
            for person in self.take(plan, plan.probationary):
                self.raise_to(person, Stage.PROBATIONARY, plan.name)
        carers = [plan for plan in plans if plan.full > 2]
        for stage, total in (
            (Stage.TARGET, TARGETS),
            (Stage.ACTIVIST, ACTIVISTS),
            (Stage.APPLICANT, APPLICANTS),
        ):
            self._spread(stage, total, carers)

    def _spread(self, stage: Stage, total: int, plans: list[BranchPlan]) -> None:
        weights = [plan.full + plan.probationary for plan in plans]
        while total > 0:
            before = total
            for plan, weight in zip(plans, weights, strict=True):
                share = max(1, total * weight // sum(weights))
                for person in self.take(plan, min(share, total)):
                    self.raise_to(person, stage, plan.name)
                    total -= 1
            if total == before:
                raise RuntimeError(f"the demo classes hold too few people for {stage}")

    def hire(self, number: str, name: str, stage: Stage, branch: str) -> User:
        """A teacher; those in the party belong to ``branch``."""
        person = User(
            number=number,
            name=name,
            kind=Kind.TEACHER,
            gender=self.rng.choice(["male", "female"]),
            stage=stage,
            is_demo=True,
        )
        person.birth_month = dt.date(self.rng.randint(1970, 1994), self.rng.randint(1, 12), 1)
        person.set_unusable_password()
        self.names.taken.add(name)
        if stage == Stage.FULL:
            self.raise_to(person, stage, branch, on=dt.date(2010 + self.rng.randint(0, 9), 6, 20))
        return person
