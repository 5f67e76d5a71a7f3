"""An archive made while people work brings everything back, and a damaged one touches nothing (F5, F2)."""

import datetime as dt
import errno
import json
import os
import random
import stat
import threading
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from core.audit.log import record
from core.audit.models import AuditEntry
from core.audit.seal import seal, verify
from core.calendar import Term
from core.files import ProtectedFile, store_file
from notifications.models import SendingSwitch
from partyhub.backups import BackupError, archive, backup, databases, shelf
from partyhub.backups.backup import make_backup, prove, restore
from partyhub.backups.databases import Postgresql, database
from partyhub.backups.sealed_stream import read_key

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shelf(settings, tmp_path):
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture
def kept(cast):
    record(cast.member, "core.tested")
    seal()
    return store_file(content="名册".encode(), name="名册.xlsx", purpose="test", owner=cast.member)


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key"
    path.write_text("k" * 64)
    path.chmod(0o600)
    return path


def state():
    """Everything the database holds, table by table, and every protected file."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = {}
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows[table] = sorted(map(repr, cursor.fetchall()))
    return rows, {kept.pk: Path(kept.file.path).read_bytes() for kept in ProtectedFile.objects.all()}


def wreck():
    """What made the restore necessary."""
    User.objects.update(name="坏了")
    Term.objects.create(name="多出来的", starts_on="2026-09-01", ends_on="2027-01-01")
    for kept in ProtectedFile.objects.all():
        Path(kept.file.path).write_bytes(b"ruined")


@pytest.mark.parametrize("sealed", [False, True])
def test_everything_comes_back(kept, key_file, sealed):
    key = read_key(key_file) if sealed else None
    rows, files = state()
    path = make_backup(key=key)
    wreck()
    restore(path, key=key)
    rows_after, files_after = state()
    changed = {table for table in rows if rows[table] != rows_after[table]}
    assert changed <= {"core_auditentry", "notifications_sendingswitch", "django_session"}
    assert files_after == files
    assert verify().fault == ""
    assert AuditEntry.objects.get(action="core.backup_restored").reason == path.name


def test_nobody_stays_signed_in_and_nothing_is_sent(client, cast, kept):
    client.force_login(cast.member)
    SendingSwitch.objects.all().delete()
    path = make_backup()
    restore(path)
    assert not Session.objects.exists()
    switch = SendingSwitch.objects.get()
    assert switch.stopped_by is None
    assert abs(switch.stopped_at - timezone.now()) < dt.timedelta(minutes=5)
    assert client.get("/me/").status_code == 302


def test_a_stop_that_was_there_is_renewed(cast):
    SendingSwitch.objects.update_or_create(
        id=1, defaults={"stopped_at": timezone.now() - dt.timedelta(days=9), "stopped_by": cast.teacher}
    )
    restore(make_backup())
    switch = SendingSwitch.objects.get()
    assert (switch.stopped_by, switch.reason) == (None, "从备份恢复，核对以后再继续发送")


def test_the_guards_of_the_audit_log_come_back_too(kept):
    restore(make_backup())
    with pytest.raises(Exception, match="only grows"):
        AuditEntry.objects.update(reason="x")


def test_an_archive_is_proved_by_restoring_it(kept, capsys):
    call_command("backup", "--verify")
    assert "全部一致" in capsys.readouterr().out
    assert timezone.now() - shelf.last_verified() < dt.timedelta(minutes=5)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE '%%_scratch_%%'")
            assert cursor.fetchone() == (0,)


def test_the_manifest_tells_what_is_inside(kept):
    manifest = prove(make_backup())
    assert manifest["version"] == "0.1.0"
    assert manifest["database"] == connection.vendor
    assert manifest["rows"]["accounts_user"] == User.objects.count()
    assert manifest["audit_head"].startswith("1:")
    assert "core.0003_audit_guards" in manifest["migrations"]
    assert f"files/{kept.file.name}" in manifest["sha256"]


def test_only_the_owner_of_the_machine_reads_it(kept):
    path = make_backup()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_made_while_people_write():
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            with transaction.atomic():
                for half in "ab":
                    Term.objects.create(name=f"{number}{half}", starts_on="2026-01-01", ends_on="2026-02-01")
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        manifests = [prove(make_backup()) for _ in range(4)]
    finally:
        stop.set()
        writer.join()
    counts = [manifest["rows"]["core_term"] for manifest in manifests]
    assert [count % 2 for count in counts] == [0] * 4
    assert counts == sorted(counts)
    assert counts[-1] > 0


class TestDamaged:
    """Refused before anything is touched."""

    def refuse(self, path, match, key=None):
        before = state()
        with pytest.raises(BackupError, match=match):
            restore(path, key=key)
        assert state() == before

    @pytest.mark.parametrize("sealed", [False, True])
    @pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.9, 0.999])
    def test_cut(self, kept, key_file, sealed, share):
        key = read_key(key_file) if sealed else None
        path = make_backup(key=key)
        os.truncate(path, int(path.stat().st_size * share) - (share > 0.99) * 12_000)
        self.refuse(path, "损坏|不完整|打不开", key)

    @pytest.mark.parametrize("sealed", [False, True])
    def test_any_bit_flipped(self, kept, key_file, sealed):
        key = read_key(key_file) if sealed else None
        path = make_backup(key=key)
        whole = path.read_bytes()
        chance = random.Random(20261122)
        used = len(whole) if sealed else len(whole.rstrip(b"\0"))
        for _ in range(12):
            flipped = bytearray(whole)
            flipped[chance.randrange(used)] ^= 1 << chance.randrange(8)
            path.write_bytes(flipped)
            try:
                restored = prove(path, key=key)
            except BackupError:
                continue
            # a bit between two members of a plain archive says nothing
            assert not sealed
            path.write_bytes(whole)
            assert restored == prove(path, key=key)

    def test_a_member_changed_with_its_header_intact(self, kept):
        path = make_backup()
        content = path.read_bytes().replace("名册".encode(), "假册".encode())
        path.write_bytes(content)
        self.refuse(path, "损坏或不完整")

    def test_something_else(self, tmp_path, kept):
        path = tmp_path / "photo.jpg"
        path.write_bytes(os.urandom(5000))
        self.refuse(path, "损坏或不完整")
        self.refuse(tmp_path / "nowhere.tar", "没有")

    def test_another_key_or_none(self, key_file, kept, tmp_path):
        path = make_backup(key=read_key(key_file))
        self.refuse(path, "密钥", key=b"0" * 32)
        self.refuse(path, "加了密")

    def test_another_version(self, kept, monkeypatch):
        path = make_backup()
        monkeypatch.setattr(backup, "version", lambda: "9.9.9")
        self.refuse(path, "来自 0.1.0 版，现在是 9.9.9 版。请先装回 0.1.0 版")

    def test_another_database(self, kept, monkeypatch):
        path = make_backup()
        monkeypatch.setattr(type(database()), "vendor", "other")
        self.refuse(path, "不能直接恢复")

    def test_a_path_that_leads_outside(self, kept, tmp_path):
        evil = tmp_path / "evil.tar"
        (tmp_path / "db").write_bytes(b"x")
        archive.write(evil, database=tmp_path / "db", files=tmp_path / "none", manifest={}, key=None)
        evil.write_bytes(evil.read_bytes().replace(b"database\0", b"../../../\0"))
        self.refuse(evil, "损坏或不完整")

    def test_without_a_clear_yes(self, kept):
        path = make_backup()
        wreck()
        with pytest.raises(CommandError, match="--yes"):
            call_command("restore", str(path))
        assert User.objects.filter(name="坏了").exists()
        call_command("restore", str(path), "--yes", verbosity=0)
        assert not User.objects.filter(name="坏了").exists()


class TestShelf:
    def test_a_failed_backup_destroys_nothing(self, kept, monkeypatch):
        old = make_backup()
        content = old.read_bytes()

        def full(*args, **kwargs):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(archive, "write", full)
        with pytest.raises(CommandError, match="磁盘满了，这次没有做成；以前的备份都还在"):
            call_command("backup")
        assert [path.name for path in shelf.shelf().iterdir()] == [old.name]
        assert old.read_bytes() == content

    def test_seven_days_five_weeks_twelve_months(self):
        start = dt.datetime(2025, 1, 1, 18, tzinfo=dt.UTC)
        nights = [start + dt.timedelta(days=n) for n in range(600)]
        kept = sorted(shelf.worth_keeping(nights), reverse=True)
        assert kept[:7] == nights[:-8:-1]
        assert len(kept) <= 7 + 5 + 12
        months = {(at.year, at.month) for at in map(timezone.localtime, kept)}
        assert len(months) == 12

    def test_several_a_day_count_as_one(self):
        day = dt.datetime(2026, 3, 3, 1, tzinfo=dt.UTC)
        times = [day + dt.timedelta(hours=n) for n in range(5)]
        assert shelf.worth_keeping(times) == {times[-1]}

    def test_tidying_leaves_what_it_does_not_know(self):
        folder = shelf.shelf()
        names = [f"partyhub-0.1.0-202601{day:02}T180000Z.tar" for day in range(1, 29)]
        for name in [*names, "notes.txt"]:
            (folder / name).write_text("x")
        shelf.tidy(after=folder / names[-1])
        left = {path.name for path in folder.iterdir()}
        assert set(names[-7:]) | {"notes.txt"} <= left
        assert len(left) < 16

    def test_no_backup_yet(self):
        with pytest.raises(CommandError, match="还没有备份"):
            call_command("backup", "--verify-only")


class TestKey:
    def test_too_short(self, key_file):
        key_file.write_text("short")
        with pytest.raises(BackupError, match="太短"):
            read_key(key_file)

    def test_readable_by_others(self, key_file):
        key_file.chmod(0o644)
        with pytest.raises(BackupError, match="chmod 600"):
            read_key(key_file)

    def test_missing(self, tmp_path):
        with pytest.raises(CommandError, match="读不到密钥文件"):
            call_command("backup", "--key-file", str(tmp_path / "none"))

    def test_nothing_readable_in_a_sealed_archive(self, kept, key_file):
        content = make_backup(key=read_key(key_file)).read_bytes()
        for word in ["名册".encode(), b"manifest", b"SQLite", b"accounts_user"]:
            assert word not in content


class TestPostgresqlTools:
    @pytest.fixture
    def driver(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        return Postgresql()

    def test_missing(self, driver):
        with pytest.raises(BackupError, match="没有找到 pg_dump"):
            driver._run("pg_dump")

    @pytest.mark.parametrize(
        ("says", "told"),
        [
            ("aborting because of server version mismatch", "比数据库服务器旧"),
            ("unsupported version (1.16) in file header", "比数据库服务器旧"),
            ("permission denied for table x", "没有完成：permission denied"),
        ],
    )
    def test_failing(self, driver, tmp_path, says, told):
        tool = tmp_path / "pg_dump"
        tool.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
        tool.chmod(0o700)
        with pytest.raises(BackupError, match=told):
            driver._run("pg_dump")


def test_the_manifest_is_valid_json_of_the_documented_keys(kept, tmp_path):
    manifest = archive.unpack(make_backup(), tmp_path / "out", key=None)
    assert set(manifest) == {
        "version", "made_at", "database", "key_fingerprint", "migrations", "rows", "audit_head", "sha256",
    }  # fmt: skip
    assert json.dumps(manifest)
    assert databases.database().vendor == manifest["database"]
