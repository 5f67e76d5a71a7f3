"""Keeping the columns, which all branches share."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.actions.locks import lock
from accounts.models import User
from core.audit.log import record
from core.errors import Invalid, NotAllowed
from learning.models import Column
from learning.rules.columns import can_change_columns


@transaction.atomic
def save_column(
    *, column: Column | None, by: User, name: str, position: int = 0, is_open: bool = True
) -> Column:
    """Write a column, a new one when ``column`` is None. Closing one keeps what has appeared in it.

    Raises ``NotAllowed`` unless ``by`` writes for the whole university, ``Invalid`` for a name that is taken.
    """
    if not can_change_columns(by):
        raise NotAllowed("栏目全校共用，由学校的编辑维护。")
    column = lock(column) if column else Column()
    values = {"name": name.strip(), "position": position, "is_open": is_open}
    changed = [field for field, value in values.items() if getattr(column, field) != value]
    for field, value in values.items():
        setattr(column, field, value)
    try:
        column.full_clean()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error
    column.save()
    record(by, "learning.column_saved", column, changed=changed)
    return column
