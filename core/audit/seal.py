"""The hash chain over the audit log: what was written can no longer be changed unseen (``domain.md`` C6)."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Max

from core.audit.models import AuditEntry, AuditSeal

logger = structlog.get_logger(__name__)

START = "0" * 64
# A transaction may commit this much later than its entry says; what is older had no business coming in.
SLACK = dt.timedelta(hours=1)
_FIELDS = [
    "id",
    "at",
    "actor_id",
    "actor_number",
    "action",
    "subject_type",
    "subject_id",
    "branch_id",
    "changed",
    "reason",
    "result",
    "request_id",
]


@dataclass(frozen=True)
class Head:
    """The end of the chain. Noted outside (log, backup), it proves that nothing before it was cut or replaced."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


@dataclass(frozen=True)
class Verdict:
    """What ``verify`` found: the head it reached and a sentence about the first broken link, if any."""

    head: Head
    fault: str = ""


def digest_of(previous: str, number: int, entry: dict) -> str:
    """SHA-256 over the link before and the canonical JSON of an entry: sorted keys, UTC, no spaces."""
    content = {name: entry[name] for name in _FIELDS} | {
        "at": entry["at"].astimezone(dt.UTC).isoformat(timespec="microseconds")
    }
    text = json.dumps([previous, number, content], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def head() -> Head:
    last = AuditSeal.objects.order_by("-number").first()
    return Head(last.number, last.digest) if last else Head(0, START)


def seal() -> int:
    """Extend the chain over entries committed since; returns how many.

    Two sealers at once would give the same numbers; the slower one fails on the key and leaves everything to
    the faster. The head goes to the log each time, a place the database's owner does not write.
    """
    try:
        with transaction.atomic():
            sealed = _seal_open_entries()
    except IntegrityError:
        return 0
    if sealed:
        logger.info("audit_sealed", head=str(head()))
    return sealed


def _seal_open_entries() -> int:
    end = head()
    number, digest = end.number, end.digest
    seals = []
    for entry in open_entries().order_by("id").values(*_FIELDS).iterator(chunk_size=1000):
        number += 1
        digest = digest_of(digest, number, entry)
        seals.append(AuditSeal(number=number, entry_id=entry["id"], digest=digest))
    AuditSeal.objects.bulk_create(seals, batch_size=1000)
    return len(seals)


def open_entries():
    """Entries that wait for their seal. Only recent ones: an older one was slipped in, and is left for ``verify``."""
    entries = AuditEntry.objects.filter(seal=None)
    last = AuditSeal.objects.order_by("-number").values_list("entry__at", flat=True).first()
    return entries.filter(at__gte=last - SLACK) if last else entries


def verify(*expected: Head) -> Verdict:
    """Recompute the whole chain. ``expected`` are heads noted earlier, outside of the database."""
    want = {head.number: head.digest for head in expected}
    number, digest, latest = 0, START, None
    links = AuditSeal.objects.order_by("number").values("number", "digest", *(f"entry__{n}" for n in _FIELDS))
    for link in links.iterator(chunk_size=1000):
        entry = {name: link[f"entry__{name}"] for name in _FIELDS}
        reached = Head(number, digest)
        number += 1
        if link["number"] != number:
            return Verdict(reached, f"第 {number} 条记录不见了，它后面是第 {link['number']} 条。")
        if latest and entry["at"] < latest - SLACK:
            return Verdict(reached, f"第 {number} 条记录的时间比前一条早一小时以上，是后来塞进去的。")
        digest = digest_of(digest, number, entry)
        if link["digest"] != digest:
            return Verdict(reached, f"第 {number} 条记录和封条对不上，内容被改过。")
        if want.pop(number, digest) != digest:
            return Verdict(reached, f"第 {number} 条和当时记下的封条不同，整条链被重写过。")
        latest = entry["at"]
    return Verdict(Head(number, digest), _fault_at_the_end(number, want))


def _fault_at_the_end(number: int, missing: dict[int, str]) -> str:
    if missing:
        return f"链到第 {number} 条就断了，当时记下的是第 {max(missing)} 条，后面的记录不见了。"
    sealed = AuditSeal.objects.aggregate(at=Max("entry__at"))["at"]
    slipped = AuditEntry.objects.filter(seal=None, at__lt=sealed - SLACK).first() if sealed else None
    return f"编号 {slipped.pk} 的记录没有封条，时间却早于已封的记录，是后来塞进去的。" if slipped else ""
