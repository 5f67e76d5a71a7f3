from core.audit.models import AuditEntry, AuditOrigin, AuditSeal
from core.calendar import CalendarDay, Term
from core.files import ProtectedFile

__all__ = ["AuditEntry", "AuditOrigin", "AuditSeal", "CalendarDay", "ProtectedFile", "Term"]
