"""Importing and exporting the roster: upload, look, write, take back; the template; the export."""

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_GET
from unfold.widgets import UnfoldAdminFileFieldWidget

from accounts.actions import roster as actions
from accounts.actions.exports import export_roster
from accounts.models import Branch, RosterImport, RosterRow
from accounts.roster.export import FORMS
from accounts.roster.limits import MAX_BYTES, MAX_ROWS, MEGABYTE
from accounts.roster.person import LABELS, Names
from accounts.roster.sheets import XLSX
from accounts.roster.template import template_workbook
from core.admin import PortalAdmin
from core.htmx import render_block
from core.steps import Step

IMPORT = "accounts.import_roster"
EXPORT = "accounts.export_roster"
ROWS_PER_PAGE = 50

TABS = {
    "new": ("新增", Q(state=RosterRow.State.NEW)),
    "changed": ("修改", Q(state=RosterRow.State.CHANGED)),
    "error": ("有问题", Q(state=RosterRow.State.ERROR)),
    "attention": ("要留意", Q(needs_attention=True)),
    "same": ("没有变化", Q(state=RosterRow.State.SAME)),
    "kept": ("没有撤销", ~Q(kept_because="")),
}


def _offer(form, branches):
    """Let the form's list of branches hold only these."""
    form.fields["branch"].queryset = branches


class UploadStep(Step):
    slug = "upload"
    title = "导入名册"
    icon = "upload"
    right = IMPORT
    button = "上传并核对"
    note = (
        f"先核对，不会马上写入。支持 .xlsx 和 .csv，最多 {MAX_BYTES // MEGABYTE} MB、{MAX_ROWS:,} 行。"
        "请先删掉身份证号、电话等用不着的列。不要上传涉密内容。"
    )

    file = forms.FileField(
        label="名册文件", widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx,.csv"})
    )
    branch: forms.ModelChoiceField = forms.ModelChoiceField(
        label="没写党支部的人放进",
        queryset=Branch.objects.none(),
        required=False,
        empty_label="不指定",
        help_text="表里有“党支部”一列时可以不选。",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        branches = Branch.objects.where(self.by, IMPORT).current()
        _offer(self, branches.filter(kind=Branch.Kind.BRANCH))

    def run(self):
        made = actions.upload_roster(
            file=self.cleaned_data["file"], by=self.by, branch=self.cleaned_data["branch"]
        )
        self.next_url = reverse("admin:accounts_rosterimport_change", args=[made.pk])
        return "已收到，正在核对。"


class ConfirmStep(Step):
    slug = "confirm"
    title = "写入名册"
    icon = "check"
    right = IMPORT
    button = "写入"
    note = "写入后 30 天内可以整批撤销。名册里没有的人不受影响，空着的格子不会清掉原来的内容。"

    only_good = forms.BooleanField(label="只导入没有问题的行", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.row.rows.filter(state=RosterRow.State.ERROR).exists():
            del self.fields["only_good"]

    @classmethod
    def fits(cls, row, by):
        return row.state == RosterImport.State.READY

    def run(self):
        actions.confirm_roster(
            roster=self.row, by=self.by, only_good=self.cleaned_data.get("only_good", False)
        )
        return "开始写入。"


class UndoStep(Step):
    slug = "undo"
    title = "撤销这次导入"
    icon = "undo"
    right = IMPORT
    button = "撤销"
    note = "把这次写入的内容改回原样。之后又被别人改过的地方保留，并列出来。"

    @classmethod
    def fits(cls, row, by):
        return actions.may_take_back(row)

    def run(self):
        actions.take_back_roster(roster=self.row, by=self.by)
        return "开始撤销。"


class ReturnStep(Step):
    slug = "return"
    title = "下载标注过的表"
    icon = "download"
    right = IMPORT
    button = "生成"
    note = "在原来的表后面加一列“问题”，有问题的格子标红。文件 24 小时后删除，只有你能下载。"

    @classmethod
    def fits(cls, row, by):
        return bool(row.file) and row.state in {RosterImport.State.READY, RosterImport.State.APPLIED}

    def run(self):
        self.next_url = actions.return_roster(roster=self.row, by=self.by).get_absolute_url()
        return "已生成。"


class ExportStep(Step):
    slug = "export"
    title = "导出名册"
    icon = "download"
    right = EXPORT
    button = "导出"
    note = "文件里会写上你的姓名、时间和用途，名册里的人会收到通知。文件 24 小时后删除，只有你能下载。"

    form = forms.ChoiceField(label="哪一种表", choices=[(key, form.label) for key, form in FORMS.items()])
    branch: forms.ModelChoiceField = forms.ModelChoiceField(
        label="组织", queryset=Branch.objects.none(), required=False, empty_label="我能导出的全部"
    )
    reason = forms.CharField(label="用途", max_length=100, help_text="例如“2026 年秋季党员信息核对”。")
    sensitive = forms.BooleanField(
        label="加上出生年月和宿舍", required=False, help_text="确实要用才选，会记入审计日志。"
    )
    as_csv = forms.BooleanField(label="用 CSV 格式", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _offer(self, Branch.objects.where(self.by, EXPORT).current())

    def run(self):
        self.next_url = export_roster(by=self.by, **self.cleaned_data).get_absolute_url()
        return "已生成，24 小时内可以下载。"


@admin.register(RosterImport)
class RosterAdmin(PortalAdmin):
    view_right = IMPORT
    list_display = ["name", "state", "rows_total", "created_at", "applied_at", "undone_at"]
    list_steps = (UploadStep, ExportStep)
    row_steps = (ConfirmStep, ReturnStep, UndoStep)
    list_before_template = "accounts/roster/_intro.html"

    def rows(self, user, right):
        """One's own imports: what a workbook held is nobody else's business."""
        return super().rows(user, right).filter(by=user)

    def has_view_permission(self, request, obj=None):
        """Those who may only export find their button here too, above an empty list."""
        return super().has_view_permission(request, obj) or (obj is None and EXPORT in request.user.rights)

    def get_urls(self):
        view = self.admin_site.admin_view(require_GET(self.template_view))
        return [path("template/", view, name="accounts_rosterimport_template"), *super().get_urls()]

    def template_view(self, request):
        """The workbook to fill in, with the branches this person may import into."""
        if IMPORT not in request.user.rights:
            raise Http404
        response = HttpResponse(template_workbook(request.user), content_type=XLSX)
        response["Content-Disposition"] = (
            "attachment; filename*=UTF-8''%E5%90%8D%E5%86%8C%E6%A8%A1%E6%9D%BF.xlsx"
        )
        return response

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """The preview, the progress and the result are one page of one import."""
        roster = self.get_object(request, object_id)
        tab = request.GET.get("tab") or _first_tab(roster)
        if tab not in TABS:
            raise Http404
        found = roster.rows.filter(TABS[tab][1]).order_by("line")
        page = Paginator(found, ROWS_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": roster.name,
            "opts": self.opts,
            "original": roster,
            "roster": roster,
            "tabs": _tabs(roster, tab),
            "tab": tab,
            "page": page,
            "lines": _lines(page.object_list),
            "upload_url": self.step_url(UploadStep),
            "undo_until": roster.applied_at + actions.UNDO_WITHIN if actions.may_take_back(roster) else None,
            "kept": roster.rows.exclude(kept_because="").count(),
            "steps": [
                {"title": step.title, "url": self.step_url(step, roster), "main": step is ConfirmStep}
                for step in self.steps_on(request.user, roster)
            ],
        }
        return render_block(request, "accounts/roster/import.html", "state", context)


def _tabs(roster, chosen):
    """The tabs that hold something, with their counts."""
    counts = {key: roster.rows.filter(query).count() for key, (_, query) in TABS.items()}
    return [
        {"key": key, "label": label, "count": counts[key], "chosen": key == chosen}
        for key, (label, _) in TABS.items()
        if counts[key] or key in {"new", "changed", "error"}
    ]


def _first_tab(roster):
    """Problems first: they are what the person has to do something about."""
    for key in ("kept", "error", "new", "changed"):
        if roster.rows.filter(TABS[key][1]).exists():
            return key
    return "same"


def _lines(rows):
    """Rows with their changes as texts, by two queries for the whole page."""
    names = Names(row.changes for row in rows)
    for row in rows:
        row.differences = [
            (LABELS[key], names.text(key, before), names.text(key, after))
            for key, (before, after) in row.changes.items()
            if key != "name" or before
        ]
    return rows
