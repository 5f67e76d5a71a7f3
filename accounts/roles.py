"""The roles on screen. They follow from kind and stage and are computed here only, never typed."""

from django.db.models import TextChoices


class Kind(TextChoices):
    STUDENT = "student", "学生"
    TEACHER = "teacher", "教职工"


class Stage(TextChoices):
    """Where a person stands on the way into the party (``domain.md`` §2.3)."""

    MASS = "mass", "群众"
    LEAGUE_MEMBER = "league_member", "共青团员"
    APPLICANT = "applicant", "入党申请人"
    ACTIVIST = "activist", "入党积极分子"
    TARGET = "development_target", "发展对象"
    PROBATIONARY = "probationary_member", "预备党员"
    FULL = "full_member", "正式党员"


MEMBERS = frozenset({Stage.PROBATIONARY, Stage.FULL})
ACTIVISTS = frozenset({Stage.ACTIVIST, Stage.TARGET})


class Role(TextChoices):
    STUDENT_MEMBER = "student_member", "学生党员"
    TEACHER_MEMBER = "teacher_member", "教师党员"
    ACTIVIST = "activist", "入党积极分子"
    LEAGUE_MEMBER = "league_member", "普通共青团员"
    STAFF = "staff", "教职工"


def role_of(kind: str, stage: str) -> Role:
    """The role of a person of this kind at this stage.

    The four roles of the product, and 教职工 for staff outside the party, who hold offices but no role of study.
    """
    if stage in MEMBERS:
        return Role.TEACHER_MEMBER if kind == Kind.TEACHER else Role.STUDENT_MEMBER
    if stage in ACTIVISTS:
        return Role.ACTIVIST
    return Role.STAFF if kind == Kind.TEACHER else Role.LEAGUE_MEMBER
