from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.dated import Dated


class DormBuilding(models.Model):
    class Residents(models.TextChoices):
        MEN = "men", "男生"
        WOMEN = "women", "女生"
        MIXED = "mixed", "按楼层分"

    name = models.CharField("楼栋", max_length=40, unique=True)
    residents = models.CharField("住宿对象", max_length=6, choices=Residents.choices)
    floors = models.PositiveSmallIntegerField("层数")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "宿舍楼"
        ordering = ["name"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class DormRoom(models.Model):
    building = models.ForeignKey(
        DormBuilding, verbose_name="楼栋", on_delete=models.PROTECT, related_name="rooms"
    )
    floor = models.PositiveSmallIntegerField("楼层")
    name = models.CharField("房间号", max_length=20)
    beds = models.PositiveSmallIntegerField("床位数")
    residents = models.CharField(
        "住宿对象", max_length=6, choices=[("men", "男生"), ("women", "女生")], help_text="混住楼按房间登记。"
    )

    class Meta:
        verbose_name = verbose_name_plural = "寝室"
        ordering = ["building", "floor", "name"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["building", "name"], name="room_name_is_unique_in_building"),
            models.CheckConstraint(condition=Q(beds__gte=1, beds__lte=12), name="room_has_1_to_12_beds"),
        ]

    def __str__(self) -> str:
        return f"{self.building} {self.name}"


class RoomAssignment(Dated):
    """A person sleeps in a bed for a while."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="人员",
        on_delete=models.PROTECT,
        related_name="room_assignments",
    )
    room = models.ForeignKey(
        DormRoom, verbose_name="寝室", on_delete=models.PROTECT, related_name="assignments"
    )
    bed = models.PositiveSmallIntegerField("床位")

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "住宿安排"
        ordering = ["room", "bed", "since"]
        default_permissions = ()
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["person"], condition=Q(until=None), name="one_open_bed_per_person"
            ),
            models.UniqueConstraint(
                fields=["room", "bed"], condition=Q(until=None), name="one_open_person_per_bed"
            ),
            models.CheckConstraint(condition=Q(bed__gte=1), name="beds_count_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.room} {self.bed} 号床"
