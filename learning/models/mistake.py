from django.conf import settings
from django.db import models
from django.db.models import Q

from learning.models.question import Question


class MistakeQuerySet(models.QuerySet):
    def visible_to(self, person):
        return self.filter(person=person)

    def kept(self):
        """What still stands in the book."""
        return self.filter(left_at=None)


class Mistake(models.Model):
    """A question a person answered wrongly, in his own book 错题本, with its repetition schedule (``targets.md`` B6).

    ``card`` is the scheduler's state (``fsrs``). A question leaves the book after two spaced successes.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="本人", on_delete=models.CASCADE, related_name="mistakes"
    )
    question = models.ForeignKey(
        Question, verbose_name="题目", on_delete=models.CASCADE, related_name="mistakes"
    )
    card = models.JSONField("复习安排", default=dict)
    due_at = models.DateTimeField("下次复习")
    successes = models.PositiveSmallIntegerField("连续答对", default=0)
    added_at = models.DateTimeField("列入时间", auto_now_add=True)
    left_at = models.DateTimeField("移出时间", null=True, blank=True)

    objects = MistakeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "错题"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "question"], name="one_mistake_per_person_and_question"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "due_at"], condition=Q(left_at=None), name="mistake_by_due_day"),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.question_id}"
