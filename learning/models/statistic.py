from django.db import models

from learning.models.question import QuestionVersion


class ItemStatistic(models.Model):
    """How a question version did, over all counted attempts, as Moodle defines it (``targets.md`` B9).

    ``facility`` is the mean share of the points (0–1), ``discrimination`` the correlation of a person's points in
    this question with those in the rest of the quiz (−1–1), null where it is undefined.
    """

    version = models.OneToOneField(
        QuestionVersion, verbose_name="题目版本", on_delete=models.CASCADE, related_name="statistic"
    )
    takers = models.PositiveIntegerField("人次")
    facility = models.FloatField("难度系数", null=True)
    discrimination = models.FloatField("区分度", null=True)
    is_weak = models.BooleanField("需要看一看", default=False)
    computed_at = models.DateTimeField("计算时间")

    class Meta:
        verbose_name = verbose_name_plural = "题目分析"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.version}"
