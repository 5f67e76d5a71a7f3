"""Whom messages do not reach, as a table for those who look after WeCom accounts."""

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from core.audit.log import record
from core.files import ProtectedFile, store_file
from notifications.models import Recipient, State

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

HEADINGS = ("学号或工号", "姓名", "消息", "状态", "返回码", "时间")


@transaction.atomic
def export_unreachable(*, by: "AbstractBaseUser", reason: str) -> ProtectedFile:
    """A sheet of everybody with a message that failed or found nobody, kept for ``by`` for a day."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("送不到的消息")
    for row in [HEADINGS, *_rows()]:
        sheet.append([_text(sheet, value) for value in row])
    content = BytesIO()
    book.save(content)
    file = store_file(
        content=content.getvalue(), name="送不到的消息.xlsx", purpose="unreachable_messages", owner=by
    )
    record(by, "notifications.unreachable_exported", file, reason=reason)
    return file


def _rows() -> Iterator[tuple[str, ...]]:
    lost = Recipient.objects.filter(state__in=[State.UNREACHABLE, State.FAILED])
    for row in lost.select_related("message", "person").order_by("person", "-pk"):
        yield (
            row.person.get_username(),
            str(row.person),
            row.message.as_read.title,
            row.get_state_display(),
            "" if row.last_code is None else str(row.last_code),
            f"{timezone.localtime(row.next_try):%Y-%m-%d %H:%M}",
        )


def _text(sheet, value: str) -> Cell:
    """A cell that stays text: openpyxl would make a formula of everything that begins with “=”."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    return cell
