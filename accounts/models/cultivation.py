"""Two relations that must not be mixed: the official contact and the talk group (``domain.md`` X2)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models.branch import Branch
from accounts.models.dated import Dated


class CultivationContact(Dated):
    """培养联系人: a full member who accompanies an activist. One or two at a time, kept apart by ``seat``."""

    activist = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="入党积极分子",
        on_delete=models.PROTECT,
        related_name="contacts",
    )
    contact = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="培养联系人",
        on_delete=models.PROTECT,
        related_name="cultivates",
    )
    seat = models.PositiveSmallIntegerField("第几位", choices=[(1, "第一位"), (2, "第二位")])
    branch = models.ForeignKey(Branch, verbose_name="当时组织", on_delete=models.PROTECT, related_name="+")
    branch_name = models.CharField("当时组织名称", max_length=60)
    reason = models.CharField(
        "说明", max_length=200, blank=True, help_text="联系人在别的支部时，请写明原因。"
    )

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "培养联系人"
        ordering = ["activist", "seat", "since"]
        default_permissions = ()
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["activist", "seat"], condition=Q(until=None), name="two_open_contacts_per_activist"
            ),
            models.UniqueConstraint(
                fields=["activist", "contact"],
                condition=Q(until=None),
                name="open_contacts_of_an_activist_differ",
            ),
            models.CheckConstraint(condition=Q(seat__in=[1, 2]), name="contact_seat_is_1_or_2"),
            models.CheckConstraint(condition=~Q(activist=F("contact")), name="nobody_is_his_own_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.contact} → {self.activist}"


class TalkGroup(Dated):
    """谈话小组 1 + 3: a member and about three activists of one branch, with a WeCom group if wanted."""

    class Chat(models.TextChoices):
        NONE = "none", "未建群"
        CREATING = "creating", "正在建群"
        READY = "ready", "已建群"
        BY_HAND = "by_hand", "请在手机上建群"

    branch = models.ForeignKey(
        Branch, verbose_name="组织", on_delete=models.PROTECT, related_name="talk_groups"
    )
    branch_name = models.CharField("当时名称", max_length=60)
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="组长",
        on_delete=models.PROTECT,
        related_name="leads_talk_groups",
    )
    chat = models.CharField("企业微信群", max_length=10, choices=Chat.choices, default=Chat.NONE)
    chat_id = models.CharField("群编号", max_length=32, blank=True)
    chat_has_secretary = models.BooleanField("群里有书记", default=False)
    # WeCom has not heard yet of who came and went; the worker that tries says when.
    chat_is_stale = models.BooleanField("群成员待更新", default=False, editable=False)
    chat_tried_at = models.DateTimeField("上次处理时间", null=True, blank=True, editable=False)

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "谈话小组"
        ordering = ["branch", "pk"]
        default_permissions = ()
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["branch", "lead"], condition=Q(until=None), name="one_open_group_per_lead_and_branch"
            ),
            models.CheckConstraint(
                condition=~Q(chat="ready") | ~Q(chat_id=""), name="ready_chat_of_a_group_has_an_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead}的谈话小组"


class TalkGroupMember(Dated):
    group = models.ForeignKey(
        TalkGroup, verbose_name="谈话小组", on_delete=models.PROTECT, related_name="members"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="组员",
        on_delete=models.PROTECT,
        related_name="talk_group_memberships",
    )

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "谈话小组成员"
        ordering = ["group", "since", "pk"]
        default_permissions = ()
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["person"], condition=Q(until=None), name="one_open_talk_group_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.group}"
