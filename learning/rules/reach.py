"""Whom a sending would reach now, and who of its branches is left out, each person in one group."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Branch, User, WeComIdentity
from learning.models import Item
from learning.rules.items import recipients
from notifications.catalogue import Category
from notifications.models import Preference

SOME_NAMES = 20


@dataclass(frozen=True)
class Group:
    """Some people of the audience's branches. ``names`` are the first of those the editor may see."""

    label: str
    count: int
    names: list[str]


@dataclass(frozen=True)
class Reach:
    """``total`` people belong to the branches; ``reached`` of them get it, ``left_out`` says why the others do not.

    ``inside`` are those of the reached whom no card of WeCom reaches: they find it in the portal.
    """

    total: int
    reached: int
    left_out: list[Group]
    inside: list[Group]


def reach_of(item: Item, by: User) -> Reach:
    """The reach of ``item`` today as ``by`` may see it: counts always, names of people he may look up anyway."""
    audience = item.audience
    everybody = User.objects.in_branches(Branch.objects.subtree(*audience.branches.all()))
    fitting = audience.people()
    reached = recipients(item)
    sides = [
        ("账号停用", everybody.filter(is_active=False)),
        ("身份、阶段或年级不符", everybody.active().exclude(pk__in=fitting.values("pk"))),
        ("没有订阅专题", fitting.exclude(pk__in=reached.values("pk"))),
    ]
    identities = WeComIdentity.objects.filter(corp_id=settings.WECOM_CORP_ID, unbound_at=None)
    unbound = reached.exclude(pk__in=identities.values("person"))
    muted = Preference.objects.filter(category=Category.PUSH, wanted=False).values("person")
    inside = [
        ("没有绑定企业微信，只进平台收件箱", unbound),
        ("关了推送提醒，只进平台收件箱", reached.filter(pk__in=muted).exclude(pk__in=unbound.values("pk"))),
    ]
    return Reach(
        total=everybody.count(),
        reached=reached.count(),
        left_out=[_group(label, people, by) for label, people in sides],
        inside=[_group(label, people, by) for label, people in inside],
    )


def _group(label: str, people: QuerySet[User], by: User) -> Group:
    seen = people.filter(pk__in=User.objects.visible_to(by).values("pk")).order_by("number")
    return Group(label, people.count(), list(seen.values_list("name", flat=True)[:SOME_NAMES]))
