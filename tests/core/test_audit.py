"""The log only grows, says from where, and shows what was done to it (C6, §3.7)."""

import datetime as dt
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from core.audit import seal as chain
from core.audit.append_only import forbid
from core.audit.log import record, record_refusal
from core.audit.models import AuditEntry, AuditOrigin, AuditSeal
from core.audit.seal import Head, digest_of, head, seal, verify
from core.errors import NotAllowed
from core.origin import request_in_progress
from core.tasks import purge_audit_origins, seal_audit_log

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(cast, org):
    """Five sealed entries."""
    for number in range(5):
        record(
            cast.member, "core.tested", cast.league, branch=org.a1, changed=["name"], reason=f"第 {number} 次"
        )
    assert seal() == 5


@pytest.fixture
def unguarded():
    """The database as its owner can make it: without the guard against changes, keys or order."""
    with connection.cursor() as cursor:
        for table in ["core_auditentry", "core_auditseal"]:
            place = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {table}_no_update{place}")
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER {table}_no_delete{place}")


@transaction.atomic
def do_and_fail(by, error):
    record(by, "core.tested")
    raise error


def nth(number):
    return AuditEntry.objects.filter(seal__number=number)


def test_an_entry_says_who_what_where_and_why(cast, org):
    record(cast.member, "core.tested", cast.league, branch=org.a1, changed=["name"], reason="理由" * 200)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_number) == (cast.member, cast.member.number)
    assert (entry.subject_type, entry.subject_id) == ("accounts.user", str(cast.league.pk))
    assert (entry.branch_id, entry.changed, entry.result) == (org.a1.pk, ["name"], "done")
    assert len(entry.reason) == 200


def test_auditors_read_their_branches(cast, org):
    mine = record(cast.member, "core.tested", branch=org.a1)
    record(cast.stranger, "core.tested", branch=org.b1)
    assert list(AuditEntry.objects.in_branches([org.a1.pk, org.a2.pk])) == [mine]


class TestOrigin:
    def record_from(self, client, rf, cast, **headers):
        request = rf.get("/", **headers)
        client.force_login(cast.member)
        request.session = client.session
        with request_in_progress(request):
            return record(cast.member, "core.tested").origin

    def test_address_and_session_stand_beside_the_entry(self, client, rf, cast):
        origin = self.record_from(client, rf, cast, REMOTE_ADDR="10.1.2.3")
        assert origin.ip == "10.1.2.3"
        assert len(origin.session) == 16
        assert client.session.session_key not in origin.session

    def test_a_forged_proxy_header_is_not_believed(self, client, rf, cast):
        forged = {"REMOTE_ADDR": "10.1.2.3", "HTTP_X_FORWARDED_FOR": "6.6.6.6"}
        assert self.record_from(client, rf, cast, **forged).ip == "10.1.2.3"

    def test_a_trusted_proxy_is_believed(self, client, rf, cast, settings):
        settings.AXES_IPWARE_PROXY_TRUSTED_IPS = ["10.0.0.1"]
        settings.AXES_IPWARE_PROXY_COUNT = 1
        settings.AXES_IPWARE_META_PRECEDENCE_ORDER = ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"]
        passed_on = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "202.120.1.9, 10.0.0.1"}
        assert self.record_from(client, rf, cast, **passed_on).ip == "202.120.1.9"

    def test_a_task_has_no_origin(self):
        entry = record(None, "core.tested")
        assert not AuditOrigin.objects.filter(entry=entry).exists()

    def test_it_goes_after_half_a_year_and_the_chain_stays(self, client, rf, cast, time_machine):
        time_machine.move_to("2026-01-01T08:00:00Z")
        self.record_from(client, rf, cast)
        seal()
        time_machine.move_to("2026-07-04T08:00:00Z")
        purge_audit_origins()
        assert AuditOrigin.objects.count() == 1
        time_machine.move_to("2026-07-06T08:00:00Z")
        purge_audit_origins()
        assert AuditOrigin.objects.count() == 0
        assert verify().fault == ""
        assert verify().head.number == 1


class TestOnlyGrows:
    @pytest.mark.usefixtures("log")
    @pytest.mark.parametrize("model", [AuditEntry, AuditSeal])
    def test_no_row_is_changed(self, model):
        with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
            model.objects.update(**{"reason" if model is AuditEntry else "digest": "x"})

    @pytest.mark.usefixtures("log")
    @pytest.mark.parametrize("table", ["core_auditentry", "core_auditseal"])
    def test_no_row_is_removed(self, table):
        if connection.vendor == "sqlite":
            forbid(connection, "delete")
        with (
            pytest.raises(IntegrityError, match="only grows"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {table}")


class TestChain:
    @pytest.mark.usefixtures("log")
    def test_whole(self, capsys):
        call_command("verify_audit")
        assert "完整，共 5 条" in capsys.readouterr().out

    def test_empty(self):
        assert verify().head == Head(0, "0" * 64)

    @pytest.mark.usefixtures("log")
    def test_sealing_again_adds_nothing(self):
        assert seal() == 0
        assert AuditSeal.objects.count() == 5

    @pytest.mark.usefixtures("log", "unguarded")
    @pytest.mark.parametrize(
        "change",
        [
            {"reason": "别的"},
            {"actor_number": "1"},
            {"action": "core.other"},
            {"changed": []},
            {"result": "refused"},
            {"branch_id": None},
            {"at": timezone.now() - dt.timedelta(minutes=3)},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_a_changed_entry(self, change):
        nth(3).update(**change)
        with pytest.raises(CommandError, match="第 3 条记录和封条对不上"):
            call_command("verify_audit")

    @pytest.mark.usefixtures("log", "unguarded")
    def test_a_removed_entry(self):
        pk = nth(3).get().pk
        AuditSeal.objects.filter(number=3).delete()
        AuditEntry.objects.filter(pk=pk).delete()
        with pytest.raises(CommandError, match="第 3 条记录不见了，它后面是第 4 条"):
            call_command("verify_audit")

    @pytest.mark.usefixtures("log", "unguarded")
    def test_removed_and_numbered_anew(self):
        pk = nth(3).get().pk
        AuditSeal.objects.filter(number=3).delete()
        AuditEntry.objects.filter(pk=pk).delete()
        AuditSeal.objects.filter(number=4).update(number=3)
        AuditSeal.objects.filter(number=5).update(number=4)
        assert "第 3 条" in verify().fault

    @pytest.mark.usefixtures("unguarded")
    def test_swapped_entries(self, log):
        second, fourth = nth(2).get(), nth(4).get()
        AuditSeal.objects.filter(number=4).update(entry=record(None, "core.tested"))
        AuditSeal.objects.filter(number=2).update(entry=fourth)
        AuditSeal.objects.filter(number=4).update(entry=second)
        assert "第 2 条" in verify().fault

    @pytest.mark.usefixtures("log", "unguarded")
    def test_a_row_slipped_in_before_the_end(self):
        slipped = record(None, "core.tested")
        AuditEntry.objects.filter(pk=slipped.pk).update(at=timezone.now() - dt.timedelta(hours=2))
        assert seal() == 0
        with pytest.raises(CommandError, match=f"编号 {slipped.pk} 的记录没有封条"):
            call_command("verify_audit")

    @pytest.mark.usefixtures("log", "unguarded")
    def test_a_row_slipped_in_and_sealed_by_hand(self):
        slipped = record(None, "core.tested")
        AuditEntry.objects.filter(pk=slipped.pk).update(at=timezone.now() - dt.timedelta(days=2))
        end, entry = head(), AuditEntry.objects.filter(pk=slipped.pk).values().get()
        AuditSeal.objects.create(number=6, entry=slipped, digest=digest_of(end.digest, 6, entry))
        assert "第 6 条记录的时间比前一条早一小时以上" in verify().fault

    @pytest.mark.usefixtures("log", "unguarded")
    def test_the_end_cut_off_shows_against_a_head_noted_outside(self):
        noted = head()
        AuditSeal.objects.filter(number=5).delete()
        AuditEntry.objects.filter(seal=None).delete()
        assert verify().fault == ""
        with pytest.raises(CommandError, match="当时记下的是第 5 条"):
            call_command("verify_audit", "--head", str(noted))

    @pytest.mark.usefixtures("log", "unguarded")
    def test_a_chain_written_anew_shows_against_a_head_noted_outside(self):
        noted = head()
        AuditSeal.objects.all().delete()
        AuditEntry.objects.filter(reason="第 2 次").update(reason="别的")
        seal()
        assert verify().fault == ""
        assert "整条链被重写过" in verify(noted).fault

    def test_a_day_without_sealing_is_caught_up(self, time_machine):
        time_machine.move_to("2026-03-02T08:00:00Z", tick=False)
        record(None, "core.tested")
        seal()
        for hour in range(30):
            time_machine.move_to(
                dt.datetime(2026, 3, 3, 9, tzinfo=dt.UTC) + dt.timedelta(hours=hour), tick=False
            )
            record(None, "core.tested")
        assert seal() == 30
        assert verify().fault == ""

    def test_the_digest_does_not_depend_on_the_clock_of_the_reader(self, cast):
        entry = AuditEntry.objects.filter(pk=record(cast.member, "core.tested").pk).values().get()
        elsewhere = entry | {"at": entry["at"].astimezone(dt.timezone(dt.timedelta(hours=8)))}
        assert digest_of("0", 1, entry) == digest_of("0", 1, elsewhere)

    def test_a_second_sealer_is_harmless(self, monkeypatch):
        record(None, "core.tested")
        stale = head()
        seal()
        record(None, "core.tested")
        monkeypatch.setattr(chain, "head", lambda: stale)
        assert seal() == 0
        monkeypatch.undo()
        assert seal() == 1
        assert verify().head.number == 2

    def test_every_minute_the_head_leaves_the_database(self, caplog):
        record(None, "core.tested")
        with caplog.at_level("INFO"):
            seal_audit_log()
        assert [line.msg["head"] for line in caplog.records if line.name == "core.audit.seal"] == [
            str(head())
        ]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_sealers_side_by_side_build_one_chain():
    for _ in range(200):
        record(None, "core.tested")
    start = threading.Barrier(4)

    def work():
        start.wait()
        seal()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    seal()
    assert verify().fault == ""
    assert verify().head.number == 200


class TestRefusals:
    @pytest.mark.urls("tests.core.urls")
    @pytest.mark.parametrize("path", ["/fail/forbidden/", "/api/mine/forbidden/"])
    def test_a_refused_access_is_kept(self, client, cast, path):
        client.force_login(cast.member)
        assert client.get(path).status_code == 403
        entry = AuditEntry.objects.get()
        assert (entry.actor, entry.action, entry.result) == (cast.member, "core.access_refused", "refused")
        assert entry.reason == f"GET {path}"
        assert entry.origin.ip == "127.0.0.1"

    def test_it_survives_the_rollback_of_what_was_refused(self, cast):
        with pytest.raises(NotAllowed):
            do_and_fail(cast.member, NotAllowed)
        record_refusal(cast.member, "core.tested", cast.league)
        assert [entry.result for entry in AuditEntry.objects.all()] == ["refused"]

    def test_a_log_that_cannot_be_written_does_not_hide_the_refusal(self, cast, monkeypatch):
        def full(*args, **kwargs):
            raise DatabaseError("disk full")

        monkeypatch.setattr("core.audit.log.record", full)
        record_refusal(cast.member, "core.tested")
        assert not AuditEntry.objects.exists()


def test_an_audited_change_and_its_entry_stand_or_fall_together(cast):
    with pytest.raises(RuntimeError):
        do_and_fail(cast.member, RuntimeError)
    assert not AuditEntry.objects.exists()
