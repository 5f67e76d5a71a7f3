"""A person: one row for life, whatever branch, office or stage comes and goes."""

from datetime import date
from itertools import product

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Subquery, When
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from guardian.mixins import GuardianUserMixin

from accounts.models.branch import Branch, BranchRight
from accounts.rights import RIGHTS, codename
from accounts.roles import ACTIVISTS, MEMBERS, Kind, Role, Stage, role_of


class UserQuerySet(models.QuerySet):
    def visible_to(self, user, right: str = "accounts.view_person"):
        """The people ``user`` may see: himself and those who belong to branches where he holds ``right``."""
        from accounts.models.membership import Membership

        branches = Branch.objects.where(user, right)
        members = Membership.objects.current().filter(branch__in=branches).values("person")
        return self.filter(Q(pk=user.pk) | Q(pk__in=members))

    def in_branches(self, branches, on: date | None = None):
        """People who belong to one of ``branches`` on a day (today), on whichever side."""
        from accounts.models.membership import Membership

        day = on or timezone.localdate()
        return self.filter(pk__in=Membership.objects.on(day).filter(branch__in=branches).values("person"))

    def with_stage_on(self, day: date):
        """Annotate ``stage_then``: the stage of ``day`` as it is known now, None before the first record.

        People without any record stand where ``stage`` says.
        """
        from accounts.models.stage import StageChange

        facts = StageChange.objects.valid().filter(person=OuterRef("pk"))
        then = facts.filter(effective_on__lte=day).order_by("-effective_on").values("stage")[:1]
        return self.annotate(
            stage_then=Case(
                When(Exists(facts), then=Subquery(then)), default=F("stage"), output_field=CharField()
            )
        )

    def active(self):
        return self.filter(is_active=True)

    def party_members(self):
        return self.filter(stage__in=MEMBERS)

    def activists(self):
        return self.filter(stage__in=ACTIVISTS)

    def with_roles(self, roles):
        """People who have one of ``roles`` today: ``role_of`` turned into a filter."""
        fitting = Q(pk__in=())
        for kind, stage in product(Kind, Stage):
            if role_of(kind, stage) in roles:
                fitting |= Q(kind=kind, stage=stage)
        return self.filter(fitting)

    def without_contact(self):
        """Activists nobody accompanies today (``domain.md`` D7)."""
        from accounts.models.cultivation import CultivationContact

        return (
            self.active().activists().exclude(pk__in=CultivationContact.objects.current().values("activist"))
        )

    def without_group(self):
        """Activists who are in no talk group today."""
        from accounts.models.cultivation import TalkGroupMember

        return self.active().activists().exclude(pk__in=TalkGroupMember.objects.current().values("person"))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, number: str, name: str, password: str | None = None, **fields):
        user = self.model(number=number, name=name, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, number: str, name: str, password: str | None = None, **fields):
        return self.create_user(number, name, password, is_staff=True, is_superuser=True, **fields)


class User(GuardianUserMixin, PermissionsMixin, AbstractBaseUser):
    """A student or teacher. The student or staff number identifies; names may repeat.

    ``stage`` repeats the last ``StageChange`` so that lists can filter by it; it is written by
    ``accounts.actions.stages`` only. ``is_staff`` repeats "holds an office" and is written by
    ``accounts.actions.offices``. Raising ``session_epoch`` ends every session of the person. Nobody is deleted:
    who leaves gets ``left_on`` and is deactivated.
    """

    class Gender(models.TextChoices):
        UNKNOWN = "", "未登记"
        MALE = "male", "男"
        FEMALE = "female", "女"

    number = models.CharField("学号或工号", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=60)
    kind = models.CharField("类别", max_length=10, choices=Kind.choices, default=Kind.STUDENT)
    stage = models.CharField(
        "发展阶段", max_length=24, choices=Stage.choices, default=Stage.LEAGUE_MEMBER, editable=False
    )
    gender = models.CharField("性别", max_length=6, choices=Gender.choices, blank=True)
    birth_month = models.DateField("出生年月", null=True, blank=True, help_text="只存到月，日固定为 1 日。")
    grade = models.PositiveSmallIntegerField("年级", null=True, blank=True)
    major = models.CharField("专业", max_length=60, blank=True)
    class_name = models.CharField("班级", max_length=60, blank=True)
    is_active = models.BooleanField("可以使用平台", default=True)
    is_staff = models.BooleanField("可以进入后台", default=False, editable=False)
    left_on = models.DateField(
        "离校日期", null=True, blank=True, help_text="可以提前填写预计日期，到那天账号自动停用。"
    )
    session_epoch = models.PositiveIntegerField("会话批次", default=0, editable=False)
    version = models.PositiveIntegerField("版本", default=0, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "number"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = verbose_name_plural = "人员"
        ordering = ["number"]
        default_permissions = ()
        indexes = [
            # the roster list of the admin filters by stage and grade
            models.Index(fields=["stage", "grade"], name="user_by_stage_and_grade"),
        ]

    def __str__(self) -> str:
        return self.name

    def has_right(self, right: str, branch: Branch | None = None) -> bool:
        """Whether the person holds ``right`` in ``branch``, or anywhere when no branch is named. One query."""
        branches = Branch.objects.where(self, right)
        return branches.filter(pk=branch.pk).exists() if branch else branches.exists()

    def _get_session_auth_hash(self, secret=None) -> str:
        value = f"{self.password}:{self.session_epoch}"
        return salted_hmac("accounts.User.session", value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def role(self) -> Role:
        return role_of(self.kind, self.stage)

    @cached_property
    def rights(self) -> frozenset[str]:
        """The rights held in at least one branch, by one query, kept for as long as this object lives.

        What opens a menu; whether a right covers a certain branch is ``Branch.objects.where``.
        """
        if not self.is_active:
            return frozenset()
        if self.is_superuser:
            return frozenset(RIGHTS)
        current = BranchRight.objects.filter(Q(until=None) | Q(until__gt=timezone.localdate()), user=self)
        held = set(current.values_list("permission__codename", flat=True))
        return frozenset(right for right in RIGHTS if codename(right) in held)

    def get_full_name(self) -> str:
        return self.name

    @property
    def is_party_member(self) -> bool:
        return self.stage in MEMBERS

    @property
    def short_name(self) -> str:
        """The last two characters of the name, for the tile that stands for a portrait."""
        return self.name.replace("·", "")[-2:]
