"""Buttons on courses, their versions and lessons, their files and completions."""

from django import forms
from django.urls import reverse
from unfold.widgets import UnfoldAdminFileFieldWidget

from accounts.admin.steps.fields import BranchField
from accounts.models import Audience, Branch
from core.errors import Invalid
from core.steps import Step
from learning.actions import completions, courses, lessons
from learning.actions.editing import REVIEW, WRITE
from learning.actions.media import store_media
from learning.admin.steps.fields import BranchesField, GradesField, RichTextField, RolesField, StagesField
from learning.models import Completion, Course, CourseVersion, Lesson, Media, Question, Topic
from learning.rules.courses import edition

State = CourseVersion.State
_OPEN = {State.DRAFT, State.IN_REVIEW}
_CHANGES_DROP_REVIEW = "改了以后回到草稿，要重新送审。"
_LEVELS = {label: value for value, label in Question.Difficulty.choices}


class BlueprintField(forms.CharField):
    """One line each: category, difficulty, number of questions. Either comma will do."""

    widget = forms.Textarea({"rows": 4})

    def clean(self, value):
        lines = []
        for number, text in enumerate(super().clean(value).replace("，", ",").splitlines(), 1):
            if text.strip():
                lines.append(self._line(number, text))
        return lines

    def _line(self, number, text):
        parts = [part.strip() for part in text.split(",")]
        if len(parts) != 3 or parts[1] not in _LEVELS or not (parts[2].isdecimal() and len(parts[2]) < 4):
            levels = "、".join(_LEVELS)
            raise forms.ValidationError(f"第 {number} 行要写成“分类,难度,题数”，难度是{levels}。")
        return {"category": parts[0], "difficulty": int(_LEVELS[parts[1]]), "count": int(parts[2])}

    @staticmethod
    def words(blueprint):
        levels = dict(Question.Difficulty.choices)
        return "\n".join(
            f"{line['category']},{levels[line['difficulty']]},{line['count']}" for line in blueprint
        )


class _Named(Step):
    """``title`` is the name of the button, so the field of that name is called ``headline``."""

    headline = forms.CharField(label="名称", max_length=60)

    def refuse(self, error):
        if "title" in getattr(error, "fields", {}):
            error.fields["headline"] = error.fields.pop("title")
        super().refuse(error)


class AddCourse(_Named):
    slug, title, icon = "add", "新建课程", "library_add"
    right = WRITE
    note = "先存成草稿。课节、题目和自测在下一页加，写好再送审。开放对象先定为这个组织的所有人，以后可以改。"
    button = "新建"
    branch = BranchField(label="所属组织")
    series = forms.ChoiceField(label="系列", choices=Course.Series.choices, required=False)
    summary = forms.CharField(
        label="简介", max_length=300, required=False, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].narrow(self.by, WRITE)

    def run(self):
        data = self.cleaned_data
        version = courses.add_course(
            by=self.by,
            branch=data["branch"],
            title=data["headline"],
            series=data["series"],
            summary=data["summary"],
        )
        self.next_url = reverse("admin:learning_courseversion_change", args=[version.pk])
        return "已存成草稿。"


class PlaceCourse(Step):
    slug, title, icon = "place", "开放对象和排序", "group"
    right = WRITE
    note = "身份、阶段、年级不选就是不限。课程发布以后，由有审核权限的同志调整。"
    button = "保存"
    branches = BranchesField(label="组织", help_text="包括下级组织。")
    roles = RolesField(label="身份")
    stages = StagesField(label="发展阶段")
    grades = GradesField(label="年级", help_text="例如 2024、2025。")
    series = forms.ChoiceField(label="系列", choices=Course.Series.choices, required=False)
    topic = forms.ModelChoiceField(
        label="专题", queryset=Topic.objects.none(), required=False, empty_label="不属于专题"
    )
    position = forms.IntegerField(label="排序", min_value=0, max_value=999)

    def __init__(self, *args, row, **kwargs):
        audience = row.audience
        initial = {
            "branches": audience.branches.all(),
            **audience.criteria,
            "grades": "、".join(audience.criteria["grades"]),
            "series": row.series,
            "topic": row.topic,
            "position": row.position,
        }
        super().__init__(*args, row=row, initial=initial, **kwargs)
        self.fields["branches"].narrow(self.by, WRITE)
        self.fields["topic"].queryset = Topic.objects.filter(
            branch__in=row.branch.ancestors(include_self=True)
        )

    @classmethod
    def fits(cls, row, by):
        return row.current_id is None or by.has_right(REVIEW, row.branch)

    def run(self):
        data = self.cleaned_data
        criteria = {name: data[name] for name in ("roles", "stages", "grades")}
        courses.place_course(
            course=self.row,
            by=self.by,
            audience=Audience.objects.obtain(data["branches"], **criteria),
            series=data["series"],
            topic=data["topic"],
            position=data["position"],
        )
        return "已保存。"


class NewVersion(Step):
    slug, title, icon = "version", "写新版本", "file_copy"
    right = WRITE
    note = "从现在发布的版本复制一份来改。发布以前，大家看到的还是现在这一版；学完的记录不受影响。"
    button = "开始写"

    @classmethod
    def fits(cls, row, by):
        return row.current_id is not None and not row.versions.filter(state__in=_OPEN).exists()

    def run(self):
        version = courses.new_version(course=self.row, by=self.by)
        self.next_url = reverse("admin:learning_courseversion_change", args=[version.pk])
        return f"第 {version.number} 版已存成草稿。"


class WithdrawCourse(Step):
    slug, title, icon = "withdraw", "撤下", "visibility_off"
    right = WRITE
    note = "没学完的人不再看到这门课，布置过的任务同时取消。学完的人保留记录，会看到原因。"
    button = "撤下"
    danger = True
    reason = forms.CharField(label="原因", max_length=200)

    @classmethod
    def fits(cls, row, by):
        return row.current_id is not None and row.withdrawn_at is None

    def run(self):
        courses.withdraw_course(course=self.row, by=self.by, reason=self.cleaned_data["reason"])
        return "已撤下。"


class _OnVersion(Step):
    """A button on a version that is being written; its rows are versions."""

    right = WRITE
    states = _OPEN

    @classmethod
    def fits(cls, row, by):
        return row.state in cls.states


class ChangeVersion(_OnVersion, _Named):
    slug, title, icon = "change", "修改课程信息", "edit"
    note = _CHANGES_DROP_REVIEW
    button = "保存"
    summary = forms.CharField(
        label="简介", max_length=300, required=False, widget=forms.Textarea({"rows": 2})
    )
    cover = forms.ModelChoiceField(
        label="封面", queryset=Media.objects.none(), required=False, empty_label="没有封面"
    )
    test_draw = forms.IntegerField(
        label="自测抽几题", min_value=0, max_value=200, help_text="0 就是没有自测。"
    )
    test_pass = forms.IntegerField(label="自测合格线（%）", min_value=0, max_value=100)
    blueprint = BlueprintField(
        label="抽题方案",
        required=False,
        max_length=4000,
        help_text="每行“分类,难度,题数”，例如“党章,容易,3”。不写就从全部题目里抽。",
    )
    same_order = forms.BooleanField(label="所有人同一套题、同一顺序", required=False)

    def __init__(self, *args, row, **kwargs):
        names = ("summary", "cover", "test_draw", "test_pass", "same_order")
        initial = {name: getattr(row, name) for name in names}
        initial |= {"headline": row.title, "blueprint": BlueprintField.words(row.blueprint)}
        super().__init__(*args, row=row, initial=initial, **kwargs)
        own = courses.own_media(self.by, row.course.branch).filter(kind=Media.Kind.IMAGE)
        self.fields["cover"].queryset = own | Media.objects.filter(pk=row.cover_id)
        self.fields["cover"].label_from_instance = lambda picture: picture.alt

    def run(self):
        values = dict(self.cleaned_data)
        values["title"] = values.pop("headline")
        courses.change_draft(version=self.row, by=self.by, **values)
        return "已保存。"


class _LessonWords(_Named):
    """What a lesson says, and the file that belongs to it."""

    kind = forms.ChoiceField(label="类型", choices=Lesson.Kind.choices)
    chapter = forms.CharField(
        label="章", max_length=60, required=False, help_text="同一章的课节写同样的名称。"
    )
    body = RichTextField(label="正文", required=False, help_text="视频课节在这里写文字稿。")
    file = forms.FileField(
        label="视频或 PDF",
        required=False,
        help_text="视频 MP4、WebM 最大 200 MB，音频 MP3、M4A 最大 50 MB，PDF 最大 20 MB。不要上传涉密内容。",
        widget=UnfoldAdminFileFieldWidget(
            attrs={"accept": "video/mp4,video/webm,audio/mpeg,audio/mp4,application/pdf"}
        ),
    )
    url = forms.CharField(label="链接", max_length=500, required=False, help_text="外部链接课节才填。")
    minutes = forms.IntegerField(label="约几分钟", min_value=1, max_value=600, initial=5)

    def values(self, branch):
        data = self.cleaned_data
        values = {name: data[name] for name in ("kind", "chapter", "body", "url", "minutes")}
        if data["file"]:
            values["media"] = store_media(
                content=data["file"], name=data["file"].name, branch=branch, by=self.by
            )
        return values | {"title": data["headline"]}

    def refuse(self, error):
        if "media" in getattr(error, "fields", {}):
            error.fields["file"] = error.fields.pop("media")
        super().refuse(error)


class AddLesson(_OnVersion, _LessonWords):
    slug, title, icon = "lesson", "加一节", "playlist_add"
    note = _CHANGES_DROP_REVIEW
    button = "添加"

    def run(self):
        lesson = lessons.add_lesson(version=self.row, by=self.by, **self.values(self.row.course.branch))
        return f"已加第 {lesson.position} 节。"


class SubmitCourse(_OnVersion):
    slug, title, icon = "submit", "送审", "send"
    note = "课程的题目一起送审。由另一位同志审核，通过就发布。"
    button = "送审"
    states = {State.DRAFT}

    def run(self):
        courses.submit_course(version=self.row, by=self.by)
        return "已送审。"


class ApproveCourse(_OnVersion):
    slug, title, icon = "approve", "通过并发布", "check"
    right = REVIEW
    note = "看过全部课节和题目再点。待审的题目一起通过，现在发布的版本由这一版代替。"
    button = "通过并发布"
    states = {State.IN_REVIEW}
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, row, **kwargs):
        super().__init__(*args, row=row, initial={"seen": edition(row)}, **kwargs)

    def run(self):
        courses.approve_course(version=self.row, by=self.by, seen=self.cleaned_data["seen"])
        return "已发布。"


class ReturnCourse(_OnVersion):
    slug, title, icon = "return", "退回修改", "undo"
    right = REVIEW
    button = "退回"
    states = {State.IN_REVIEW}
    reason = forms.CharField(label="要改什么", max_length=200, widget=forms.Textarea({"rows": 3}))

    def run(self):
        courses.return_course(version=self.row, by=self.by, note=self.cleaned_data["reason"])
        return "已退回，作者会收到通知。"


class _OnLesson(Step):
    right = WRITE

    @classmethod
    def fits(cls, row, by):
        return row.version.state in _OPEN

    def back_to_version(self):
        self.next_url = reverse("admin:learning_courseversion_change", args=[self.row.version_id])


class ChangeLesson(_OnLesson, _LessonWords):
    slug, title, icon = "change", "修改", "edit"
    note = f"不选新文件就保留原来的。{_CHANGES_DROP_REVIEW}"
    button = "保存"

    def __init__(self, *args, row, **kwargs):
        names = ("kind", "chapter", "body", "url", "minutes")
        initial = {name: getattr(row, name) for name in names} | {"headline": row.title}
        super().__init__(*args, row=row, initial=initial, **kwargs)

    def run(self):
        values = self.values(self.row.version.course.branch)
        if values["kind"] in {Lesson.Kind.TEXT, Lesson.Kind.LINK}:
            values["media"] = None
        lessons.change_lesson(lesson=self.row, by=self.by, **values)
        return "已保存。"


class MoveLesson(_OnLesson):
    slug, title, icon = "move", "调整次序", "swap_vert"
    button = "移动"
    to = forms.IntegerField(label="排到第几节", min_value=1, max_value=300)

    def run(self):
        lessons.move_lesson(lesson=self.row, by=self.by, to=self.cleaned_data["to"])
        self.back_to_version()
        return "已移动。"


class RemoveLesson(_OnLesson):
    slug, title, icon = "remove", "删除", "delete"
    note = "只从正在写的这一版里删掉，以前的版本和大家学过的记录不变。"
    button = "删除"
    danger = True

    def run(self):
        lessons.remove_lesson(lesson=self.row, by=self.by)
        self.back_to_version()
        return "已删除。"


class UploadMedia(Step):
    slug, title, icon = "upload", "上传", "upload"
    right = WRITE
    note = (
        "图片最大 5 MB，PDF 20 MB，音频 50 MB，视频 200 MB。图片里的拍摄地点等信息会去掉。"
        "不要上传涉密内容；有别人的脸，先征得本人同意。"
    )
    button = "上传"
    branch = BranchField(label="所属组织")
    file = forms.FileField(label="文件", widget=UnfoldAdminFileFieldWidget())
    alt = forms.CharField(
        label="替代文字", max_length=200, required=False, help_text="图片必填：看不到图片的人会听到它。"
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].narrow(self.by, WRITE)

    def run(self):
        data = self.cleaned_data
        media = store_media(
            content=data["file"], name=data["file"].name, branch=data["branch"], by=self.by, alt=data["alt"]
        )
        self.next_url = reverse("admin:learning_media_change", args=[media.pk])
        return "已上传。"


class ConfirmCompletion(Step):
    slug, title, icon = "confirm", "确认结业", "verified"
    right = completions.CONFIRM
    note = "确认这位同志学完了这门课，例如线下考核以后。确认后不能撤回。"
    button = "确认"

    @classmethod
    def fits(cls, row, by):
        return row.confirmed_at is None and row.person_id != by.pk

    def run(self):
        completions.confirm_completions(completions=Completion.objects.filter(pk=self.row.pk), by=self.by)
        return "已确认。"


class _Filtered(Step):
    """For all completions of a branch, a course, a series."""

    branch = forms.ModelChoiceField(
        label="组织", queryset=Branch.objects.none(), required=False, empty_label="我负责的全部"
    )
    course = forms.ModelChoiceField(
        label="课程", queryset=Course.objects.none(), required=False, empty_label="全部课程"
    )
    series = forms.ChoiceField(
        label="系列", required=False, choices=[("", "全部系列"), (Course.Series.PARTY_SCHOOL, "党校课程")]
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        branches = Branch.objects.where(self.by, self.right)
        self.fields["branch"].queryset = branches
        done = completions.completions_in(branches).values("course")
        self.fields["course"].queryset = Course.objects.filter(pk__in=done).select_related("current")


class ConfirmAll(_Filtered):
    slug, title, icon = "confirm", "批量确认结业", "verified"
    right = completions.CONFIRM
    note = "确认选中范围里所有还没确认的结业，例如线下考核以后。确认后不能撤回。"
    button = "全部确认"
    count = forms.IntegerField(
        label="一共几条", min_value=1, help_text="为了不多确认，请填列表上的条数；对不上就不会确认。"
    )

    def run(self):
        data = self.cleaned_data
        branches = Branch.objects.where(self.by, self.right)
        rows = completions.completions_in(branches.subtree(data["branch"]) if data["branch"] else branches)
        rows = rows.filter(course=data["course"]) if data["course"] else rows
        rows = rows.filter(course__series=data["series"]) if data["series"] else rows
        rows = rows.filter(confirmed_at=None).exclude(person=self.by)
        if (found := rows.count()) != data["count"]:
            raise Invalid(fields={"count": [f"现在有 {found} 条没确认，和填的 {data['count']} 条对不上。"]})
        return f"已确认 {completions.confirm_completions(completions=rows, by=self.by)} 条。"


class ExportCompletions(_Filtered):
    slug, title, icon = "export", "导出", "download"
    right = completions.EXPORT
    note = "文件里会写上你的姓名、时间和用途，名单里的人会收到通知。文件 24 小时后删除，只有你能下载。"
    button = "导出"
    form = forms.ChoiceField(
        label="哪一种表", choices=[(key, label) for key, (label, _) in completions.FORMS.items()]
    )
    reason = forms.CharField(label="用途", max_length=100, help_text="例如“2026 年秋季党校结业”。")
    field_order = ["form"]

    def run(self):
        file = completions.export_completions(by=self.by, **self.cleaned_data)
        self.next_url = file.get_absolute_url()
        return "已生成。"
