from django.db.models import Prefetch, Q
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import TalkGroup, TalkGroupMember


@require_safe
def home(request):
    """The tab 谈话: whom I talk with. Contacts first, then the talk group."""
    user, today = request.user, timezone.localdate()
    context = {
        "contacts": user.contacts.on(today).select_related("contact").order_by("seat"),
        "activists": user.cultivates.on(today).select_related("activist").order_by("activist__number"),
        "groups": groups_of(user, today),
    }
    return render(request, "appointments/home.html", context)


def groups_of(user, today):
    """The talk groups a person leads or is in today, with their people."""
    members = TalkGroupMember.objects.on(today).select_related("person").order_by("person__number")
    mine = Q(lead=user) | Q(pk__in=TalkGroupMember.objects.on(today).filter(person=user).values("group"))
    return (
        TalkGroup.objects.on(today)
        .filter(mine)
        .select_related("lead")
        .prefetch_related(Prefetch("members", members, to_attr="people"))
    )
