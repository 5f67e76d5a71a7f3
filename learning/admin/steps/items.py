"""Buttons on an item: write, choose whom it is for, ask about it, review it, place it, take it back."""

from django import forms
from django.db.models import Q
from django.urls import reverse

from accounts.admin.steps.fields import BranchField
from accounts.models import Audience, Branch
from core.errors import Invalid
from core.steps import Step
from learning import richtext
from learning.actions import items, questions
from learning.actions.editing import REVIEW, WRITE
from learning.admin.steps.fields import (
    BranchesField,
    GradesField,
    MomentField,
    RichTextField,
    RolesField,
    StagesField,
)
from learning.models import Column, Item, Media, QuestionVersion, Topic
from learning.rules import items as rules
from learning.rules.reach import reach_of

State = Item.State
_UNSENT = {State.DRAFT, State.IN_REVIEW, State.APPROVED, State.SCHEDULED}
_TRUE_OR_FALSE = {"对": "T", "错": "F"}
_CHANGES_DROP_APPROVAL = "改了以后回到草稿，要重新送审。"


class _Words(Step):
    """What an item says."""

    right = WRITE
    button = "保存"
    headline = forms.CharField(label="标题", max_length=60)
    column = forms.ModelChoiceField(
        label="栏目", queryset=Column.objects.filter(is_open=True), empty_label="请选择"
    )
    summary = forms.CharField(
        label="摘要",
        max_length=120,
        required=False,
        help_text="一两句话，列表里显示。",
        widget=forms.Textarea({"rows": 2}),
    )
    body = RichTextField(label="正文", required=False, help_text="3 分钟能读完：不超过 1200 字。")
    source = forms.CharField(label="来源", max_length=120, required=False)
    minutes = forms.IntegerField(
        label="阅读约几分钟", required=False, min_value=1, max_value=60, help_text="不填就按字数估计。"
    )
    topic = forms.ModelChoiceField(
        label="专题", queryset=Topic.objects.none(), required=False, empty_label="不属于专题"
    )

    def values(self):
        data = self.cleaned_data
        names = ("column", "summary", "body", "source", "minutes", "topic")
        return {"title": data["headline"]} | {name: data[name] for name in names}

    def refuse(self, error):
        if "title" in getattr(error, "fields", {}):
            error.fields["headline"] = error.fields.pop("title")
        super().refuse(error)

    def told(self, item):
        """That it is saved, and what will be asked for before the review."""
        return f"已保存。{rules.length_problem(item)}"


class WriteItem(_Words):
    slug, title, icon = "write", "写一篇", "edit_square"
    note = "先存成草稿。推送对象、题目在下一页加，写好再送审。"
    branch = BranchField(label="所属组织", help_text="推送对象先定为这个组织的所有人，以后可以改。")
    field_order = ["branch"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].narrow(self.by, WRITE)
        self.fields["topic"].queryset = _topics(Branch.objects.where(self.by, WRITE))

    def run(self):
        item = items.draft_item(by=self.by, branch=self.cleaned_data["branch"], **self.values())
        self.next_url = reverse("admin:learning_item_change", args=[item.pk])
        return self.told(item)


class ChangeItem(_Words):
    """Saves against the version the editor looked at; his words stay in the form when somebody was faster."""

    slug, title, icon = "change", "修改", "edit"
    note = _CHANGES_DROP_APPROVAL
    cover = forms.ModelChoiceField(
        label="封面", queryset=Media.objects.none(), required=False, empty_label="没有封面"
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, row, **kwargs):
        names = ("column", "summary", "body", "source", "minutes", "topic", "cover", "version")
        initial = {"headline": row.title} | {name: getattr(row, name) for name in names}
        super().__init__(*args, row=row, initial=initial, **kwargs)
        self.fields["topic"].queryset = _topics([row.branch])
        self.fields["column"].queryset = Column.objects.filter(Q(is_open=True) | Q(pk=row.column_id))
        self.fields["cover"].queryset = _pictures(self.by, row)
        self.fields["cover"].label_from_instance = lambda picture: picture.alt

    @classmethod
    def fits(cls, row, by):
        return row.state in _UNSENT

    def run(self):
        version, cover = self.cleaned_data["version"], self.cleaned_data["cover"]
        item = items.change_item(item=self.row, by=self.by, version=version, cover=cover, **self.values())
        return self.told(item)


class ChooseAudience(Step):
    slug, title, icon = "audience", "推送对象", "group"
    right = WRITE
    note = f"身份、阶段、年级不选就是不限。{_CHANGES_DROP_APPROVAL}"
    button = "保存并预览"
    branches = BranchesField(label="组织", help_text="包括下级组织。")
    roles = RolesField(label="身份")
    stages = StagesField(label="发展阶段")
    grades = GradesField(label="年级", help_text="例如 2024、2025。")
    only_subscribers = forms.BooleanField(
        label="只推送给订阅专题的人", required=False, help_text="范围里的其他人可以看，但不会收到提醒。"
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, row, **kwargs):
        audience = row.audience
        initial = {
            "branches": audience.branches.all(),
            **audience.criteria,
            "grades": "、".join(audience.criteria["grades"]),
            "only_subscribers": row.only_subscribers,
            "version": row.version,
        }
        super().__init__(*args, row=row, initial=initial, **kwargs)
        self.fields["branches"].narrow(self.by, WRITE)

    @classmethod
    def fits(cls, row, by):
        return row.state in _UNSENT

    def run(self):
        data = self.cleaned_data
        criteria = {name: data[name] for name in ("roles", "stages", "grades")}
        items.change_item(
            item=self.row,
            by=self.by,
            version=data["version"],
            audience=Audience.objects.obtain(data["branches"], **criteria),
            only_subscribers=data["only_subscribers"],
        )
        self.next_url = reverse("admin:learning_item_reach", args=[self.row.pk])
        return "已保存。"


class AddQuestion(Step):
    slug, title, icon = "question", "加题目", "quiz"
    right = WRITE
    note = "题目跟这篇内容一起送审。月末测评每篇出一道。"
    button = "添加"
    kind = forms.ChoiceField(label="题型", choices=QuestionVersion.Kind.choices)
    stem = forms.CharField(
        label="题干",
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text="填空题用 ____ 标出空格。",
    )
    options = forms.CharField(
        label="选项",
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text="一行一个，判断题和填空题不填。",
    )
    answer = forms.CharField(
        label="答案",
        widget=forms.Textarea({"rows": 2}),
        help_text="单选写 B；多选写 AC；判断写“对”或“错”；填空一行一个空，几种写法用 | 隔开。",
    )
    explanation = forms.CharField(
        label="解析", max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )
    basis = forms.CharField(label="依据", max_length=200, required=False)
    paragraph = forms.TypedChoiceField(label="出自", coerce=int, required=False, empty_value=None)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        texts = richtext.paragraphs(self.row.body)
        places = [(n, f"第 {n} 段：{text[:24]}") for n, text in enumerate(texts, start=1) if text]
        self.fields["paragraph"].choices = [("", "请选择"), *places]

    @classmethod
    def fits(cls, row, by):
        return row.state in _UNSENT

    def run(self):
        data = self.cleaned_data
        options = [line.strip() for line in data["options"].splitlines() if line.strip()]
        answer = _answer(data["kind"], data["answer"])
        rest = {name: data[name] for name in ("kind", "stem", "explanation", "basis", "paragraph")}
        questions.add_question(
            by=self.by, branch=self.row.branch, item=self.row, options=options, answer=answer, **rest
        )
        return "已添加。"


class SubmitItem(Step):
    slug, title, icon = "submit", "送审", "send"
    right = WRITE
    note = "审核的同志会收到通知。没写完的题目一起送审。"
    button = "送审"

    @classmethod
    def fits(cls, row, by):
        return row.state == State.DRAFT

    def refuse(self, error):
        self.status = error.status
        for problem in error.details.get("problems", [str(error)]):
            self.add_error(None, problem)

    def run(self):
        item = items.submit_item(item=self.row, by=self.by)
        asked = len(items.reviewers_of(item))
        if not asked:
            return "已送审。现在没有别的同志能审核，请联系上级组织安排。"
        return f"已送审，通知了 {asked} 位同志。"


class _Review(Step):
    right = REVIEW
    template = "admin/learning/review_item.html"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.body = richtext.shown(self.row.body)
        self.versions = asked_in(self.row)

    @classmethod
    def fits(cls, row, by):
        return row.state == State.IN_REVIEW and not rules.has_written(row, by)


class ApproveItem(_Review):
    slug, title, icon = "approve", "通过", "check_circle"
    note = "这篇内容和送审的题目一起通过。通过以后可以排期。"
    button = "通过"
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, row, **kwargs):
        super().__init__(*args, row=row, initial={"version": row.version}, **kwargs)

    def run(self):
        items.approve_item(item=self.row, by=self.by, **self.cleaned_data)
        return "已通过。"


class ReturnItem(_Review):
    slug, title, icon = "return", "退回", "undo"
    note = "作者会收到通知。"
    button = "退回"
    comment = forms.CharField(label="要改什么", max_length=200, widget=forms.Textarea({"rows": 3}))

    def run(self):
        items.return_item(item=self.row, by=self.by, note=self.cleaned_data["comment"])
        return "已退回。"


class ScheduleItem(Step):
    slug, title, icon = "schedule", "排期", "calendar_add_on"
    right = WRITE
    note = "周一到周五 08:00 到 21:00，到时间自动发出。收到的人以发出那一刻为准。"
    button = "排期"
    template = "admin/learning/schedule_item.html"
    at = MomentField(label="发送时间", help_text="错开整点和半点前后两分钟。")
    more_than_three = forms.BooleanField(label="这一周超过 3 篇也要发", required=False)

    def __init__(self, *args, row, **kwargs):
        super().__init__(*args, row=row, initial={"at": row.scheduled_at}, **kwargs)
        self.reach = reach_of(row, self.by)

    @classmethod
    def fits(cls, row, by):
        return row.state in {State.APPROVED, State.SCHEDULED}

    def run(self):
        items.schedule_item(item=self.row, by=self.by, **self.cleaned_data)
        return "已排期。"


class UnscheduleItem(Step):
    slug, title, icon = "unschedule", "取消排期", "event_busy"
    right = WRITE
    note = "不再自动发出，审核仍然有效。"
    button = "取消排期"

    @classmethod
    def fits(cls, row, by):
        return row.state == State.SCHEDULED

    def run(self):
        items.unschedule_item(item=self.row, by=self.by)
        return "已取消排期。"


class WithdrawItem(Step):
    slug, title, icon = "withdraw", "撤下", "block"
    right = WRITE
    note = "不能恢复。读者看得到标题和原因，看不到正文。"
    button = "撤下"
    danger = True
    reason = forms.CharField(label="原因", max_length=200, help_text="读者会看到。")

    @classmethod
    def fits(cls, row, by):
        return row.state != State.WITHDRAWN

    def run(self):
        items.withdraw_item(item=self.row, by=self.by, **self.cleaned_data)
        return "已撤下。"


def asked_in(item):
    """The questions of an item, each with its answer in words."""
    versions = rules.latest_versions(item)
    for version in versions:
        version.answer_words = _in_words(version)
    return versions


def _in_words(version):
    if version.kind == QuestionVersion.Kind.FILL:
        return "；".join(" 或 ".join(forms) for forms in version.answer)
    words = {key: word for word, key in _TRUE_OR_FALSE.items()}
    return "".join(words.get(key, key) for key in version.answer)


def _topics(branches):
    """The topics of ``branches`` and of everything above them."""
    places = {
        pk for branch in branches for pk in branch.ancestors(include_self=True).values_list("pk", flat=True)
    }
    return Topic.objects.filter(branch__in=places)


def _pictures(by, item):
    own = Q(branch__in=Branch.objects.where(by, WRITE), kind=Media.Kind.IMAGE)
    return Media.objects.filter(own | Q(pk=item.cover_id)).order_by("-created_at")


def _answer(kind, text):
    """What is typed, in the shape of ``QuestionVersion.answer``."""
    if kind == QuestionVersion.Kind.FILL:
        return [line.split("|") for line in text.splitlines() if line.strip()]
    if kind == QuestionVersion.Kind.TRUE_FALSE:
        if text.strip() not in _TRUE_OR_FALSE:
            raise Invalid(fields={"answer": ["判断题的答案写“对”或“错”。"]})
        return [_TRUE_OR_FALSE[text.strip()]]
    return [sign for sign in text.upper() if "A" <= sign <= "T"]
