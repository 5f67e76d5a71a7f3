"""The columns the school begins with (``domain.md`` S42, S55); the back office renames, adds and closes them."""

from django.db import migrations

COLUMNS = ["百科", "资讯", "党的知识", "专业知识", "生活小百科", "经典书目"]


def add(apps, schema_editor):
    column = apps.get_model("learning", "Column")
    column.objects.bulk_create(
        column(name=name, position=position) for position, name in enumerate(COLUMNS, start=1)
    )


class Migration(migrations.Migration):
    dependencies = [("learning", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
