"""A secretary of A1 who imports workbooks made on the spot; no binary file is kept in the repository."""

from io import BytesIO
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from openpyxl import Workbook

from accounts.actions import roster as actions
from accounts.models import BranchRight, RosterImport
from accounts.rights import OFFICES, codename
from tests.factories import UserFactory

HEADINGS = ["学号", "姓名", "性别", "出生年月", "年级", "专业", "党支部", "发展阶段", "阶段日期"]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": {"location": tmp_path / "files"}}
    }


def let(user, office, branch):
    """Give ``user`` the rights of an office on ``branch``."""
    names = [codename(right) for right in OFFICES[office].rights]
    BranchRight.objects.bulk_create(
        BranchRight(user=user, content_object=branch, permission=permission)
        for permission in Permission.objects.filter(codename__in=names, content_type__model="branch")
    )
    user.is_staff = True
    user.save()
    return user


@pytest.fixture
def secretary(org, cast):
    return let(cast.member, "secretary", org.a1)


@pytest.fixture
def college_admin(org):
    return let(UserFactory(name="高原", branch=org.college_a), "college_admin", org.college_a)


def workbook(rows, headings=HEADINGS, *, before=(), title="名册", change=None):
    """The bytes of an xlsx file: lines before the headings, headings, rows; ``change(sheet)`` may spoil it."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in [*before, headings, *rows]:
        sheet.append(list(row))
    if change:
        change(sheet)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def upload(by, content, *, branch=None, name="名册.xlsx"):
    return actions.upload_roster(file=ContentFile(content, name), by=by, branch=branch)


def checked(by, content, **kwargs):
    """Upload and check; returns the import with its rows by line."""
    roster = upload(by, content, **kwargs)
    actions.check_roster(roster.pk)
    roster.refresh_from_db()
    return SimpleNamespace(roster=roster, rows={row.line: row for row in roster.rows.all()})


def applied(by, content, *, only_good=False, **kwargs):
    """Upload, check, confirm and write."""
    seen = checked(by, content, **kwargs)
    assert seen.roster.state == "ready", seen.roster.message
    actions.confirm_roster(roster=seen.roster, by=by, only_good=only_good)
    actions.apply_roster(seen.roster.pk)
    seen.roster.refresh_from_db()
    seen.rows = {row.line: row for row in seen.roster.rows.all()}
    return seen


def undone(roster: RosterImport):
    actions.take_back_roster(roster=roster, by=roster.by)
    actions.undo_roster(roster.pk)
    roster.refresh_from_db()
    return roster
