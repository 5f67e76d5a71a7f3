"""Offices for tests of reading: the row and its rights, without the messages the action would send."""

from django.contrib.auth.models import Permission

from accounts.models import BranchRight, Office
from accounts.rights import OFFICES, codename
from tests.factories import SINCE


def grant(person, kind, branch, **fields):
    """``person`` holds the office ``kind`` in ``branch`` since last autumn."""
    office = Office.objects.create(
        person=person, kind=kind, branch=branch, branch_name=branch.name, since=SINCE, **fields
    )
    names = [codename(right) for right in OFFICES[kind].rights]
    for permission in Permission.objects.filter(content_type__model="branch", codename__in=names):
        BranchRight.objects.get_or_create(user=person, permission=permission, content_object=branch)
    type(person).objects.filter(pk=person.pk).update(is_staff=True)
    person.refresh_from_db()
    return office
