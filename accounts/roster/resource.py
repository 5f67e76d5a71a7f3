"""The roster as an import-export resource: cells become values on a person, errors are collected per field.

It only plans. What it finds is stored as rows and written by ``accounts.actions.roster``, so nothing here saves.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import ModelResource
from import_export.widgets import Widget

from accounts.models import DormRoom, RoomAssignment, User
from accounts.roles import Kind, Stage
from accounts.roster import values
from accounts.roster.facts import Facts, bed_of
from accounts.roster.person import EMPTY, picture, stand
from accounts.roster.scope import OUTSIDE, Scope
from accounts.roster.text import squeezed
from accounts.rules import can_change_identity, is_minor

ORDER = [stage.value for stage in Stage]
UNDATED = {Stage.MASS, Stage.LEAGUE_MEMBER}


class Reads(Widget):
    """A widget that reads a cell with one function of ``accounts.roster.values``."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self.read = read

    def clean(self, value, row=None, **kwargs):
        return self.read(value)


def _field(key: str, read: Callable[[Any], Any]) -> Field:
    return Field(attribute=key, column_name=key, widget=Reads(read))


class KnownPeople(BaseInstanceLoader):
    """People loaded beforehand, a chunk at a time, by ``RosterResource.prepare``."""

    def get_instance(self, row):
        return self.resource.known.get(row["number_read"])


class RosterResource(ModelResource):
    number = _field("number", values.number)
    name = _field("name", values.name)
    kind = _field("kind", values.kind)
    gender = _field("gender", values.gender)
    birth_month = _field("birth_month", values.month)
    grade = _field("grade", values.grade)
    major = _field("major", values.words)
    class_name = _field("class_name", values.words)

    class Meta:
        model = User
        fields = ("number", "name", "kind", "gender", "birth_month", "grade", "major", "class_name")
        import_id_fields = ("number",)
        instance_loader_class = KnownPeople
        use_bulk = True
        skip_diff = True
        store_instance = True
        report_skipped = True

    def __init__(self, scope: Scope, facts: Facts, default_branch=None) -> None:
        super().__init__()
        self.scope, self.facts, self.default_branch = scope, facts, default_branch
        self.known: dict[str, User] = {}
        self.foreign: set[str] = set()
        self.homonyms: dict[str, str] = {}
        self.beds: dict[tuple[int, int], str] = {}
        self.rooms: dict[tuple[str, ...], DormRoom] = {}

    # --- before the rows -----------------------------------------------------------------------------------

    def prepare(self, numbers: set[str]) -> None:
        """Load all that the next rows need, by a fixed number of queries."""
        self.known, self.foreign = self.scope.people(numbers | {f"0{number}" for number in numbers})
        stand(self.known.values())

    def before_import(self, dataset, **kwargs):
        numbers, names = set(), set()
        for row in dataset.dict:
            row_number, row_name = _quiet(values.number, row["number"]), _quiet(values.name, row.get("name"))
            numbers.add(row_number)
            names.add(row_name)
        self.prepare(numbers - {""})
        branches = list(self.scope.branches)
        homonyms = User.objects.filter(name__in=names - {""}).in_branches(branches)
        self.homonyms = dict(homonyms.values_list("name", "number"))
        if "building" in dataset.headers and self.scope.may_house_anybody:
            self._prepare_beds(dataset.dict)

    def _prepare_beds(self, rows) -> None:
        wanted = {bed[:2] for row in rows if (bed := bed_of(row))}
        rooms = DormRoom.objects.filter(building__name__in={building for building, _ in wanted})
        self.rooms = {
            (room.building.name, room.name): room
            for room in rooms.filter(name__in={name for _, name in wanted}).select_related("building")
        }
        taken = RoomAssignment.objects.current().filter(room__in=self.rooms.values())
        self.beds = {
            (room, bed): number for room, bed, number in taken.values_list("room", "bed", "person__number")
        }

    # --- one row -------------------------------------------------------------------------------------------

    def before_import_row(self, row, **kwargs):
        row["number_read"] = _quiet(values.number, row["number"])

    def after_init_instance(self, instance, new, row, **kwargs):
        if new:
            instance.__dict__.update(EMPTY)
        instance.before = {} if new else picture(instance)
        instance.remarks, instance.attention = [], False

    def import_field(self, field, instance, row, is_m2m=False, **kwargs):
        """An empty cell changes nothing: the roster never takes away."""
        if not values.is_blank(row.get(field.column_name)):
            super().import_field(field, instance, row, is_m2m, **kwargs)

    def import_instance(self, instance, row, **kwargs):
        errors: dict[str, list[str]] = {}
        try:
            super().import_instance(instance, row, **kwargs)
        except ValidationError as error:
            errors = error.message_dict
        self._settle(instance, row, errors)
        if errors:
            raise ValidationError(errors)

    def skip_row(self, instance, original, row, import_validation_errors=None):
        return not import_validation_errors and instance.before == picture(instance)

    def save_instance(self, instance, is_create, row, **kwargs):
        """Nothing: planning does not write."""

    # --- what concerns more than one cell ------------------------------------------------------------------

    def _settle(self, person: Any, row: dict, errors: dict[str, list[str]]) -> None:
        if "number" not in errors:
            self._check_number(row, errors)
        for check in (self._settle_new, self._settle_branches, self._settle_stage, self._settle_bed):
            check(person, row, errors)
        # Somebody else's person has gone through the same checks as a new one: a line that fails anyway
        # looks the same whether or not the person exists.
        if row["number_read"] in self.foreign and not errors:
            errors["number"] = [OUTSIDE]
        self._remark(person, row)

    def _check_number(self, row, errors) -> None:
        number = row["number_read"]
        if not number:
            errors["number"] = ["没有写学号或工号。"]
            return
        lines = self.facts.lines[number]
        if len(lines) > 1:
            others = "、".join(str(line) for line in lines if line != row["line"])
            errors["number"] = [f"和第 {others} 行是同一个学号或工号，请只留一行。"]
        elif isinstance(row["number"], int | float) and (
            len(number) < self.facts.usual_length or f"0{number}" in self.known
        ):
            errors["number"] = ["可能丢了开头的 0。请把这一列设成文本，重新填写。"]

    def _settle_new(self, person, row, errors) -> None:
        if person.pk:
            kind_changes = person.before["kind"] != person.kind
            if kind_changes and not can_change_identity(self.scope.by, person):
                errors["kind"] = ["这位同志担任的职务不由你任免，类别请上级修改。"]
            return
        if not person.name and "name" not in errors:
            errors["name"] = ["新增的人要写姓名。"]
        if person.kind == Kind.TEACHER and values.is_blank(row.get("stage")):
            person.stage = Stage.MASS
        person.stage_on = timezone.localdate()

    def _settle_branches(self, person, row, errors) -> None:
        before = {side: getattr(person, side) for side in ("party", "group", "league")}
        self._settle_branch(person, "party", row, errors)
        if not person.party and not person.pk and not errors.keys() & {"party"}:
            person.party = self.default_branch
        self._settle_branch(person, "league", row, errors)
        self._settle_branch(person, "group", row, errors, parent=person.party)
        if person.group and person.party and person.group.parent_id != person.party.pk:
            person.group = None
        if (
            not person.pk
            and not person.party
            and not person.league
            and not errors.keys() & {"party", "league"}
        ):
            errors["party"] = ["新增的人要写党支部，或者上传时选一个默认的支部。"]
        if person.pk:
            self._check_moves(person, before, errors)

    def _check_moves(self, person, before, errors) -> None:
        moved = [side for side, old in before.items() if getattr(person, side) != old]
        for side in moved:
            old, new = before[side], getattr(person, side)
            if person.left_on and person.left_on <= timezone.localdate():
                errors[side] = ["这位同志已经离校，不能编进支部。"]
            elif side != "group" and old and not self.scope.may_move(old, new):
                errors[side] = ["换支部要由上级党组织办理，名册里请保持原来的支部。"]
        if "party" in moved and before["party"]:
            _attend(
                person,
                "换了支部：在原支部的职务、党小组和谈话小组会同时结束，撤销导入也不会恢复职务和谈话小组。",
            )

    def _settle_branch(self, person, side, row, errors, parent=None) -> None:
        cell = row.get(side)
        if values.is_blank(cell):
            return
        try:
            text = values.text_of(cell)
            current = getattr(person, side)
            if current is None or squeezed(current.name) != squeezed(text):
                setattr(person, side, self.scope.branch(side, text, parent))
        except ValueError as error:
            errors[side] = [str(error)]

    def _settle_stage(self, person, row, errors) -> None:
        old = person.before.get("stage")
        old_day = person.stage_on if old else None
        stage = self._read(values.stage, "stage", row, errors)
        day = self._read(values.day, "stage_on", row, errors)
        if errors.keys() & {"stage", "stage_on"} or not (stage or day):
            return
        stage = stage or old or person.stage
        problem = _stage_problem(stage, day, old, old_day, is_self=person.pk == self.scope.by.pk)
        if stage != old and stage not in UNDATED and is_minor(person, timezone.localdate()):
            errors["stage"] = ["未满 18 周岁，还不能提出入党申请。"]
        elif problem:
            errors[problem[0]] = [problem[1]]
        elif stage == old and old_day and day and day != old_day:
            _attend(person, f"阶段日期已登记为 {old_day:%Y-%m-%d}，名册不改它；要更正请到人员页。")
        else:
            person.stage, person.stage_on = stage, day or person.stage_on
            self._remark_stage(person, old)

    def _settle_bed(self, person, row, errors) -> None:
        given = [not values.is_blank(row.get(key)) for key in ("building", "room", "bed")]
        if not any(given) or not self.scope.may_house_anybody:
            return
        if not all(given):
            errors["room"] = ["宿舍楼、房间、床位要一起写。"]
            return
        bed = self._read(values.bed, "bed", row, errors)
        key = bed_of(row)
        room = self.rooms.get(key[:2]) if key else None
        if room is None:
            errors["room"] = ["没有登记过这个寝室，请核对宿舍楼和房间的写法。"]
        elif bed:
            self._take_bed(person, room, bed, row, errors)

    def _take_bed(self, person, room, bed, row, errors) -> None:
        if (person.room, person.bed) == (room, bed):
            return
        taken_by = self.beds.get((room.pk, bed))
        claims = self.facts.beds[bed_of(row) or ()]
        if not person.gender or not person.is_active:
            errors["room"] = ["先登记性别，再安排床位。" if person.is_active else "这位同志已经停用或离校。"]
        elif not self.scope.may_house(person.party):
            errors["room"] = ["这个支部的宿舍要由上级党组织登记。"]
        elif bed > room.beds:
            errors["bed"] = [f"这间寝室只有 {room.beds} 张床。"]
        elif len(claims) > 1:
            errors["bed"] = [f"第 {'、'.join(map(str, claims))} 行写了同一个床位。"]
        elif (taken_by and taken_by not in self.facts.moving) or _wrong_house(person, room):
            errors["bed"] = ["这个床位已经有人住。" if taken_by else "这间寝室不住这个性别的人。"]
        else:
            person.room, person.bed = room, bed

    def _read(self, read, key, row, errors):
        if values.is_blank(row.get(key)):
            return None
        try:
            return read(row[key])
        except ValueError as error:
            errors[key] = [str(error)]
            return None

    def _remark(self, person, row) -> None:
        lines = [line for line in self.facts.homonyms.get(person.name, []) if line != row["line"]]
        if lines:
            person.remarks.append(f"第 {'、'.join(map(str, lines[:5]))} 行有同名的人。")
        known = self.homonyms.get(person.name)
        if not person.pk and known and known != person.number:
            _attend(person, f"名册里已有同名的人，学号 {known}。请确认不是同一个人。")

    def _remark_stage(self, person, old) -> None:
        if person.pk and ORDER.index(person.stage) - ORDER.index(old) > 1:
            _attend(person, "跳过了中间的阶段，那些阶段的日期可以以后到人员页补登。")
        if person.stage_on and person.stage not in UNDATED and is_minor(person, person.stage_on):
            _attend(person, "按出生年月，这一天还不满 18 周岁。")


def _stage_problem(stage, day, old, old_day, *, is_self: bool) -> tuple[str, str] | None:
    """Why this stage cannot be recorded from a roster: column and sentence."""
    if stage == old:
        return None
    if is_self:
        return "stage", "自己的发展阶段要由支部或上级组织登记。"
    if day is None:
        return None if not old and stage in UNDATED else ("stage_on", "写了新的发展阶段，就要写阶段日期。")
    if day > timezone.localdate():
        return "stage_on", "阶段日期还没有到。"
    if old and ORDER.index(stage) < ORDER.index(old):
        return "stage", f"现在登记的是{Stage(old).label}，往回改请到人员页办理。"
    if old_day and day <= old_day:
        return "stage_on", f"要晚于现在这个阶段的日期 {old_day:%Y-%m-%d}；补登以前的阶段请到人员页。"
    return None


def _attend(person, sentence: str) -> None:
    person.attention = True
    person.remarks.append(sentence)


def _wrong_house(person, room) -> bool:
    wanted = {"male": "men", "female": "women"}.get(person.gender)
    return bool(wanted) and room.residents != wanted


def _quiet(read, cell) -> str:
    try:
        return "" if values.is_blank(cell) else read(cell)
    except ValueError:
        return ""
