"""PostgreSQL refuses overlapping periods itself (``reliability.md`` §3.1).

SQLite has no such constraint: there the partial unique keys of the models and IMMEDIATE transactions hold.
"""

from django.db import migrations

TABLES = {
    "accounts_membership": ["person_id", "side"],
    "accounts_office": ["person_id", "branch_id", "kind"],
    "accounts_branchrecord": ["branch_id"],
    "accounts_cultivationcontact": ["activist_id", "seat"],
    "accounts_talkgroupmember": ["person_id"],
    "accounts_roomassignment": ["person_id"],
}


def add(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    for table, columns in TABLES.items():
        same = ", ".join(f"{column} WITH =" for column in columns)
        schema_editor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_no_overlap "
            f"EXCLUDE USING gist ({same}, daterange(since, until) WITH &&)"
        )
    schema_editor.execute(
        "ALTER TABLE accounts_roomassignment ADD CONSTRAINT accounts_bed_no_overlap "
        "EXCLUDE USING gist (room_id WITH =, bed WITH =, daterange(since, until) WITH &&)"
    )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in TABLES:
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_no_overlap")
    schema_editor.execute("ALTER TABLE accounts_roomassignment DROP CONSTRAINT accounts_bed_no_overlap")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(add, drop)]
