"""One roster import from upload to the last row, in a process whose memory is its own."""

import json
import resource
import time
from io import BytesIO

from django.core.files.base import ContentFile
from openpyxl import Workbook

HEADINGS = [
    "学号",
    "姓名",
    "类别",
    "性别",
    "出生年月",
    "年级",
    "专业",
    "班级",
    "党支部",
    "发展阶段",
    "阶段日期",
]


def workbook(branch_name: str, rows: int) -> bytes:
    """A roster of ``rows`` new people of one branch."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("名册")
    sheet.append(HEADINGS)
    for number in range(rows):
        sheet.append(
            [f"2026{number:06}", f"新{chr(0x4E00 + number % 9000)}{chr(0x4E00 + number // 9000)}", "学生", "女" if number % 2 else "男", "2008-03", 2026, "会计学",
             "2026 级会计学 1 班", branch_name, "入党申请人", "2026-10-08"]
        )  # fmt: skip
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def run(by_pk: int, branch_pk: int, rows: int) -> None:
    """Import ``rows`` people as ``by`` and print the figures as one line of JSON."""
    from accounts.actions import roster as actions
    from accounts.models import Branch, RosterImport, User

    by, branch = User.objects.get(pk=by_pk), Branch.objects.get(pk=branch_pk)
    content = workbook(branch.name, rows)
    began = time.perf_counter()
    roster = actions.upload_roster(file=ContentFile(content, "名册.xlsx"), by=by, branch=branch)
    actions.check_roster(roster.pk)
    previewed = time.perf_counter()
    memory_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    actions.confirm_roster(roster=RosterImport.objects.get(pk=roster.pk), by=by)
    actions.apply_roster(roster.pk)
    applied = time.perf_counter()
    roster.refresh_from_db()
    seconds = applied - previewed
    print(  # noqa: T201 - the answer to the process that asked
        json.dumps(
            {
                "rows": rows,
                "state": roster.state,
                "people_made": User.objects.filter(number__startswith="2026").count(),
                "preview_seconds": round(previewed - began, 1),
                "apply_seconds": round(seconds, 1),
                "apply_rows_per_second": round(rows / seconds),
                "memory_mb_before_apply": round(memory_before / 1024),
                "memory_mb_peak": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            }
        )
    )
