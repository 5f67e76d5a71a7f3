"""Questions in and out as files: buttons above the list of questions."""

from django import forms
from django.urls import reverse
from django.utils.http import urlencode
from unfold.widgets import UnfoldAdminFileFieldWidget

from accounts.admin.steps.fields import BranchField
from core.steps import Step
from learning.actions import question_files as actions
from learning.actions.editing import WRITE
from learning.bank.draft import MAX_BYTES, MAX_QUESTIONS
from learning.bank.formats import READABLE, WRITABLE
from learning.models import Course, Question, Topic


class ImportQuestions(Step):
    slug, title, icon = "import", "导入题目", "upload"
    right = WRITE
    button = "上传并核对"
    note = (
        "先核对，不会马上写入。支持 Excel、GIFT、Aiken、Moodle XML 和从 Word 粘贴的文字，"
        f"最大 {MAX_BYTES // 1024 // 1024} MB、{MAX_QUESTIONS:,} 题，更多的请分成几个文件。导入的题目是草稿，要第二个人审核。"
    )
    file = forms.FileField(
        label="题目文件", widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx,.csv,.txt,.gift,.xml"})
    )
    form = forms.ChoiceField(label="格式", required=False, choices=[("", "自动判断"), *READABLE.items()])
    branch = BranchField(label="所属组织")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].narrow(self.by, WRITE)

    def run(self):
        upload = self.cleaned_data["file"]
        kept = actions.keep_upload(content=upload.read(MAX_BYTES + 1), name=upload.name, by=self.by)
        page = reverse("admin:learning_question_import", args=[kept.pk])
        chosen = {"form": self.cleaned_data["form"], "branch": self.cleaned_data["branch"].pk}
        self.next_url = f"{page}?{urlencode(chosen)}"
        return "已收到，请核对。"


class ExportQuestions(Step):
    slug, title, icon = "export", "导出题目", "download"
    right = WRITE
    button = "导出"
    note = "文件里有答案，会写上你的姓名和时间，24 小时后删除，只有你能下载。停用的题目不导出。"
    form = forms.ChoiceField(label="格式", choices=list(WRITABLE.items()))
    branch = BranchField(label="所属组织")
    category = forms.ChoiceField(label="分类", required=False)
    topic = forms.ModelChoiceField(
        label="专题", queryset=Topic.objects.none(), required=False, empty_label="不限"
    )
    course = forms.ModelChoiceField(
        label="课程", queryset=Course.objects.none(), required=False, empty_label="不限"
    )
    partly = forms.BooleanField(
        label="放不下的不导出",
        required=False,
        help_text="GIFT、Aiken 和 Moodle XML 放不下全部内容，不勾选会先列出来。",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        branches = self.fields["branch"]
        branches.narrow(self.by, WRITE)
        owned = Question.objects.filter(branch__in=branches.queryset.values("pk"))
        categories = (
            owned.exclude(category="").order_by("category").values_list("category", flat=True).distinct()
        )
        self.fields["category"].choices = [("", "不限"), *((name, name) for name in categories)]
        self.fields["topic"].queryset = Topic.objects.filter(pk__in=owned.values("topic"))
        self.fields["course"].queryset = Course.objects.filter(pk__in=owned.values("course")).select_related(
            "current"
        )

    def run(self):
        self.next_url = actions.export_questions(by=self.by, **self.cleaned_data).get_absolute_url()
        return "已生成，24 小时内可以下载。"
