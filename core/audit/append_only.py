"""The database itself refuses to change or remove what the audit log holds, on SQLite and on PostgreSQL.

Whoever owns the database can take the triggers away; the hash chain is there for that case.
"""

TABLES = ["core_auditentry", "core_auditseal"]

_SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
"""
_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'restrict_violation'; END $$
"""
_POSTGRESQL = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION audit_only_grows()
"""


def forbid(connection, verb: str) -> None:
    """Let ``connection`` refuse ``verb`` (``update`` or ``delete``) on every row of the log.

    A later migration that makes SQLite rebuild one of the tables loses its triggers and has to call this again;
    the test suite fails until it does.
    """
    create = _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_FUNCTION)
        for table in TABLES:
            cursor.execute(create.format(table=table, verb=verb))


def allow(connection, verb: str) -> None:
    """Take the guard away again. An error when it is not there."""
    place = " ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DROP TRIGGER {table}_no_{verb}{place}".format(table=table))
