"""Write the demo university, and take it away again."""

import datetime as dt
import json
import random
from collections import defaultdict

from django.conf import settings
from django.db import transaction
from django.db.models import PROTECT, ForeignObjectRel, Model, QuerySet
from django.utils import timezone

from accounts.actions.offices import refresh_rights
from accounts.demo import cultivation, dormitories, edges
from accounts.demo.organisation import (
    OTHER_COLLEGES,
    STAFF_BRANCHES,
    Tree,
    open_organisation,
    student_branches,
)
from accounts.demo.people import People, classes
from accounts.models import (
    Branch,
    CultivationContact,
    DormBuilding,
    Membership,
    Office,
    StageChange,
    TalkGroup,
    TalkGroupMember,
    User,
    WeComIdentity,
)
from accounts.roles import Kind, Stage
from notifications.models import Message, QuietHours, Recipient

SEED = 20170901
BATCH = 500
STAFF = [
    ("T05001", "陈守正"), ("T05002", "林海棠"), ("T05003", "许怀远"), ("T05004", "周敏行"), ("T05005", "沈知微"),
    ("T05006", "郑明德"), ("T05007", "何若谷"), ("T05008", "吴思源"), ("T05009", "罗清和"), ("T05010", "唐书敏"),
    ("T05011", "冯景山"), ("T05012", "叶惠兰"),
]  # fmt: skip
OUTSIDE_PARTY = [("T05021", "蒋一帆"), ("T05022", "苏曼青"), ("T05023", "丁浩宇")]


def exists() -> bool:
    return User.objects.filter(is_demo=True).exists()


@transaction.atomic
def load() -> dict[str, int]:
    """Make the demo university; returns how many rows of each kind there are."""
    rng, today = random.Random(SEED), timezone.localdate()  # noqa: S311 - repeatable, not secret
    year = today.year if today.month >= 9 else today.year - 1
    rooms_in_class, plans = classes(year), student_branches(year)
    tree = open_organisation(year, list(rooms_in_class))

    people = People(rng, today)
    people.enrol(rooms_in_class)
    people.recruit(plans)
    staff = [
        people.hire(number, name, Stage.FULL, STAFF_BRANCHES[index % 3])
        for index, (number, name) in enumerate(STAFF)
    ] + [people.hire(number, name, Stage.MASS, "") for number, name in OUTSIDE_PARTY]
    neighbours = _neighbours(people, year)
    featured = edges.shape(people, today)
    everyone = people.students + staff + neighbours
    User.objects.bulk_create(everyone, batch_size=BATCH)

    _join(tree, people, everyone)
    _record_stages(tree, people)
    rooms = dormitories.build()
    dormitories.move_in(
        rooms, people.students, {grade: dt.date(grade, 9, 5) for grade in range(year - 3, year + 1)}
    )
    _pair(rng, tree, people, today)
    # Whoever tries the demo in the evening should see messages arrive.
    QuietHours.objects.bulk_create(
        (QuietHours(person=person, enabled=False) for person in everyone), batch_size=BATCH
    )
    offices = _appoint(tree, people, staff, plans, today)
    WeComIdentity.objects.bulk_create(
        [
            WeComIdentity(
                person=person,
                corp_id=settings.WECOM_CORP_ID,
                userid=person.number.lower(),
                origin=WeComIdentity.Origin.NUMBER,
            )
            for person in everyone
        ],
        batch_size=BATCH,
    )
    return {
        "人员": len(everyone),
        "组织": len(tree.by_name),
        "寝室": len(rooms),
        "职务": offices,
        "特殊情形": len(featured),
    }


def _neighbours(people: People, year: int) -> list[User]:
    """Six people in each other college, so that "another branch" is not empty."""
    found = []
    for index, branch in enumerate(OTHER_COLLEGES.values(), start=1):
        for serial in range(1, 7):
            gender = User.Gender.FEMALE if serial % 2 else User.Gender.MALE
            person = User(
                number=f"{year - 1}{index + 10}01{serial:02}", name=people.names.next(gender), gender=gender, grade=year - 1,
                birth_month=dt.date(year - 20, 3, 1), is_demo=True,
            )  # fmt: skip
            person.set_unusable_password()
            people.raise_to(person, Stage.FULL if serial <= 3 else Stage.ACTIVIST, branch)
            found.append(person)
    return found


def _join(tree: Tree, people: People, everyone: list[User]) -> None:
    first = {
        change.person.number: change.effective_on
        for change in people.changes
        if change.stage == Stage.APPLICANT
    }
    memberships = []
    for person in everyone:
        if branch := people.party_branch.get(person.number):
            since = max(first[person.number], tree[branch].since)
            memberships.append(
                Membership(
                    person=person,
                    branch=tree[branch],
                    branch_name=branch,
                    side=Membership.Side.PARTY,
                    since=since,
                )
            )
        if person.class_name:
            league = tree[f"{person.class_name}团支部"]
            memberships.append(
                Membership(
                    person=person,
                    branch=league,
                    branch_name=league.name,
                    side=Membership.Side.LEAGUE,
                    since=dt.date(person.grade, 9, 5),
                )
            )
    Membership.objects.bulk_create(memberships, batch_size=BATCH)


def _record_stages(tree: Tree, people: People) -> None:
    for change in people.changes:
        change.branch = tree[change.branch_name]
    StageChange.objects.bulk_create(people.changes, batch_size=BATCH)


def _pair(rng: random.Random, tree: Tree, people: People, today: dt.date) -> None:
    by_branch: dict[str, list[User]] = defaultdict(list)
    for person in people.students:
        if branch := people.party_branch.get(person.number):
            by_branch[branch].append(person)
    contacts, groups, members = [], [], []
    for name, inside in by_branch.items():
        if any(person.stage in {Stage.ACTIVIST, Stage.TARGET} for person in inside):
            made = cultivation.pair(rng, tree[name], inside, today - dt.timedelta(days=70))
            for rows, new in zip((contacts, groups, members), made, strict=True):
                rows.extend(new)
    CultivationContact.objects.bulk_create(contacts, batch_size=BATCH)
    TalkGroup.objects.bulk_create(groups, batch_size=BATCH)
    TalkGroupMember.objects.bulk_create(members, batch_size=BATCH)


def _appoint(tree: Tree, people: People, staff: list[User], plans, today: dt.date) -> int:
    """Offices: the first administrator by the installation, all others by him."""
    chief, since = staff[0], today - dt.timedelta(days=80)
    offices = [("university_admin", staff[0], "云溪大学党委"), ("college_admin", staff[1], "商学院党委")]
    offices += [("organizer", staff[2], "商学院党委"), ("organizer", staff[3], "商学院党委")]
    offices += [
        ("platform_operator", staff[4], "云溪大学党委"),
        ("technical_admin", staff[13], "云溪大学党委"),
    ]
    offices += [("auditor", staff[5], "云溪大学党委")]
    offices += [("counselor", person, "商学院党委") for person in staff[12:15]]
    offices += [("secretary", staff[6 + index], name) for index, name in enumerate(STAFF_BRANCHES)]
    members: dict[str, list[User]] = defaultdict(list)
    for person in people.students:
        if person.stage == Stage.FULL and person.left_on is None:
            members[people.party_branch[person.number]].append(person)
    for plan in plans:
        posts = ["secretary"]
        if plan.full >= 7:  # O-3: a committee from seven full members on
            posts += ["deputy_secretary", "organization_officer", "publicity_officer", "discipline_officer"]
        offices += [
            (kind, person, plan.name) for kind, person in zip(posts, members[plan.name], strict=False)
        ]
    editors = [person for person in people.students if person.stage == Stage.PROBATIONARY][-6:]
    for place in ("商学院党委", "商学院团委"):
        offices += [("editor", person, place) for person in editors]
    Office.objects.bulk_create(
        Office(
            kind=kind,
            person=person,
            branch=tree[name],
            branch_name=name,
            since=since,
            given_by=None if person is chief else chief,
            reason="演示数据",
        )
        for kind, person, name in offices
    )
    for person in {person.pk: person for _, person, _ in offices}.values():
        refresh_rights(person)
    return len(offices)


def directory() -> dict:
    """The demo university as WeCom's directory knows it: the seed of the sandbox."""
    departments = [
        {"id": branch.wecom_department_id, "name": branch.name, "order": branch.position,
         "parentid": branch.parent.wecom_department_id if branch.parent else 1}
        for branch in Branch.objects.filter(is_demo=True).select_related("parent")
    ]  # fmt: skip
    of_person: dict[int, list[int]] = defaultdict(list)
    for person_id, department in Membership.objects.filter(person__is_demo=True, until=None).values_list(
        "person_id", "branch__wecom_department_id"
    ):
        of_person[person_id].append(department)
    users = [
        {"userid": person.number, "name": person.name, "department": of_person[person.pk] or [1], "number": person.number,
         "position": person.get_kind_display(), "gender": {"male": "1", "female": "2"}.get(person.gender, "0"), "status": 1}
        for person in User.objects.filter(is_demo=True)
    ]  # fmt: skip
    return {"departments": departments, "users": users, "featured": featured()}


def featured() -> list[dict]:
    """The people a newcomer should try first, one for each way of using the portal."""
    students = User.objects.filter(is_demo=True, kind=Kind.STUDENT).order_by("number")
    plain = students.filter(is_staff=False)
    secretary = Office.objects.filter(kind="secretary", branch__name="本科生第一党支部").select_related(
        "person"
    )
    chosen = [
        (plain.filter(stage=Stage.FULL, leads_talk_groups__isnull=False).first(), "学生党员"),
        (User.objects.filter(number="T05012").first(), "教师党员"),
        (plain.filter(stage=Stage.ACTIVIST, contacts__isnull=False).first(), "入党积极分子"),
        (plain.filter(stage=Stage.LEAGUE_MEMBER).first(), "普通共青团员"),
        (secretary[0].person if secretary else None, "支部书记"),
        (User.objects.filter(number="T05002").first(), "学院管理员"),
        (User.objects.filter(number="T05001").first(), "学校管理员"),
        (User.objects.filter(number="T05005").first(), "平台运营"),
        (students.filter(name__contains="·").first(), "名字很长的人"),
    ]
    return [{"userid": person.number, "label": label} for person, label in chosen if person]


def write_seed() -> None:
    """Leave the directory where ``manage.py run`` starts the sandbox with it."""
    path = settings.VAR_DIR / "sandbox" / "seed.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(directory(), ensure_ascii=False), encoding="utf-8")
    part.replace(path)


@transaction.atomic
def remove() -> int:
    """Take the demo university away: its people, those whom visitors added to it, what hangs on them, and what was
    said to nobody else.

    Returns the number of people.
    """
    User.objects.filter(memberships__branch__is_demo=True).update(is_demo=True)
    people = User.objects.filter(is_demo=True)
    count = people.count()
    to_others = Recipient.objects.exclude(person__in=people).values("message")
    Message.objects.filter(recipients__person__in=people).exclude(pk__in=to_others).delete()
    for rows in (people, DormBuilding.objects.filter(is_demo=True), Branch.objects.filter(is_demo=True)):
        _take_away(rows)
    return count


def _take_away(rows: QuerySet) -> None:
    """Delete ``rows`` and what may not be without them. Where a row only names them (who confirmed, who ended), the
    name goes and the row stays."""
    if not rows.exists():
        return
    for relation in sorted(_protectors(rows.model), key=lambda relation: relation.field.null):
        name = relation.field.name
        found = relation.related_model._base_manager.filter(**{f"{name}__in": rows})
        if relation.field.null and relation.related_model is not rows.model:
            found.update(**{name: None})
        else:
            _take_away(found)
    rows.delete()


def _protectors(model: type[Model]) -> list[ForeignObjectRel]:
    """The relations that keep a row of ``model`` from being deleted."""
    fields = model._meta.get_fields(include_hidden=True)
    return [field for field in fields if getattr(field, "on_delete", None) is PROTECT]
