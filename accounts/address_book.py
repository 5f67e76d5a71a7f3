"""Who is who in WeCom, for delivery (``settings.NOTIFICATIONS_ADDRESS_BOOK``)."""

from collections.abc import Iterable

from django.conf import settings

from accounts.models import WeComIdentity


def userids(people: Iterable[int]) -> dict[int, str]:
    """The open WeCom userid of each person who has one, by primary key, in one query."""
    open_ones = WeComIdentity.objects.filter(
        corp_id=settings.WECOM_CORP_ID, unbound_at=None, person__in=people
    )
    return dict(open_ones.values_list("person", "userid"))
