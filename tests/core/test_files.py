"""A generated file belongs to one person (C6)."""

import datetime as dt
import hashlib
import io
import os
import stat
import time
import uuid
from pathlib import Path

import pytest
from django.core.files.base import File
from django.utils import timezone

from core.audit.models import AuditEntry
from core.files import ProtectedFile, purge_files, store_file
from core.tasks import purge_expired_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(cast):
    return store_file(
        content="名册".encode(), name="本科生第一党支部 名册.xlsx", purpose="roster_export", owner=cast.member
    )


def fetch(client, person, url):
    client.force_login(person)
    response = client.get(url)
    response.read = b"".join(response) if response.streaming else response.content
    return response


def test_the_owner_downloads_it_and_that_is_written_down(client, cast, kept):
    response = fetch(client, cast.member, kept.get_absolute_url())
    assert response.status_code == 200
    assert response.streaming
    assert response.read == "名册".encode()
    assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E6%9C%AC%E7%A7%91")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    entry = AuditEntry.objects.get(action="core.file_downloaded")
    assert (entry.actor, entry.subject_id, entry.changed) == (cast.member, str(kept.pk), ["roster_export"])


@pytest.mark.parametrize("who", ["probationary", "teacher", "activist", "league", "stranger"])
def test_for_everybody_else_it_does_not_exist(client, cast, kept, who):
    person = getattr(cast, who)
    foreign = fetch(client, person, kept.get_absolute_url())
    never = fetch(client, person, f"/files/{uuid.uuid4()}/")
    assert (foreign.status_code, never.status_code) == (404, 404)
    assert not AuditEntry.objects.filter(action="core.file_downloaded").exists()


def test_a_superuser_is_no_owner(client, cast, kept):
    cast.teacher.is_superuser = True
    cast.teacher.save()
    assert fetch(client, cast.teacher, kept.get_absolute_url()).status_code == 404


def test_who_is_signed_out_is_asked_to_sign_in(client, kept):
    assert client.get(kept.get_absolute_url()).status_code == 302


def test_who_was_deactivated_gets_nothing(client, cast, kept):
    client.force_login(cast.member)
    cast.member.is_active = False
    cast.member.save()
    assert client.get(kept.get_absolute_url()).status_code == 302


def test_after_its_last_hour_it_is_gone(client, cast, kept):
    ProtectedFile.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert fetch(client, cast.member, kept.get_absolute_url()).status_code == 404
    purge_expired_files()
    assert not ProtectedFile.objects.exists()
    assert not Path(kept.file.path).exists()


def test_the_purge_spares_what_is_alive(kept):
    assert purge_files() == 0
    assert Path(kept.file.path).exists()


def test_bytes_of_a_failed_transaction_are_swept_a_day_later(kept, settings):
    ProtectedFile.objects.all().delete()
    assert purge_files() == 0
    yesterday = time.time() - 25 * 3600
    os.utime(kept.file.path, (yesterday, yesterday))
    assert purge_files() == 1
    assert not Path(kept.file.path).exists()


def test_lost_bytes_are_a_sentence_not_an_error(client, cast, kept):
    Path(kept.file.path).unlink()
    response = fetch(client, cast.member, kept.get_absolute_url())
    assert response.status_code == 404
    assert "请重新导出一次" in response.content.decode()


def test_on_disk_it_is_nameless_private_and_outside_the_static_root(kept, settings):
    path = Path(kept.file.path)
    assert path.is_relative_to(settings.PROTECTED_ROOT)
    assert not path.is_relative_to(settings.STATIC_ROOT)
    assert path.suffix == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_object_is_stored_whole(cast):
    content = os.urandom(200_000)
    kept = store_file(content=File(io.BytesIO(content)), name="x.bin", purpose="test", owner=cast.member)
    assert (kept.size, kept.sha256) == (200_000, hashlib.sha256(content).hexdigest())
    assert Path(kept.file.path).read_bytes() == content


@pytest.mark.parametrize(
    ("given", "kept_as"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\名册\\2026.xlsx", "2026.xlsx"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("", "文件"),
    ],
)
def test_names_are_cleaned(client, cast, given, kept_as):
    kept = store_file(content=b"x", name=given, purpose="test", owner=cast.member)
    assert kept.name == kept_as
    assert fetch(client, cast.member, kept.get_absolute_url()).status_code == 200


def test_a_long_name_keeps_its_ending(cast):
    kept = store_file(content=b"x", name="名" * 300 + ".xlsx", purpose="test", owner=cast.member)
    assert len(kept.name) == 200
    assert kept.name.endswith("名.xlsx")


def test_web_pages_are_never_shown_in_place(client, cast):
    kept = store_file(content=b"<script>", name="x.html", purpose="test", owner=cast.member)
    response = fetch(client, cast.member, kept.get_absolute_url())
    assert response["Content-Disposition"] == 'attachment; filename="x.html"'
