"""Buttons on a person: change what is written, move, let go, let in again; and adding one."""

from django import forms

from accounts.actions import membership, people
from accounts.actions.people import ChangedMeanwhile
from accounts.admin.steps.fields import BranchField
from accounts.models import Membership, User
from accounts.roles import Kind, Stage
from accounts.rules.people import TAKES_PEOPLE
from core.steps import DateField, Step

_PARTY = TAKES_PEOPLE[Membership.Side.PARTY]


class PersonFields(Step):
    """What may be written about a person by hand; neither stage nor rights are among it."""

    number = forms.CharField(label="学号或工号", max_length=40)
    name = forms.CharField(label="姓名", max_length=60)
    kind = forms.ChoiceField(label="类别", choices=Kind.choices)
    gender = forms.ChoiceField(label="性别", choices=User.Gender.choices, required=False)
    birth_month = DateField(label="出生年月", required=False, help_text="只保存到月。")
    grade = forms.IntegerField(label="年级", required=False, min_value=1950, max_value=2100)
    major = forms.CharField(label="专业", max_length=60, required=False)
    class_name = forms.CharField(label="班级", max_length=60, required=False)

    def values(self):
        """The typed values under the names of the model."""
        names = ("number", "name", "kind", "gender", "birth_month", "grade", "major", "class_name")
        return {name: self.cleaned_data[name] for name in names}


class AddPerson(PersonFields):
    slug, title, icon = "add", "添加人员", "person_add"
    right = "accounts.change_person"
    note = "一次添加很多人，请用名册导入。"
    branch = BranchField(label="党支部")
    stage = forms.ChoiceField(label="发展阶段", choices=Stage.choices, initial=Stage.LEAGUE_MEMBER)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].narrow(self.by, self.right, kinds=_PARTY)

    def run(self):
        place = {name: self.cleaned_data[name] for name in ("branch", "stage")}
        person = people.add_person(by=self.by, **place, **self.values())
        return f"已添加{person.name}。"


class ChangePerson(PersonFields):
    """Saves against the version the editor looked at; who comes second sees both values."""

    slug, title, icon = "change", "修改资料", "edit"
    right = "accounts.change_person"
    button = "保存"
    template = "admin/accounts/change_person.html"
    left_on = DateField(label="离校日期", required=False, help_text="可以提前填写，到那天账号自动停用。")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, row, **kwargs):
        initial = {name: getattr(row, name) for name in self.base_fields}
        super().__init__(*args, row=row, initial=initial, **kwargs)
        self.differences = []

    def values(self):
        return super().values() | {"left_on": self.cleaned_data["left_on"]}

    def run(self):
        try:
            people.change_person(
                person=self.row, version=self.cleaned_data["version"], by=self.by, **self.values()
            )
        except ChangedMeanwhile as error:
            self._show(error)
            raise
        return "已保存。"

    def _show(self, conflict):
        """List both values, and let the next press of the button save against what is there now."""
        person = User.objects.get(pk=self.row.pk)
        self.data = self.data.copy()
        self.data["version"] = person.version
        self.differences = [
            (
                User._meta.get_field(name).verbose_name,
                _shown(name, theirs),
                _shown(name, conflict.yours[name]),
            )
            for name, theirs in conflict.theirs.items()
        ]


def _shown(name, value):
    choices = dict(User._meta.get_field(name).flatchoices)
    return choices.get(value, value) or "（空）"


class MovePerson(Step):
    slug, title, icon = "move", "调整支部", "move_up"
    right = "accounts.move_person"
    note = "从这一天起算新支部的人。原支部的职务、谈话小组随之结束，培养联系人保留。"
    branch = BranchField(label="转到")
    since = DateField(label="从哪天起", required=False, help_text="不填就是今天。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].narrow(self.by, self.right, kinds=_PARTY)

    def run(self):
        moved = membership.move_person(person=self.row, by=self.by, **self.cleaned_data)
        return f"已转到{moved.branch_name}。"


class Deactivate(Step):
    slug, title, icon = "deactivate", "停用账号", "person_off"
    right = "accounts.change_person"
    note = "这位同志马上不能再登录，职务同时结束。填了离校日期，组织关系、联系人、床位也在那天结束。"
    button = "停用"
    danger = True
    reason = forms.CharField(label="理由", max_length=200)
    left_on = DateField(label="离校日期", required=False, help_text="只是暂时停用就不填。")

    @classmethod
    def fits(cls, row, by):
        return row.is_active

    def run(self):
        people.deactivate(person=self.row, by=self.by, **self.cleaned_data)
        return "已停用。"


class Reactivate(Step):
    slug, title, icon = "reactivate", "恢复账号", "person_check"
    right = "accounts.change_person"
    note = "恢复以后可以重新登录；职务和小组不会自动恢复。"
    reason = forms.CharField(label="理由", max_length=200)

    @classmethod
    def fits(cls, row, by):
        return not row.is_active

    def run(self):
        people.reactivate(person=self.row, by=self.by, **self.cleaned_data)
        return "已恢复。"
