"""Copy a live database to one file, try that file in a scratch database, and put it back."""

import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.utils import timezone

from core.audit.models import AuditSeal
from notifications.models import SendingSwitch
from partyhub.backups import BackupError

Ask = Callable[[str], list[tuple]]


@dataclass(frozen=True)
class Contents:
    """What a database holds, counted: to be told in the manifest and compared after a restore."""

    migrations: list[str]
    rows: dict[str, int]
    audit_head: str

    @classmethod
    def of(cls, ask: Ask, tables: list[str]) -> "Contents":
        done = ask("SELECT app, name FROM django_migrations ORDER BY app, name")
        seals = AuditSeal._meta.db_table
        last = ask(f"SELECT number, digest FROM {seals} ORDER BY number DESC LIMIT 1")  # noqa: S608 - our own name
        return cls(
            migrations=sorted({f"{app}.{name}" for app, name in done}),
            rows={table: ask(f'SELECT count(*) FROM "{table}"')[0][0] for table in tables},  # noqa: S608 - names from the catalogue
            audit_head=f"{last[0][0]}:{last[0][1]}" if last else "",
        )


def after_restore() -> list[str]:
    """What has to be true the moment a restored database is visible, as SQL of that same transaction.

    Nobody is signed in with an old session, and nothing is sent until an operator has looked.
    """
    switch, fresh = SendingSwitch._meta.db_table, SendingSwitch()
    now = timezone.now().astimezone(dt.UTC).isoformat(" ", "seconds")
    stop = f"""
        INSERT INTO {switch} (id, stopped_at, reason, concurrency, daily_limit)
        VALUES (1, '{now}', '从备份恢复，核对以后再继续发送', {fresh.concurrency}, {fresh.daily_limit})
        ON CONFLICT (id) DO UPDATE
        SET stopped_at = excluded.stopped_at, stopped_by_id = NULL, reason = excluded.reason
    """  # noqa: S608 - our own names and values
    return [f"DELETE FROM {Session._meta.db_table}", stop]  # noqa: S608


class Sqlite:
    """The embedded database. Copying its file while it is in use gives a torn one; the backup call does not."""

    vendor = "sqlite"

    def dump(self, target: Path) -> Contents:
        """Copy the live database to ``target`` and check the copy; returns what it holds."""
        try:
            with closing(self._open(self._live())) as live, closing(self._open(target)) as copy:
                live.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise BackupError(f"没有做成数据库副本：{error}。以前的备份都还在。") from error
        return self.inspect(target)

    @contextmanager
    def scratch(self, dump: Path) -> Iterator[Contents]:
        """What ``dump`` holds once it is a database again."""
        yield self.inspect(dump)

    def inspect(self, path: Path) -> Contents:
        try:
            with closing(self._open(path)) as database:
                faults = database.execute("PRAGMA integrity_check").fetchall()
                orphans = database.execute("PRAGMA foreign_key_check").fetchall()
                if faults != [("ok",)] or orphans:
                    raise BackupError("数据库副本没有通过完整性检查。")
                names = database.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
                )
                return Contents.of(
                    lambda sql: database.execute(sql).fetchall(), [name for (name,) in names.fetchall()]
                )
        except sqlite3.DatabaseError as error:
            raise BackupError("数据库副本打不开。") from error

    def restore(self, dump: Path) -> None:
        """Overwrite the live database in one step; readers see the old or the new one."""
        connections.close_all()
        with closing(self._open(dump)) as copy:
            for statement in after_restore():
                copy.execute(statement)
            copy.commit()
            with closing(self._open(self._live())) as live:
                copy.backup(live)

    def _live(self) -> str:
        return str(connection.settings_dict["NAME"])

    def _open(self, path: str | Path) -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=60)


class Postgresql:
    """The production database, through PostgreSQL's own tools."""

    vendor = "postgresql"

    def dump(self, target: Path) -> Contents:
        """Dump the live database to ``target``; the counts come from the very same snapshot."""
        with self._connect(self._name()) as live, live.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            snapshot = cursor.execute("SELECT pg_export_snapshot()").fetchone()[0]
            self._run(
                "pg_dump", "--format=custom", "--no-owner", "--no-privileges",
                f"--snapshot={snapshot}", f"--file={target}", self._name(),
            )  # fmt: skip
            return self._contents(cursor)

    @contextmanager
    def scratch(self, dump: Path) -> Iterator[Contents]:
        """Restore ``dump`` into a database made for that and dropped afterwards."""
        name = f"{self._name()}_scratch_{uuid.uuid4().hex[:8]}"
        self._administer(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            self._run(
                "pg_restore",
                "--exit-on-error",
                "--no-owner",
                "--no-privileges",
                f"--dbname={name}",
                str(dump),
            )
            with self._connect(name) as database, database.cursor() as cursor:
                contents = self._contents(cursor)
            yield contents
        finally:
            self._administer(f'DROP DATABASE IF EXISTS "{name}"')

    def restore(self, dump: Path) -> None:
        """Overwrite the live database in one transaction; a failure leaves it as it was."""
        script = dump.with_suffix(".sql")
        self._run(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--no-privileges",
            f"--file={script}",
            str(dump),
        )
        with script.open("a", encoding="utf-8") as file:
            # the dump leaves an empty search path behind
            file.write("\nSET search_path TO public;\n" + ";\n".join(after_restore()) + ";\n")
        connections.close_all()
        self._run(
            "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
            f"--file={script}", "--output=/dev/null", self._name(),
        )  # fmt: skip

    def _contents(self, cursor) -> Contents:
        def ask(sql: str) -> list[tuple]:
            return cursor.execute(sql).fetchall()

        names = ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return Contents.of(ask, [name for (name,) in names])

    def _name(self) -> str:
        return str(connection.settings_dict["NAME"])

    def _connect(self, name: str, *, autocommit: bool = False) -> psycopg.Connection:
        place = connection.settings_dict
        return psycopg.connect(
            dbname=name,
            user=place["USER"] or None,
            password=place["PASSWORD"] or None,
            host=place["HOST"] or None,
            port=place["PORT"] or None,
            autocommit=autocommit,
        )

    def _administer(self, sql: str) -> None:
        try:
            with self._connect(self._name(), autocommit=True) as database:
                database.execute(sql)
        except psycopg.errors.InsufficientPrivilege as error:
            raise BackupError(
                "数据库账号不能新建数据库，没法验证备份。给它 CREATEDB 权限，或者用有权限的账号执行。"
            ) from error

    def _run(self, tool: str, *arguments: str) -> None:
        path = shutil.which(tool)
        if path is None:
            raise BackupError(
                f"没有找到 {tool}。请安装和服务器同版本的 PostgreSQL 客户端，例如 apt install postgresql-client。"
            )
        place = connection.settings_dict
        variables = {"PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGHOST": "HOST", "PGPORT": "PORT"}
        environment = os.environ | {name: str(place[key]) for name, key in variables.items() if place[key]}
        done = subprocess.run(  # noqa: S603 - no shell, our own arguments
            [path, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if "server version mismatch" in done.stderr or "unsupported version" in done.stderr:
            raise BackupError(f"{tool} 比数据库服务器旧，请安装和服务器同版本的 PostgreSQL 客户端。")
        if done.returncode:
            raise BackupError(f"{tool} 没有完成：{done.stderr.strip()[-500:]}")


def database() -> Sqlite | Postgresql:
    """The driver of the configured database."""
    return Sqlite() if connection.vendor == "sqlite" else Postgresql()
