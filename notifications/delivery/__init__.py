"""From a row to a card (``reliability.md`` §3.3): plan, claim, admit, call, record.

Each step is its own short transaction and every one may be the last thing a worker ever does; the database then
says what the next worker has to finish. No transaction is open while WeCom is spoken to.
"""

from notifications.delivery.worker import deliver

__all__ = ["deliver"]
