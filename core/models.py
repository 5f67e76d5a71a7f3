from core.audit.models import AuditEntry, AuditSeal

__all__ = ["AuditEntry", "AuditSeal"]
