from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.purposes import PURPOSES
from core.audit.models import AuditEntry

MOST_ACCESSES = 30
# What others do with one person's record, as that person reads it.
ACCESSES = {
    "accounts.signed_in": "登录平台",
    "accounts.sign_in_refused": "登录被拒绝",
    "accounts.account_bound": "绑定了企业微信账号",
    "accounts.account_unbound": "解绑了企业微信账号",
    "accounts.person_added": "登记进名册",
    "accounts.person_changed": "修改了资料",
    "accounts.person_moved": "调整了支部",
    "accounts.membership_corrected": "更正了支部记录",
    "accounts.person_deactivated": "停用了账号",
    "accounts.person_reactivated": "恢复了账号",
}


@require_safe
def my_data(request):
    """平台存了我哪些信息: every field with its purpose, my own values, and who looked (``domain.md`` C1, Q14)."""
    entries = AuditEntry.objects.filter(subject_type="accounts.user", subject_id=str(request.user.pk))
    held = [(purpose, purpose.values_of(request.user)) for purpose in PURPOSES]
    context = {
        "held": [(purpose, values) for purpose, values in held if values],
        "others": [purpose for purpose, values in held if not values],
        "accesses": [
            {"at": entry.at, "who": entry.actor, "what": ACCESSES.get(entry.action, "处理了资料")}
            for entry in entries.select_related("actor")[:MOST_ACCESSES]
        ],
    }
    return render(request, "accounts/my_data.html", context)
