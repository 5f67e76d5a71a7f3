"""Comparing with WeCom's directory, and single accounts by hand."""

from django import forms

from accounts.actions import directory, identities
from accounts.admin.steps.fields import BranchField, PersonField
from accounts.models import DirectorySync, WeComIdentity
from core.steps import Step

State = DirectorySync.State


class AskForCheck(Step):
    slug, title, icon = "check", "核对通讯录", "sync"
    right = directory.RIGHT
    note = "平台会读取企业微信通讯录，和名册比一比。结果出来以后由你确认，确认前什么都不会改。"
    button = "开始核对"
    scope = BranchField(label="核对范围", help_text="包括它下面的所有组织。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["scope"].narrow(self.by, directory.RIGHT)

    def run(self):
        directory.ask_for_check(scope=self.cleaned_data["scope"], by=self.by)
        return "已经开始，几分钟后回到这里看结果。"


class ApproveSync(Step):
    slug, title, icon = "approve", "确认并处理", "check"
    right = directory.RIGHT
    note = "账号会按学号或工号绑定，部门会对应起来，被绑定的人会收到通知。“对不上”的不处理。"
    button = "确认"
    confirmed = forms.BooleanField(label="我已在企业微信里核实，这些人或部门确实要去掉", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.row.is_braked:
            del self.fields["confirmed"]

    @classmethod
    def fits(cls, row, by):
        return row.state == State.OPEN

    def run(self):
        directory.approve(sync=self.row, by=self.by, **self.cleaned_data)
        return "已确认，正在处理。"


class DiscardSync(Step):
    slug, title, icon = "discard", "放弃这次核对", "close"
    right = directory.RIGHT
    note = "什么都不改。以后可以重新核对。"
    button = "放弃"
    danger = True

    @classmethod
    def fits(cls, row, by):
        return row.state in {State.OPEN, State.NEEDED}

    def run(self):
        directory.discard(sync=self.row, by=self.by)
        return "已放弃。"


class BindAccount(Step):
    slug, title, icon = "bind", "登记账号", "link"
    right = directory.RIGHT
    note = "账号在企业微信管理后台“通讯录”里看。本人会收到通知。"
    person = PersonField(label="人员")
    userid = forms.CharField(label="企业微信账号", max_length=64)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].narrow(self.by, directory.RIGHT)

    def run(self):
        identities.bind(by=self.by, origin=WeComIdentity.Origin.BY_HAND, **self.cleaned_data)
        return "已登记。"


class UnbindAccount(Step):
    slug, title, icon = "unbind", "解绑", "link_off"
    right = directory.RIGHT
    note = "这个账号马上不能再以他的身份登录，已登录的也会退出。"
    button = "解绑"
    danger = True
    reason = forms.CharField(label="原因", max_length=200)

    @classmethod
    def fits(cls, row, by):
        return row.unbound_at is None

    def run(self):
        identities.unbind(identity=self.row, by=self.by, **self.cleaned_data)
        return "已解绑。"
