"""An uploaded roster on its way: what was read, what it would change, what it changed."""

from django.conf import settings
from django.db import models

from accounts.models.branch import Branch


class RosterImport(models.Model):
    """One upload. Visible to the person who made it only.

    The way is reading → ready → applying → applied → undoing → undone; a workbook that cannot be read ends as
    refused. Every step is a conditional update, so a double click and a worker that died do no harm.
    """

    class State(models.TextChoices):
        READING = "reading", "正在核对"
        REFUSED = "refused", "没有读取"
        READY = "ready", "等你确认"
        APPLYING = "applying", "正在写入"
        APPLIED = "applied", "已写入"
        UNDOING = "undoing", "正在撤销"
        UNDONE = "undone", "已撤销"

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="导入人",
        on_delete=models.PROTECT,
        related_name="roster_imports",
    )
    file = models.FileField("文件", upload_to="roster/%Y/%m/", max_length=200, blank=True)
    name = models.CharField("文件名", max_length=120)
    branch = models.ForeignKey(
        Branch,
        verbose_name="没写党支部的行放进",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.READING)
    message = models.CharField("说明", max_length=300, blank=True)
    notes = models.JSONField("读取说明", default=list)
    layout = models.JSONField(
        "表格位置", default=dict, help_text="工作表、表头行和各列的位置，退回文件时用。"
    )
    rows_total = models.PositiveIntegerField("总行数", default=0)
    rows_checked = models.PositiveIntegerField("已核对", default=0)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    touched_at = models.DateTimeField("状态时间", auto_now=True)
    applied_at = models.DateTimeField("写入时间", null=True, blank=True)
    undone_at = models.DateTimeField("撤销时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "名册导入"
        ordering = ["-pk"]
        default_permissions = ()
        indexes = [
            # "how many in the last hour": the limit per person, and the person's own list
            models.Index(fields=["by", "-created_at"], name="roster_import_by_person"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        return self.state in {self.State.READING, self.State.APPLYING, self.State.UNDOING}


class RosterRow(models.Model):
    """One line of an uploaded roster.

    ``changes`` maps a key of ``accounts.roster.person`` to its value before and after, ``errors`` and ``notes``
    are pairs of column label and sentence. ``made`` holds the keys of the rows that applying created or ended,
    which is what undoing needs. Emptied after thirty days.
    """

    class State(models.TextChoices):
        NEW = "new", "新增"
        CHANGED = "changed", "修改"
        SAME = "same", "没有变化"
        ERROR = "error", "有问题"

    class Outcome(models.TextChoices):
        NONE = "", "还没写入"
        APPLIED = "applied", "已写入"
        UNDONE = "undone", "已撤销"
        KEPT = "kept", "没有撤销"

    roster = models.ForeignKey(
        RosterImport, verbose_name="导入", on_delete=models.CASCADE, related_name="rows"
    )
    line = models.PositiveIntegerField("行号")
    number = models.CharField("学号或工号", max_length=40, blank=True)
    name = models.CharField("姓名", max_length=60, blank=True)
    state = models.CharField("结果", max_length=8, choices=State.choices)
    needs_attention = models.BooleanField("要留意", default=False)
    changes = models.JSONField("变化", default=dict)
    errors = models.JSONField("问题", default=list)
    notes = models.JSONField("提醒", default=list)
    outcome = models.CharField("写入结果", max_length=8, choices=Outcome.choices, blank=True)
    kept_because = models.CharField("没有撤销的原因", max_length=200, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="人员",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    made = models.JSONField("写入的记录", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "名册行"
        ordering = ["roster", "line"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["roster", "line"], name="one_row_per_line_of_a_roster"),
        ]
        indexes = [
            # the tabs of the preview
            models.Index(fields=["roster", "state", "line"], name="roster_row_by_state"),
        ]

    def __str__(self) -> str:
        return f"第 {self.line} 行"
