"""One command puts everybody, or one person, outside the door (C17)."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from core.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def doors(cast):
    clients = {name: Client() for name in ["member", "teacher"]}
    for name, client in clients.items():
        client.force_login(getattr(cast, name))
    return clients


def inside(doors):
    return {name for name, client in doors.items() if client.get("/me/").status_code == 200}


def test_everybody(doors, capsys):
    assert inside(doors) == {"member", "teacher"}
    call_command("end_sessions")
    assert inside(doors) == set()
    assert "需要重新登录" in capsys.readouterr().out
    entry = AuditEntry.objects.get(action="core.sessions_ended")
    assert (entry.actor, entry.subject_id) == (None, "")


def test_one_person(doors, cast):
    call_command("end_sessions", "--person", cast.teacher.number, verbosity=0)
    assert inside(doors) == {"member"}
    assert AuditEntry.objects.get(action="core.sessions_ended").subject_id == str(cast.teacher.pk)


def test_nobody_of_that_number(doors):
    with pytest.raises(CommandError, match="没有学号或工号是 404 的人"):
        call_command("end_sessions", "--person", "404")
    assert inside(doors) == {"member", "teacher"}
    assert not AuditEntry.objects.exists()
