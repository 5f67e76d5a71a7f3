from django import forms

from accounts.admin.steps.fields import BranchField
from accounts.models import Branch, BranchRight, User
from accounts.rights import codename
from core.steps import DateField, Step
from learning.actions.duty import save_duty
from learning.actions.editing import WRITE


class SaveDuty(Step):
    slug, title, icon = "save", "安排值班", "event_available"
    right = WRITE
    note = "值班的同志会在周三、周五收到“还没排够”的提醒。一周一个人，再安排就换人。"
    button = "保存"
    branch = BranchField(label="组织")
    day = DateField(label="哪一周", help_text="填这一周里的任意一天。")
    editor = forms.ModelChoiceField(label="值班编辑", queryset=User.objects.none(), empty_label="请选择")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].narrow(self.by, WRITE)
        self.fields["editor"].queryset = _writers(self.by)

    def run(self):
        data = self.cleaned_data
        duty = save_duty(branch=data["branch"], day=data["day"], editor=data["editor"], by=self.by)
        return f"{duty.monday:%Y-%m-%d} 这一周由{duty.editor.name}值班。"


class ClearDuty(Step):
    slug, title, icon = "clear", "取消值班", "event_busy"
    right = WRITE
    note = "这一周的提醒会发给所有编辑。"
    button = "取消值班"
    danger = True

    def run(self):
        save_duty(branch=self.row.branch, day=self.row.monday, editor=None, by=self.by)
        return "已取消。"


def _writers(by):
    """Who may write where ``by`` may: in those branches or above them."""
    places = set()
    for branch in Branch.objects.where(by, WRITE).with_tree_fields():
        places.update(branch.tree_path)
    held = BranchRight.objects.filter(content_object__in=places, permission__codename=codename(WRITE))
    return User.objects.active().filter(pk__in=held.values("user"))
