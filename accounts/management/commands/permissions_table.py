"""Write ``docs/permissions.md`` from the permission table, so that the two cannot differ."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.models import Branch
from accounts.rights import OFFICES, RIGHTS

PATH = Path(settings.BASE_DIR) / "docs" / "permissions.md"

HEAD = """# Who may do what

Written by `manage.py permissions_table` from `accounts/rights.py`; change it there.

An office gives its rights in the branch it is held in and in everything below. Nobody gives himself an office, and
what lies outside one's branches does not exist for him (404, never 403). Without any office a person sees and
changes only what is his own. A party member's rights in meetings and ballots do not come from here.
"""


class Command(BaseCommand):
    help = "把权限表写进 docs/permissions.md。"

    def handle(self, **options):
        PATH.parent.mkdir(exist_ok=True)
        PATH.write_text(table(), encoding="utf-8")
        self.stdout.write(f"已写好 {PATH.relative_to(settings.BASE_DIR)}")


def table() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_offices(), "", *_rights(), ""])


def _offices() -> list[str]:
    kinds = dict(Branch.Kind.choices)
    rows = ["## Offices", "", "| Office | Identifier | Held in | Given by who may |", "|---|---|---|---|"]
    for kind, office in OFFICES.items():
        places = "、".join(label for value, label in kinds.items() if value in office.places)
        rows.append(f"| {office.label} | `{kind}` | {places} | {RIGHTS[office.appointed_with]} |")
    return rows


def _rights() -> list[str]:
    heads = [office.label for office in OFFICES.values()]
    rows = ["## Rights", "", f"| Right | Identifier | {' | '.join(heads)} |"]
    rows.append("|---|---|" + "---|" * len(heads))
    for right, label in RIGHTS.items():
        marks = ["✓" if right in office.rights else "" for office in OFFICES.values()]
        rows.append(f"| {label} | `{right}` | {' | '.join(marks)} |")
    return rows
