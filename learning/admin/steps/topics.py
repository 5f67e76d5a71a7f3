from django import forms

from accounts.admin.steps.fields import BranchField
from core.steps import DateField, Step
from learning.actions.editing import WRITE
from learning.actions.topics import save_topic


class _Topic(Step):
    right = WRITE
    button = "保存"
    name = forms.CharField(label="名称", max_length=60)
    intro = forms.CharField(label="简介", max_length=300, required=False, widget=forms.Textarea({"rows": 3}))
    since = DateField(label="从哪天起", required=False)
    until = DateField(label="到哪天（不含）", required=False)
    position = forms.IntegerField(
        label="排序", initial=0, min_value=0, max_value=9999, help_text="小的在前。"
    )


class AddTopic(_Topic):
    slug, title, icon = "add", "新建专题", "add"
    branch = BranchField(label="所属组织")
    field_order = ["branch"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].narrow(self.by, WRITE)

    def run(self):
        save_topic(topic=None, by=self.by, **self.cleaned_data)
        return "已保存。"


class ChangeTopic(_Topic):
    slug, title, icon = "change", "修改", "edit"

    def __init__(self, *args, row, **kwargs):
        initial = {name: getattr(row, name) for name in self.base_fields}
        super().__init__(*args, row=row, initial=initial, **kwargs)

    def run(self):
        save_topic(topic=self.row, by=self.by, **self.cleaned_data)
        return "已保存。"
