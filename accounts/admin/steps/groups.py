"""Talk groups 1 + 3: the proposal with its difference, and changes by hand."""

from django import forms

from accounts.actions import groups
from accounts.models import Branch, TalkGroup, User
from core.errors import Conflict
from core.steps import Step


class ArrangeGroups(Step):
    """Shows what would change; saves that very proposal or nothing."""

    slug, title, icon = "arrange-groups", "安排谈话小组", "diversity_3"
    right = "accounts.arrange_groups"
    note = "下面是建议的分组，已有的搭档保持不变。看过再保存；有变化的同志会收到通知。"
    button = "按此保存"
    template = "admin/accounts/groups.html"
    state = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, row, **kwargs):
        self.plan = groups.propose_groups(row)
        super().__init__(*args, row=row, initial={"state": self.plan.state}, **kwargs)

    @classmethod
    def fits(cls, row, by):
        return row.kind == Branch.Kind.BRANCH and row.until is None

    def run(self):
        if self.cleaned_data["state"] != self.plan.state:
            self.data = {**self.data.dict(), "state": self.plan.state}
            raise Conflict("名单或小组刚才有变化，下面是新的建议，请再看一遍。")
        saved = groups.save_groups(branch=self.row, plan=self.plan, by=self.by)
        return f"已保存，现在有 {len(saved)} 个小组。"


class _OnGroup(Step):
    right = "accounts.arrange_groups"

    @classmethod
    def fits(cls, row, by):
        return row.until is None

    def people_here(self):
        return User.objects.active().in_branches([self.row.branch])


class HandOver(_OnGroup):
    slug, title, icon = "hand-over", "换组长", "swap_horiz"
    note = "组员和企业微信群一起交给新组长。"
    lead = forms.ModelChoiceField(User.objects.none(), label="新组长", empty_label="请选择")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["lead"].queryset = self.people_here().party_members().exclude(pk=self.row.lead_id)

    def run(self):
        groups.hand_over_group(group=self.row, by=self.by, **self.cleaned_data)
        return "已换组长。"


class PlaceInGroup(_OnGroup):
    slug, title, icon = "place", "加入组员", "group_add"
    note = "原来在别的小组的，会从那个小组转过来。"
    person = forms.ModelChoiceField(User.objects.none(), label="组员", empty_label="请选择")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        here = self.row.members.filter(until=None).values("person")
        self.fields["person"].queryset = self.people_here().activists().exclude(pk__in=here)

    def run(self):
        groups.place_in_group(group=self.row, by=self.by, **self.cleaned_data)
        return "已加入。"


class CreateChat(_OnGroup):
    slug, title, icon = "create-chat", "建企业微信群", "forum"
    note = "由组长建群，组员会收到企业微信的通知。"
    button = "建群"
    with_secretary = forms.BooleanField(label="请支部书记一起进群", required=False)

    @classmethod
    def fits(cls, row, by):
        waiting = {TalkGroup.Chat.NONE, TalkGroup.Chat.BY_HAND}
        return row.until is None and row.lead_id == by.pk and row.chat in waiting

    def run(self):
        groups.create_chat(group=self.row, by=self.by, **self.cleaned_data)
        return "正在建群，一会儿就好。"
