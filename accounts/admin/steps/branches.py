"""Changing the organisation: whoever keeps the tree opens, renames, moves and closes branches."""

from django import forms

from accounts.actions import branches
from accounts.admin.steps.fields import BranchField
from accounts.models import Branch
from core.steps import DateField, Step

_SINCE = {"label": "从哪天起", "required": False, "help_text": "不填就是今天。"}


class _OfBranch(Step):
    right = "accounts.change_branch"

    @classmethod
    def fits(cls, row, by):
        return row.until is None


class OpenBranch(Step):
    slug, title, icon = "open", "设立组织", "add_business"
    right = "accounts.change_branch"
    button = "设立"
    parent = BranchField(label="上级组织")
    name = forms.CharField(label="名称", max_length=60)
    kind = forms.ChoiceField(label="类型", choices=Branch.Kind.choices)
    subtype = forms.ChoiceField(label="支部形式", choices=Branch.Subtype.choices)
    since = DateField(**_SINCE)
    reason = forms.CharField(label="依据", max_length=200, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].narrow(self.by, self.right)

    def run(self):
        branch = branches.open_branch(by=self.by, **self.cleaned_data)
        return f"已设立{branch}。"


class RenameBranch(_OfBranch):
    slug, title, icon = "rename", "更名", "edit"
    note = "以前的记录保留当时的名称。"
    name = forms.CharField(label="新名称", max_length=60)
    since = DateField(**_SINCE)
    reason = forms.CharField(label="依据", max_length=200, required=False)

    def run(self):
        branches.rename_branch(branch=self.row, by=self.by, **self.cleaned_data)
        return "已更名。"


class MoveBranch(_OfBranch):
    slug, title, icon = "move", "调整隶属", "account_tree"
    note = "连同下级组织一起调整，上级的权限马上随之变化。"
    parent = BranchField(label="新的上级组织")
    since = DateField(**_SINCE)
    reason = forms.CharField(label="依据", max_length=200, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].narrow(self.by, self.right)

    def run(self):
        branches.move_branch(branch=self.row, by=self.by, **self.cleaned_data)
        return "已调整。"


class CloseBranch(_OfBranch):
    slug, title, icon = "close", "撤销组织", "domain_disabled"
    note = "职务和谈话小组随之结束，记录全部保留。里面还有人时，请选好他们转到哪里。"
    button = "撤销"
    danger = True
    people_to = BranchField(label="人员转到", required=False)
    on = DateField(**_SINCE)
    reason = forms.CharField(label="依据", max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["people_to"].narrow(self.by, self.right, kinds=[self.row.kind])

    def run(self):
        branches.close_branch(branch=self.row, by=self.by, **self.cleaned_data)
        return "已撤销。"
