"""What happens to a course: from its first draft to the day a person completes it (``domain.md`` §1.9)."""

from datetime import datetime

from django.db import transaction

from accounts.actions.locks import lock
from accounts.models import User
from accounts.rules import home_of
from core.audit.log import record
from learning.actions.assignments import mark_done
from learning.models import Completion, CourseVersion
from learning.rules.courses import is_complete


@transaction.atomic
def complete_course(*, person: User, version: CourseVersion, at: datetime) -> Completion | None:
    """Write down that ``person`` has completed ``version``, once; None as long as something is missing.

    Called whenever the last piece may have been done: a lesson finished, a self-test passed. It counts for the
    version it was done in, also when a newer one has been published meanwhile, and is never taken away. Whoever had set the
    course as a task finds it done. Writes an audit entry.
    """
    person = lock(person)
    if found := Completion.objects.filter(person=person, version=version).first():
        return found
    if not is_complete(person, version):
        return None
    branch = home_of(person)
    completion = Completion.objects.create(
        person=person,
        course_id=version.course_id,
        version=version,
        branch_name=branch.name if branch else "",
        completed_at=at,
    )
    mark_done(person=person, at=at, course=version.course)
    record(person, "learning.course_completed", completion, branch=branch)
    return completion
