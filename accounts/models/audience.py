"""Whom something is for: a filter over people that content, quizzes and activities share."""

import hashlib
import json
from collections.abc import Iterable

from django.db import models
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.models.branch import AROUND, Branch
from accounts.models.user import User

HOLDING = f"""{AROUND}
    SELECT audience.id
    FROM accounts_audience audience
    JOIN accounts_audience_branches place ON place.audience_id = audience.id
    WHERE place.branch_id IN (SELECT id FROM around)
        AND (audience.roles = '' OR audience.roles LIKE %s)
        AND (audience.stages = '' OR audience.stages LIKE %s)
        AND (audience.grades = '' OR audience.grades LIKE %s)
"""  # noqa: S608 - constant text


def holding_parameters(person) -> list:
    """What ``HOLDING``, the keys of the audiences ``person`` belongs to today, is asked with."""
    today = timezone.localdate()
    criteria = [f"%|{value}|%" for value in (person.role, person.stage, person.grade or "")]
    return [person.pk, today, today, *criteria]


class AudienceQuerySet(models.QuerySet):
    def holding(self, person):
        """The audiences ``person`` belongs to today. A subquery, to be used inside other querysets.

        Written out, because every page of a learner asks it and Django would spend more on building it than the
        database on answering.
        """
        holding = RawSQL(HOLDING, holding_parameters(person))  # noqa: S611 - constant text, bound parameters
        return self.filter(pk__in=holding)


class AudienceManager(models.Manager.from_queryset(AudienceQuerySet)):  # type: ignore[misc]
    def obtain(
        self,
        branches: Iterable[Branch],
        *,
        roles: Iterable[str] = (),
        stages: Iterable[str] = (),
        grades: Iterable[int] = (),
    ) -> "Audience":
        """The one audience with these criteria, made when it is new. Called inside the caller's transaction."""
        branches = sorted(branches, key=lambda branch: branch.pk)
        packed = {"roles": _pack(roles), "stages": _pack(stages), "grades": _pack(grades)}
        criteria = json.dumps([[branch.pk for branch in branches], packed])
        fingerprint = hashlib.sha256(criteria.encode()).hexdigest()
        audience, created = self.get_or_create(fingerprint=fingerprint, defaults=packed)
        if created:
            audience.branches.set(branches)
        return audience


class Audience(models.Model):
    """People of ``branches`` and everything below them who fit all criteria; an empty criterion fits everybody.

    A value: rows are never changed, and there is one row for each set of criteria, so that what was published
    for some people cannot quietly become something for others. Who belongs to it follows from today's facts.
    """

    branches = models.ManyToManyField(Branch, verbose_name="组织", related_name="audiences")
    roles = models.CharField("身份", max_length=200, blank=True)
    stages = models.CharField("发展阶段", max_length=200, blank=True)
    grades = models.CharField("年级", max_length=200, blank=True)
    fingerprint = models.CharField("条件摘要", max_length=64, unique=True, editable=False)

    objects = AudienceManager()

    class Meta:
        verbose_name = verbose_name_plural = "对象范围"
        default_permissions = ()

    def __str__(self) -> str:
        return self.describe()

    def people(self):
        """The active people who belong to it today."""
        people = User.objects.active().in_branches(Branch.objects.subtree(*self.branches.all()))
        if self.roles:
            people = people.with_roles(_unpack(self.roles))
        if self.stages:
            people = people.filter(stage__in=_unpack(self.stages))
        if self.grades:
            people = people.filter(grade__in=_unpack(self.grades))
        return people

    @property
    def criteria(self) -> dict[str, list[str]]:
        """The values of ``roles``, ``stages`` and ``grades``; an empty list fits everybody."""
        return {name: _unpack(getattr(self, name)) for name in ("roles", "stages", "grades")}

    def describe(self) -> str:
        """Such as “商学院党委 · 学生党员、入党积极分子 · 2024 级”."""
        from accounts.roles import Role, Stage

        parts = ["、".join(branch.name for branch in self.branches.all())]
        parts += ["、".join(Role(value).label for value in _unpack(self.roles))]
        parts += ["、".join(Stage(value).label for value in _unpack(self.stages))]
        parts += ["、".join(f"{value} 级" for value in _unpack(self.grades))]
        return " · ".join(part for part in parts if part)


def _pack(values: Iterable[object]) -> str:
    """Values as one text in which ``|value|`` can be looked for on every database."""
    found = sorted({str(value) for value in values})
    return f"|{'|'.join(found)}|" if found else ""


def _unpack(text: str) -> list[str]:
    return text.strip("|").split("|") if text else []
