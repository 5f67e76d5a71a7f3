"""Row locks. Order: people by number of their row, then branches; one call per kind in a transaction."""

from typing import TypeVar

from django.db import models

AnyModel = TypeVar("AnyModel", bound=models.Model)


def lock(row: AnyModel) -> AnyModel:
    """The row as it is now, held until the transaction ends. SQLite holds its one write lock already."""
    # __class__, because the person of a request hides behind a lazy object
    return row.__class__._default_manager.select_for_update(no_key=True).get(pk=row.pk)


def locked_rows(model: type[AnyModel], keys) -> list[AnyModel]:
    """Several rows of one table, locked in the order of their keys so that no two callers wait in a circle.

    ``no_key``: rows that merely refer to these may still be written.
    """
    rows = model._default_manager.select_for_update(no_key=True).filter(pk__in=set(keys)).order_by("pk")
    return list(rows)
