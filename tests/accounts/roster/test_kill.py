"""A worker killed in the middle of writing leaves everything or nothing (``reliability.md`` E3)."""

import os
import signal

import pytest
from django.db import connection

from accounts.actions import roster as actions
from accounts.models import User
from accounts.roster import writing
from tests.accounts.roster.conftest import checked, workbook
from tests.accounts.roster.test_story import line


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("chunks_written", [1, 2])
def test_kill_nine_while_writing(secretary, monkeypatch, chunks_written):
    seen = checked(secretary, workbook([line(f"20269901{n:02d}") for n in range(6)]))
    actions.confirm_roster(roster=seen.roster, by=secretary)
    monkeypatch.setattr(actions, "CHUNK", 2)
    write, written = writing.Writer.write, []

    def write_and_die(self, rows):
        write(self, rows)
        written.append(len(rows))
        if len(written) == chunks_written:
            os.kill(os.getpid(), signal.SIGKILL)

    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()
    if (worker := os.fork()) == 0:
        writing.Writer.write = write_and_die
        actions.apply_roster(seen.roster.pk)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(worker, 0)[1]) == signal.SIGKILL

    assert not User.objects.filter(number__startswith="20269901").exists()
    actions.apply_roster(seen.roster.pk)
    assert User.objects.filter(number__startswith="20269901").count() == 6
