from core.audit.models import AuditEntry, AuditSeal
from core.calendar import CalendarDay, Term
from core.files import ProtectedFile

__all__ = ["AuditEntry", "AuditSeal", "CalendarDay", "ProtectedFile", "Term"]
