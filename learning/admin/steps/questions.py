"""Buttons on questions: write, review, retire, put a wrong key right."""

import datetime as dt

from django import forms
from django.db import transaction
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminFileFieldWidget

from accounts.admin.steps.fields import BranchField
from accounts.models import Branch
from core.errors import DomainError
from core.steps import DateField, Step
from learning.actions import corrections, questions
from learning.actions.editing import REVIEW, WRITE
from learning.actions.media import store_media
from learning.models import Item, Lesson, Media, Question, QuestionVersion, Topic
from learning.rules.answers import read_answer, write_answer
from learning.rules.questions import fingerprint

ITEMS_OFFERED = dt.timedelta(days=365)

_State = QuestionVersion.State
_ANSWER_HELP = "单选写 B，多选写 ABD，判断写“对”或“错”；填空的几种写法用“/”隔开，几个空用“；”隔开。"


def open_version(question):
    """The draft of a question, in review or not."""
    return _version_in(question, (_State.DRAFT, _State.IN_REVIEW))


def approved_version(question):
    return _version_in(question, (_State.APPROVED,))


def _version_in(question, states):
    return next((version for version in question.versions.all() if version.state in states), None)


def waiting_correction(question):
    """The proposal to put the key right that waits for somebody, if there is one."""
    version = open_version(question)
    return getattr(version, "corrects", None) if version and version.state == _State.IN_REVIEW else None


class LessonField(forms.ModelChoiceField):
    """A lesson of the newest version of a course one writes for."""

    def __init__(self, **kwargs):
        super().__init__(queryset=Lesson.objects.none(), required=False, empty_label="不属于课程", **kwargs)

    def narrow(self, by):
        newest = Lesson.objects.filter(version__course__branch__in=Branch.objects.where(by, WRITE))
        newest = newest.values("version__course").annotate(version=Max("version__pk")).values("version")
        self.queryset = (
            Lesson.objects.filter(version__in=newest)
            .select_related("version__course")
            .order_by("version", "position")
        )

    def label_from_instance(self, lesson):
        return f"{lesson.version.title} · {lesson.title}"


class QuestionFields(Step):
    """What is written about a question. The key is read by ``learning.rules.answers``."""

    right = WRITE
    button = "保存草稿"
    kind = forms.ChoiceField(label="题型", choices=QuestionVersion.Kind.choices)
    stem = forms.CharField(
        label="题干",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="填空题用 ____ 标出每个空。",
    )
    options = forms.CharField(
        label="选项",
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="一行一个，2–20 个，不用写 A、B；判断和填空不填。",
    )
    answer = forms.CharField(label="答案", max_length=2000, required=False, help_text=_ANSWER_HELP)
    explanation = forms.CharField(
        label="解析", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    basis = forms.CharField(label="依据", max_length=200, required=False, help_text="例如“党章第七条”。")
    category = forms.CharField(label="分类", max_length=60, required=False)
    difficulty = forms.TypedChoiceField(
        label="难度",
        choices=Question.Difficulty.choices,
        coerce=int,
        initial=Question.Difficulty.MEDIUM,
    )
    code = forms.CharField(label="编号", max_length=40, required=False, help_text="不填会自动编号。")
    topic = forms.ModelChoiceField(
        Topic.objects.none(), label="专题", required=False, empty_label="不属于专题"
    )
    item = forms.ModelChoiceField(
        Item.objects.none(), label="推送内容", required=False, empty_label="不属于推送内容"
    )
    lesson = LessonField(label="课节")
    paragraph = forms.IntegerField(
        label="出自第几段",
        required=False,
        min_value=1,
        max_value=9999,
        help_text="属于推送内容或课节的题要填，解析会连到那一段。",
    )
    picture = forms.FileField(
        label="图片",
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text="不选就保留原来的图片。",
    )
    alt = forms.CharField(
        label="替代文字", max_length=200, required=False, help_text="看不到图片的人会听到它，有图片就要写。"
    )
    valid_from = DateField(label="生效日期", required=False)
    valid_until = DateField(label="失效日期", required=False, help_text="从这一天起不再出题。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        branches = Branch.objects.where(self.by, WRITE)
        self.fields["topic"].queryset = Topic.objects.filter(branch__in=self._above(branches))
        recent = Q(created_at__gte=timezone.now() - ITEMS_OFFERED) | Q(
            pk=self.row.item_id if self.row else None
        )
        self.fields["item"].queryset = Item.objects.filter(recent, branch__in=branches).order_by("-pk")
        self.fields["lesson"].narrow(self.by)

    @staticmethod
    def _above(branches):
        found = {row.pk for branch in branches for row in branch.ancestors(include_self=True)}
        return Branch.objects.filter(pk__in=found)

    def values(self):
        """The typed values under the names of the actions."""
        given = dict(self.cleaned_data)
        lesson = given.pop("lesson")
        given["course"] = lesson.version.course if lesson else None
        given["lesson_key"] = lesson.key if lesson else None
        given["options"] = [line for line in map(str.strip, given["options"].splitlines()) if line]
        given["answer"] = read_answer(given["kind"], given["answer"])
        file, alt = given.pop("picture"), given.pop("alt")
        if file:
            branch = self.row.branch if self.row else given["branch"]
            given["image"] = store_media(
                content=file, name=file.name, branch=branch, by=self.by, alt=alt, kind=Media.Kind.IMAGE
            )
        return given


class AddQuestion(QuestionFields):
    slug, title, icon = "add", "新建题目", "add"
    note = "先存成草稿，提交以后由另一位同志审核。"
    branch = BranchField(label="组织")
    field_order = ["branch"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].narrow(self.by, WRITE)

    @transaction.atomic
    def run(self):
        version = questions.add_question(by=self.by, **self.values())
        self.next_url = reverse("admin:learning_question_change", args=[version.question_id])
        return f"已存成草稿，编号 {version.question.code}。"


class ChangeQuestion(QuestionFields):
    """Fields that cannot change any more are left out: where an approved question belongs."""

    slug, title, icon = "change", "修改", "edit"
    without_picture = forms.BooleanField(label="去掉现在的图片", required=False)

    def __init__(self, *args, row, **kwargs):
        version = open_version(row) or approved_version(row)
        super().__init__(*args, row=row, initial=self._initial(row, version), **kwargs)
        self.fields["code"].required = True
        if not version.image_id:
            del self.fields["without_picture"]
        if approved_version(row):
            del self.fields["item"], self.fields["lesson"]
            self.note = (
                "这道题已经通过审核。改好的是新的一版，审核通过以前仍然用现在这一版；做过的卷子不受影响。"
            )

    @staticmethod
    def _initial(row, version):
        names = ("kind", "stem", "explanation", "basis", "paragraph", "valid_from", "valid_until")
        lesson = Lesson.objects.filter(version__course=row.course_id, key=row.lesson_key)
        return {name: getattr(version, name) for name in names} | {
            "options": "\n".join(version.options),
            "answer": write_answer(version),
            "category": row.category,
            "difficulty": row.difficulty,
            "code": row.code,
            "topic": row.topic_id,
            "item": row.item_id,
            "lesson": lesson.order_by("-version").values_list("pk", flat=True).first(),
        }

    @classmethod
    def fits(cls, row, by):
        return row.retired_at is None

    def values(self):
        without_picture = self.cleaned_data.pop("without_picture", False)
        self.cleaned_data.setdefault("lesson", None)
        given = super().values()
        if without_picture:
            given.setdefault("image", None)
        if "lesson" not in self.fields:
            del given["course"], given["lesson_key"]
        return given

    @transaction.atomic
    def run(self):
        version = questions.change_question(question=self.row, by=self.by, **self.values())
        return f"已保存，第 {version.number} 版现在是“{version.get_state_display()}”。"


class SubmitQuestion(Step):
    slug, title, icon = "submit", "提交审核", "send"
    right = WRITE
    note = "提交以后由另一位同志审核；审核以前再改，要重新提交。"
    button = "提交"

    @classmethod
    def fits(cls, row, by):
        version = open_version(row)
        return row.retired_at is None and version is not None and version.state == _State.DRAFT

    def run(self):
        questions.submit_question(version=open_version(self.row), by=self.by)
        return "已提交审核。"


class _Review(Step):
    """Shows what is decided about, and decides about nothing else."""

    right = REVIEW
    template = "admin/learning/review_question.html"

    def __init__(self, *args, row, **kwargs):
        self.version = open_version(row)
        self.before = approved_version(row)
        super().__init__(*args, row=row, **kwargs)

    @classmethod
    def fits(cls, row, by):
        version = open_version(row)
        return version is not None and version.state == _State.IN_REVIEW and version.author_id != by.pk


class ApproveQuestion(_Review):
    slug, title, icon = "approve", "通过", "check"
    button = "通过"
    note = "请核对题干、答案和依据。通过以后就可以出题。"
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, row, **kwargs):
        super().__init__(*args, row=row, **kwargs)
        self.fields["seen"].initial = fingerprint(self.version)

    @classmethod
    def fits(cls, row, by):
        return super().fits(row, by) and waiting_correction(row) is None

    def run(self):
        questions.approve_question(version=self.version, by=self.by, seen=self.cleaned_data["seen"])
        return "已通过。"


class ReturnQuestion(_Review):
    slug, title, icon = "return", "退回修改", "undo"
    button = "退回"
    note = "作者会收到通知。"
    reason = forms.CharField(label="要改什么", max_length=200)

    def run(self):
        questions.return_question(version=self.version, by=self.by, note=self.cleaned_data["reason"])
        return "已退回。"


class RetireQuestion(Step):
    slug, title, icon = "retire", "停用", "block"
    right = WRITE
    button = "停用"
    danger = True
    note = "从现在起不再出这道题，已经出在卷子里的不受影响。停用以后不能恢复，要用请新建。"

    @classmethod
    def fits(cls, row, by):
        decided = any(version.state in {_State.APPROVED, _State.REPLACED} for version in row.versions.all())
        return row.retired_at is None and (not decided or by.has_right(REVIEW, row.branch))

    def run(self):
        questions.retire_question(question=self.row, by=self.by)
        return "已停用。"


class ProposeCorrection(Step):
    slug, title, icon = "correct", "更正答案", "rule"
    right = WRITE
    button = "提出更正"
    note = (
        "答案写错了、已经有人答过，用这里更正：由另一位同志看过影响后执行，做过的卷子重新判分。"
        "题干或选项要改，请用“修改”。"
    )
    answer = forms.CharField(label="正确的答案", max_length=2000, help_text=_ANSWER_HELP)
    explanation = forms.CharField(
        label="解析", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    reason = forms.CharField(label="为什么要更正", max_length=200)

    def __init__(self, *args, row, **kwargs):
        version = approved_version(row)
        initial = {"answer": write_answer(version), "explanation": version.explanation}
        super().__init__(*args, row=row, initial=initial, **kwargs)
        self.version = version

    @classmethod
    def fits(cls, row, by):
        return approved_version(row) is not None and open_version(row) is None

    def run(self):
        corrections.propose_correction(
            version=self.version,
            answer=read_answer(self.version.kind, self.cleaned_data["answer"]),
            explanation=self.cleaned_data["explanation"],
            reason=self.cleaned_data["reason"],
            by=self.by,
        )
        return "已提出，等另一位同志执行。"


class ApplyCorrection(Step):
    """Shows who many gain and lose, quiz by quiz, before anything is written."""

    slug, title, icon = "apply-correction", "执行更正", "published_with_changes"
    right = REVIEW
    button = "执行更正"
    danger = True
    template = "admin/learning/apply_correction.html"
    note = "执行以后，交了的卷子重新判分，还在答的交卷以后按新答案判分，得分有变化的人会收到通知。已经学完的课程不受影响。"
    lower_passed = forms.BooleanField(
        label="得分不够的，把合格改为不合格", required=False, help_text="不选就保留原来的合格。"
    )
    lower_reason = forms.CharField(
        label="改为不合格的理由",
        max_length=200,
        required=False,
        help_text="选了上面一项要写，会记入审计日志。",
    )

    def __init__(self, *args, row, **kwargs):
        self.correction = waiting_correction(row)
        super().__init__(*args, row=row, **kwargs)

    def effects(self):
        return corrections.preview_correction(
            version=self.correction.wrong, answer=self.correction.fixed.answer, by=self.by
        )

    @classmethod
    def fits(cls, row, by):
        correction = waiting_correction(row)
        return correction is not None and correction.fixed.author_id != by.pk

    def run(self):
        corrections.apply_correction(correction=self.correction, by=self.by, **self.cleaned_data)
        return "已更正，做过的卷子正在重新判分。"


class ApproveCategory(Step):
    """Everything of a category that waits, as it was when the page was opened."""

    slug, title, icon = "approve-category", "整类通过", "done_all"
    right = REVIEW
    button = "全部通过"
    note = "请先逐题看过。自己写的、答案更正的和打开这一页以后又改过的题不会通过。"
    category = forms.ChoiceField(label="分类")
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.waiting = {}
        branches = Branch.objects.where(self.by, REVIEW)
        versions = QuestionVersion.objects.filter(
            state=_State.IN_REVIEW, question__branch__in=branches, question__retired_at=None, corrects=None
        )
        for version in versions.exclude(author=self.by).select_related("question", "image").order_by("pk"):
            self.waiting.setdefault(version.question.category, []).append(version)
        self.fields["category"].choices = [
            (category, f"{category or '没有分类'}（{len(found)} 道）")
            for category, found in sorted(self.waiting.items())
        ]
        self.fields["seen"].initial = ",".join(
            f"{version.pk}:{fingerprint(version)}" for found in self.waiting.values() for version in found
        )

    def run(self):
        seen = dict(part.partition(":")[::2] for part in self.cleaned_data["seen"].split(","))
        approved, left = 0, []
        for version in self.waiting[self.cleaned_data["category"]]:
            try:
                questions.approve_question(version=version, by=self.by, seen=seen.get(str(version.pk), "?"))
            except DomainError as refusal:
                left.append(f"{version.question.code}：{refusal}")
            else:
                approved += 1
        return "。".join([f"通过了 {approved} 道", *(f"没有通过 {line}" for line in left)])
