"""One sitting of a quiz, its answers and what happened to it (``reliability.md`` A4, §2.2, §3.5)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from learning.models.question import QuestionVersion
from learning.models.quiz import Quiz


class AttemptQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own and nobody else's: results belong to the learner (``domain.md`` C12)."""
        return self.filter(person=person)

    def open(self):
        return self.filter(state=Attempt.State.OPEN)

    def counted(self):
        """Closed sittings that count: a month-end quiz counts the first, what follows is practice."""
        return self.filter(state=Attempt.State.CLOSED, is_practice=False)


class Attempt(models.Model):
    """A sitting. Its questions are fixed when it starts; ``ends_at`` is when answers stop being taken.

    ``score`` and ``full`` are points; both are empty until it is closed. ``key`` is the idempotency key of the
    request that handed it in. ``branch_name`` is the branch of that day.
    """

    class State(models.TextChoices):
        OPEN = "open", "进行中"
        CLOSED = "closed", "已交卷"
        VOID = "void", "作废"

    class ClosedBy(models.TextChoices):
        PERSON = "person", "本人交卷"
        CLOCK = "clock", "到时间自动交卷"
        WITHDRAWAL = "withdrawal", "测评撤下"

    quiz = models.ForeignKey(
        Quiz, verbose_name="测评", on_delete=models.PROTECT, related_name="attempts_made"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="答题的人", on_delete=models.PROTECT, related_name="attempts"
    )
    number = models.PositiveSmallIntegerField("第几次")
    is_practice = models.BooleanField("练习", default=False)
    branch_name = models.CharField("当时所在支部", max_length=60, blank=True)
    state = models.CharField("状态", max_length=6, choices=State.choices, default=State.OPEN)
    started_at = models.DateTimeField("开始时间")
    ends_at = models.DateTimeField("最晚交卷时间", null=True, blank=True)
    closed_at = models.DateTimeField("交卷时间", null=True, blank=True)
    closed_by = models.CharField("怎样交的", max_length=10, choices=ClosedBy.choices, blank=True)
    key = models.CharField("请求编号", max_length=64, blank=True, editable=False)
    score = models.DecimalField("得分", max_digits=6, decimal_places=2, null=True, blank=True)
    full = models.DecimalField("满分", max_digits=6, decimal_places=2, null=True, blank=True)
    passed = models.BooleanField("合格", null=True, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "答卷"
        ordering = ["-started_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["quiz", "person"],
                condition=Q(state="open"),
                name="one_open_attempt_per_person_and_quiz",
            ),
            models.UniqueConstraint(fields=["quiz", "person", "number"], name="attempts_are_numbered"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None, closed_by="", score=None, passed=None)
                | Q(state="closed", closed_at__isnull=False, score__isnull=False, passed__isnull=False)
                & ~Q(closed_by="")
                | Q(state="void", closed_at__isnull=False) & ~Q(closed_by=""),
                name="closed_attempt_says_when_how_and_its_score",
            ),
        ]
        indexes = [
            # what the closing job asks for every minute
            models.Index(fields=["ends_at"], condition=Q(state="open"), name="open_attempt_by_end"),
            # the learner's own history, by keyset
            models.Index(fields=["person", "-started_at", "-id"], name="attempt_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.quiz} · 第 {self.number} 次"


class Answer(models.Model):
    """The place for one answer, made when the attempt starts.

    ``order`` is the order in which the options were shown, as indexes into ``version.options``. ``value`` is in
    the shape of ``QuestionVersion.answer`` (single ``["B"]``, fill-in ``["3", "5"]``), null until answered.
    ``sequence`` is the client's count of changes: a save with an old one changes nothing. ``points`` are given
    when the attempt is graded; from then on nothing is taken any more.
    """

    attempt = models.ForeignKey(
        Attempt, verbose_name="答卷", on_delete=models.CASCADE, related_name="answers"
    )
    position = models.PositiveSmallIntegerField("次序")
    version = models.ForeignKey(
        QuestionVersion, verbose_name="题目版本", on_delete=models.PROTECT, related_name="answers"
    )
    order = models.JSONField("选项次序", default=list)
    value = models.JSONField("答案", null=True, blank=True)
    is_marked = models.BooleanField("标记", default=False)
    sequence = models.PositiveIntegerField("修改次数", default=0)
    saved_at = models.DateTimeField("保存时间", null=True, blank=True)
    points = models.DecimalField("得分", max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "答案"
        ordering = ["attempt", "position"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="answers_stand_in_order"),
            models.UniqueConstraint(fields=["attempt", "version"], name="attempt_asks_a_question_once"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} · 第 {self.position} 题"


class AttemptEvent(models.Model):
    """What happened to an attempt, for the learner who asks later. No proctoring: no focus, no screen, no place."""

    class Kind(models.TextChoices):
        STARTED = "started", "开始"
        RESUMED = "resumed", "接着答"
        RECONNECTED = "reconnected", "断网后补存"
        SUBMITTED = "submitted", "交卷"
        CLOSED_BY_CLOCK = "closed_by_clock", "到时间自动交卷"
        WITHDRAWN = "withdrawn", "测评撤下"
        REGRADED = "regraded", "更正答案后重新判分"

    attempt = models.ForeignKey(Attempt, verbose_name="答卷", on_delete=models.CASCADE, related_name="events")
    kind = models.CharField("事件", max_length=16, choices=Kind.choices)
    at = models.DateTimeField("时间", auto_now_add=True)
    detail = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "答卷经过"
        ordering = ["attempt", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.attempt_id} · {self.get_kind_display()}"
