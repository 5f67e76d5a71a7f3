from django import forms

from core.steps import Step
from learning.actions.columns import save_column
from learning.actions.editing import WRITE
from learning.rules.columns import can_change_columns


class AddColumn(Step):
    slug, title, icon = "add", "新建栏目", "add"
    right = WRITE
    note = "栏目全校共用。停用的栏目不能再选，已经发出的内容还在。"
    button = "保存"
    name = forms.CharField(label="名称", max_length=20)
    position = forms.IntegerField(
        label="排序", initial=0, min_value=0, max_value=9999, help_text="小的在前。"
    )
    is_open = forms.BooleanField(label="启用", required=False, initial=True)

    def run(self):
        save_column(column=self.row, by=self.by, **self.cleaned_data)
        return "已保存。"


class ChangeColumn(AddColumn):
    slug, title, icon = "change", "修改", "edit"

    def __init__(self, *args, row, **kwargs):
        initial = {name: getattr(row, name) for name in self.base_fields}
        super().__init__(*args, row=row, initial=initial, **kwargs)

    @classmethod
    def fits(cls, row, by):
        return can_change_columns(by)
