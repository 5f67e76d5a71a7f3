from django.db.models import Q
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Branch
from accounts.purposes import all_purposes
from core.audit.actions import ACTIONS
from core.audit.models import AuditEntry

MOST_ACCESSES = 30


@require_safe
def my_data(request):
    """平台存了我哪些信息: every field with its purpose, my own values, and who looked (``domain.md`` C1, Q14)."""
    held = [(purpose, purpose.values_of(request.user)) for purpose in all_purposes()]
    context = {
        "held": [(purpose, values) for purpose, values in held if values],
        "others": [purpose for purpose, values in held if not values],
        "accesses": [
            {"at": entry.at, "who": entry.actor, "what": ACTIONS.get(entry.action, "处理资料")}
            for entry in accesses(request.user).select_related("actor")[:MOST_ACCESSES]
        ],
    }
    return render(request, "accounts/my_data.html", context)


def accesses(user):
    """Audit entries about ``user``: on the own record, and exports of a roster the person stands in."""
    own = list(Branch.objects.filter(memberships__in=user.memberships.current()))
    above = {branch.pk for mine in own for branch in mine.ancestors(include_self=True)}
    return AuditEntry.objects.filter(
        Q(subject_type="accounts.user", subject_id=str(user.pk))
        | Q(action="accounts.roster_exported", branch_id__in=above)
    )
