"""The organisation tree (``domain.md`` §4.1). A node is called a branch whatever its kind."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from guardian.models import UserObjectPermissionBase
from tree_queries.models import TreeNode
from tree_queries.query import TreeQuerySet

from accounts.models.dated import Dated, DatedQuerySet
from accounts.rights import RIGHTS, codename

_COVERED_BRANCHES = """
    WITH RECURSIVE covered(id) AS (
        SELECT granted.content_object_id
        FROM accounts_branchright granted
        JOIN auth_permission permission ON permission.id = granted.permission_id
        WHERE granted.user_id = %s AND permission.codename = %s
            AND (granted.until IS NULL OR granted.until > %s)
        UNION
        SELECT child.id FROM accounts_branch child JOIN covered ON child.parent_id = covered.id
    )
    SELECT id FROM covered
"""

# Parameters: the person, and today twice.
AROUND = """
    WITH RECURSIVE around(id, parent_id) AS (
        SELECT branch.id, branch.parent_id
        FROM accounts_branch branch
        JOIN accounts_membership membership ON membership.branch_id = branch.id
        WHERE membership.person_id = %s AND membership.since <= %s
            AND (membership.until IS NULL OR membership.until > %s)
        UNION
        SELECT above.id, above.parent_id FROM accounts_branch above JOIN around ON around.parent_id = above.id
    )
"""
_BRANCHES_AROUND = f"{AROUND} SELECT id FROM around"  # noqa: S608 - constant text


class BranchQuerySet(TreeQuerySet, DatedQuerySet):
    def where(self, user, right: str):
        """Branches in which ``user`` holds ``right`` (such as ``accounts.view_person``), by one query.

        A right given on a branch covers its whole subtree. People who are signed out, deactivated or without
        office get nothing.
        """
        if right not in RIGHTS:
            raise LookupError(f"unknown right {right!r}")
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        parameters = [user.pk, codename(right), timezone.localdate()]
        return self.filter(pk__in=RawSQL(_COVERED_BRANCHES, parameters))  # noqa: S611 - constant text, bound parameters

    def around(self, person):
        """The branches ``person`` belongs to today, with everything above them."""
        today = timezone.localdate()
        around = RawSQL(_BRANCHES_AROUND, [person.pk, today, today])  # noqa: S611 - as above
        return self.filter(pk__in=around)

    def subtree(self, *branches):
        """The given branches and everything below them."""
        covered: set[int] = set()
        for branch in branches:
            covered.update(Branch.objects.descendants(branch, include_self=True).values_list("pk", flat=True))
        return self.filter(pk__in=covered)


class Branch(TreeNode, Dated):  # type: ignore[django-manager-missing]
    """A university committee, college committee, branch, party group or a unit of the Youth League.

    Never deleted: it is closed by ``until``. ``BranchRecord`` keeps the names and places it had before.
    """

    class Kind(models.TextChoices):
        UNIVERSITY = "university_committee", "学校党委"
        OFFICE = "organization_dept", "职能部门"
        COLLEGE = "college_committee", "二级学院党委"
        GENERAL = "general_branch", "党总支"
        BRANCH = "branch", "党支部"
        GROUP = "party_group", "党小组"
        LEAGUE_COMMITTEE = "league_committee", "团委"
        LEAGUE_GENERAL = "league_general_branch", "团总支"
        LEAGUE_BRANCH = "league_branch", "团支部"

    class Subtype(models.TextChoices):
        SINGLE = "single", "单独支部"
        JOINT = "joint", "联合支部"
        TEMPORARY = "temporary", "临时支部"

    name = models.CharField("名称", max_length=60)
    kind = models.CharField("类型", max_length=30, choices=Kind.choices)
    subtype = models.CharField("支部形式", max_length=12, choices=Subtype.choices, default=Subtype.SINGLE)
    position = models.PositiveIntegerField("排序", default=0)
    elected_on = models.DateField(
        "上次换届日期", null=True, blank=True, help_text="党支部每届三年，到期前半年会提醒换届。"
    )
    wecom_department_id = models.PositiveBigIntegerField("企业微信部门编号", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    objects = BranchQuerySet.as_manager()  # type: ignore[misc,django-manager-missing]

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "组织"
        ordering = ["position", "pk"]
        default_permissions = ()
        permissions = [(codename(right), label) for right, label in RIGHTS.items()]
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["parent", "name"],
                condition=Q(until=None),
                name="open_branch_name_is_unique_in_parent",
            ),
            models.UniqueConstraint(
                fields=["wecom_department_id"],
                condition=Q(until=None),
                name="one_open_branch_per_wecom_department",
            ),
            models.CheckConstraint(condition=~Q(parent=F("pk")), name="no_branch_is_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    def name_on(self, day: date) -> str:
        """What the branch was called on ``day``; today's name where nothing was recorded."""
        record = self.records.on(day).first()
        return record.name if record else self.name

    @property
    def is_league(self) -> bool:
        return self.kind in {self.Kind.LEAGUE_COMMITTEE, self.Kind.LEAGUE_GENERAL, self.Kind.LEAGUE_BRANCH}


class BranchRecord(Dated):
    """The name, kind and parent a branch had in a period; the open one repeats what the branch says now."""

    branch = models.ForeignKey(Branch, verbose_name="组织", on_delete=models.PROTECT, related_name="records")
    parent = models.ForeignKey(
        Branch, verbose_name="上级组织", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("类型", max_length=30, choices=Branch.Kind.choices)
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "组织沿革"
        ordering = ["branch", "since", "pk"]
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["branch"], condition=Q(until=None), name="one_open_record_per_branch"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BranchRight(UserObjectPermissionBase):
    """guardian's grant with a real foreign key, so that no grant outlives its branch.

    Rows follow from offices (``accounts.actions.offices``) and are written nowhere else. ``until`` repeats the
    planned end of the office, so that a right ends on its day even when the nightly task did not run.
    """

    content_object = models.ForeignKey(Branch, verbose_name="组织", on_delete=models.CASCADE)
    until = models.DateField("至（不含）", null=True, editable=False)

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = verbose_name_plural = "组织权限"
