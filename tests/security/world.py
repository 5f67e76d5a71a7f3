"""One object of every model in branch A1 and one in B1, and one person for every way of having rights."""

import datetime as dt

from django.apps import apps
from django.core.files.base import ContentFile

from accounts.models import (
    BranchRecord,
    CultivationContact,
    DirectoryChange,
    DirectorySync,
    DormBuilding,
    DormRoom,
    Feedback,
    Membership,
    Office,
    RoomAssignment,
    RosterImport,
    StageChange,
    TalkGroup,
    TalkGroupMember,
    WeComIdentity,
)
from accounts.roles import Kind, Stage
from core.audit.log import record
from core.calendar import CalendarDay, Term
from core.files import store_file
from notifications.outbox import enqueue
from tests.factories import SINCE, UserFactory
from tests.granting import grant
from tests.security import learning

NEVER = "987654321"
NEVER_UUID = "00000000-0000-4000-8000-000000000000"


def people(org):
    """Who walks through the matrix, by the column they fill."""
    office_holders = {
        "secretary": ("secretary", org.a1),
        "other secretary": ("secretary", org.b1),
        "college": ("college_admin", org.college_a),
        "university": ("university_admin", org.university),
        "editor": ("editor", org.college_a),
        "operator": ("platform_operator", org.university),
        "technical": ("technical_admin", org.university),
        "auditor": ("auditor", org.university),
    }
    found = {
        "anonymous": None,
        "league": UserFactory(stage=Stage.LEAGUE_MEMBER, branch=org.a1),
        "activist": UserFactory(stage=Stage.ACTIVIST, branch=org.a1),
        "member": UserFactory(stage=Stage.FULL, branch=org.a1),
        "teacher": UserFactory(stage=Stage.FULL, kind=Kind.TEACHER, grade=None, branch=org.a1),
    }
    for column, (kind, branch) in office_holders.items():
        found[column] = UserFactory(name=f"办事的{column}", kind=Kind.TEACHER, stage=Stage.FULL, grade=None)
        grant(found[column], kind, branch)
    return found


def objects_of(branch):
    """One object of every model that belongs to ``branch``, by model label."""
    member = UserFactory(stage=Stage.FULL, branch=branch, gender="female")
    activist = UserFactory(stage=Stage.ACTIVIST, branch=branch, gender="female")
    named = {"branch": branch, "branch_name": branch.name, "since": SINCE}
    building = DormBuilding.objects.create(name=f"桂苑 {branch.pk} 栋", residents="women", floors=6)
    room = DormRoom.objects.create(building=building, floor=1, name="101", beds=4, residents="women")
    group = TalkGroup.objects.create(lead=member, **named)
    message = enqueue(kind="office_given", recipients=[activist], key=f"matrix:{branch.pk}", link="/me/")
    sync = DirectorySync.objects.create(scope=branch)
    made = [
        branch,
        member,
        BranchRecord.objects.create(branch=branch, name=branch.name, kind=branch.kind, since=SINCE),
        Membership.objects.get(person=member),
        Office.objects.create(person=member, kind="organization_officer", **named),
        StageChange.objects.create(person=activist, stage=Stage.ACTIVIST, effective_on=SINCE, branch=branch),
        building,
        room,
        RoomAssignment.objects.create(person=activist, room=room, bed=1, since=SINCE),
        CultivationContact.objects.create(activist=activist, contact=member, seat=1, **named),
        group,
        TalkGroupMember.objects.create(group=group, person=activist, since=SINCE),
        WeComIdentity.objects.create(person=member, corp_id="corp", userid=member.number, origin="number"),
        Feedback.objects.create(
            person=activist,
            branch=branch,
            kind=Feedback.Kind.values[0],
            text="页面打不开",
            answer_by=dt.date(2026, 12, 1),
        ),
        RosterImport.objects.create(by=member, branch=branch, name="名册.xlsx"),
        sync,
        DirectoryChange.objects.create(sync=sync, kind=DirectoryChange.Kind.UNKNOWN, userid="x"),
        record(member, "accounts.office_given", member, branch=branch),
        Term.objects.create(
            name=f"学期 {branch.pk}", starts_on=dt.date(2020, 9, 1), ends_on=dt.date(2021, 1, 10)
        ),
        CalendarDay.objects.create(
            day=dt.date(2026, 1, 1) + dt.timedelta(days=branch.pk % 300), kind="holiday", name="假日"
        ),
        message,
        message.recipients.get(),
        store_file(content=ContentFile(b"x"), name="名册.xlsx", purpose="roster", owner=member),
        *learning.objects_of(branch, activist, member),
    ]
    return {thing._meta.label_lower: thing for thing in made}


def models_of_ours():
    ours = ("core", "wecom", "notifications", "accounts", "learning", "appointments", "activities")
    return {model._meta.label_lower: model for app in ours for model in apps.get_app_config(app).get_models()}
