"""Rosters to take away, in the columns and the order of the school's own sheets (``domain.md`` §3.3, C18)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from import_export.fields import Field
from import_export.resources import ModelResource

from accounts.models import CultivationContact, StageChange, User
from accounts.roles import ACTIVISTS, MEMBERS, Stage
from accounts.roster.columns import BY_KEY, COLUMNS
from accounts.roster.person import stand
from accounts.roster.sheets import csv_bytes, xlsx_bytes

CHUNK = 1000  # people


@dataclass(frozen=True)
class Form:
    """A sheet: its name, whom it lists, its columns in order."""

    label: str
    stages: frozenset[Stage] | None
    columns: tuple[str, ...]


FORMS = {
    "roster": Form("名册（可再导入）", None, tuple(column.key for column in COLUMNS)),
    "members": Form(
        "党员花名册",
        MEMBERS,
        (
            "name", "number", "gender", "birth_month", "grade", "major", "class_name",
            "joined_on", "confirmed_on", "party", "group", "remark",
        ),
    ),
    "activists": Form(
        "入党积极分子备案表",
        ACTIVISTS,
        (
            "name", "number", "gender", "birth_month", "class_name",
            "applied_on", "chosen_on", "first_contact", "second_contact", "party", "remark",
        ),
    ),
    "applicants": Form(
        "入党申请人花名册",
        frozenset({Stage.APPLICANT}),
        ("name", "number", "class_name", "applied_on", "party", "remark"),
    ),
}  # fmt: skip
STAGE_DATES = {
    "applied_on": Stage.APPLICANT,
    "chosen_on": Stage.ACTIVIST,
    "joined_on": Stage.PROBATIONARY,
    "confirmed_on": Stage.FULL,
}
LABELS = {key: column.label for key, column in BY_KEY.items()} | {
    "applied_on": "申请时间",
    "chosen_on": "确定积极分子时间",
    "joined_on": "入党时间",
    "confirmed_on": "转正时间",
    "first_contact": "培养联系人一",
    "second_contact": "培养联系人二",
    "remark": "备注",
}
SENSITIVE = frozenset(key for key, column in BY_KEY.items() if column.is_sensitive)


def _field(key: str) -> Field:
    return Field(attribute=key, column_name=LABELS[key])


class RosterExport(ModelResource):
    """A person as one line. ``prepare`` attaches what is not a field of the person."""

    class Meta:
        model = User
        fields = ()

    def __init__(self) -> None:
        super().__init__()
        self.fields = {key: _field(key) for key in LABELS}

    def prepare(self, people: list[Any]) -> None:
        stand(people)
        by_pk = {person.pk: person for person in people}
        for person in people:
            person.__dict__.update(dict.fromkeys([*STAGE_DATES, "first_contact", "second_contact", "remark"]))
            person.building = person.room.building if person.room else None
        keys = {stage.value: key for key, stage in STAGE_DATES.items()}
        changes = (
            StageChange.objects.valid().filter(person__in=by_pk, stage__in=keys).order_by("effective_on")
        )
        for change in changes:
            setattr(by_pk[change.person_id], keys[change.stage], change.effective_on)
        contacts = CultivationContact.objects.current().filter(activist__in=by_pk).select_related("contact")
        for contact in contacts:
            seat = "first_contact" if contact.seat == 1 else "second_contact"
            setattr(by_pk[contact.activist_id], seat, contact.contact.name)

    def export_field(self, field, instance, **kwargs):
        value = field.get_value(instance)
        return _WORDS.get(field.attribute, _text)(value) if value not in (None, "") else ""


def _text(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)


_WORDS: dict[str, Any] = {
    "kind": lambda value: "教职工" if value == "teacher" else "学生",
    "gender": lambda value: str(User.Gender(value).label),
    "stage": lambda value: str(Stage(value).label),
    "birth_month": lambda value: f"{value:%Y-%m}",
    "room": lambda value: value.name,
}


def columns_of(form: Form, *, sensitive: bool) -> list[str]:
    """The columns of a form; sensitive ones only when they are asked for."""
    return [key for key in form.columns if sensitive or key not in SENSITIVE]


def lines(people: QuerySet[User], columns: list[str]) -> Iterable[list[Any]]:
    """The exported lines, a chunk of people at a time."""
    resource = RosterExport()
    last = ""
    while chunk := list(people.filter(number__gt=last).order_by("number")[:CHUNK]):
        resource.prepare(chunk)
        yield from resource.export(chunk, export_fields=columns)
        last = chunk[-1].number


def exported(
    *, form: Form, people: QuerySet[User], columns: list[str], watermark: str, now: datetime, as_csv: bool
) -> bytes:
    """The file: watermark, headings, one line per person by number."""
    headings = [LABELS[key] for key in columns]
    rows = lines(people, columns)
    if as_csv:
        return csv_bytes(watermark=watermark, headings=headings, rows=rows)
    title = form.label.partition("（")[0]
    return xlsx_bytes(title=title, watermark=watermark, headings=headings, rows=rows, now=now)
