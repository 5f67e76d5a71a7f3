"""The rota: who looks after which week."""

from datetime import date

from django.db import transaction

from accounts.actions.locks import lock
from accounts.models import Branch, User
from core.audit.log import record
from core.errors import Invalid
from learning.actions.editing import WRITE, check_right
from learning.models import DutyWeek
from learning.rules.weeks import monday_of


@transaction.atomic
def save_duty(*, branch: Branch, day: date, editor: User | None, by: User) -> DutyWeek | None:
    """Put ``editor`` on duty for the week of ``day``, instead of whoever was; nobody when he is None.

    Raises ``Missing`` for a foreign branch and ``Invalid`` for somebody who may not write there.
    """
    check_right(by, WRITE, branch)
    branch, monday = lock(branch), monday_of(day)
    rota = DutyWeek.objects.filter(branch=branch, monday=monday)
    if editor is None:
        rota.delete()
        record(by, "learning.duty_saved", branch, branch=branch, changed=("editor",), reason=f"{monday} 无人")
        return None
    if not editor.is_active or not editor.has_right(WRITE, branch):
        raise Invalid(fields={"editor": ["值班的人要能撰写这个组织的内容。"]})
    duty, _ = DutyWeek.objects.update_or_create(branch=branch, monday=monday, defaults={"editor": editor})
    record(by, "learning.duty_saved", duty, branch=branch, changed=("editor",))
    return duty
