"""One object of every model of learning that belongs to a branch."""

import datetime as dt

from django.core.files.base import ContentFile
from django.utils import timezone

from learning.models import (
    Assignee,
    Assignment,
    Attempt,
    AttemptEvent,
    Column,
    Completion,
    Correction,
    DutyWeek,
    ItemStatistic,
    LessonProgress,
    Media,
    Mistake,
    Nudge,
    Reading,
    Subscription,
)
from tests.learning.factories import (
    QuestionVersionFactory,
    TopicFactory,
    audience_of,
    month_end_quiz,
    published_course,
)

NOW = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)


def objects_of(branch, learner, editor):
    """``learner`` has done a little of everything; ``editor`` wrote it."""
    topic = TopicFactory(branch=branch)
    quiz = month_end_quiz(branch)
    asked = quiz.questions.select_related("version__question", "item").first()
    fixed = QuestionVersionFactory(
        question=asked.version.question,
        number=2,
        answer=["C"],
        state="in_review",
        reviewer=None,
        reviewed_at=None,
    )
    course = published_course(branch, questions=2)
    lesson = course.current.lessons.first()
    assignment = Assignment.objects.create(
        branch=branch, quiz=quiz, audience=audience_of(branch), due_at=quiz.closes_at
    )
    assignee = Assignee.objects.create(assignment=assignment, person=learner)
    attempt = Attempt.objects.create(quiz=quiz, person=learner, number=1, started_at=timezone.now())
    return [
        Column.objects.create(name=f"栏目 {branch.pk}"),
        topic,
        Subscription.objects.create(topic=topic, person=learner),
        Media.objects.create(
            branch=branch,
            kind=Media.Kind.PDF,
            name="讲义.pdf",
            file=ContentFile(b"%PDF-1.4", name="x"),
            content_type="application/pdf",
            size=8,
            sha256="0" * 64,
            uploaded_by=editor,
        ),
        asked.item,
        Reading.objects.create(item=asked.item, person=learner, is_recipient=True),
        DutyWeek.objects.create(branch=branch, monday=dt.date(2026, 11, 16), editor=editor),
        asked.version.question,
        asked.version,
        ItemStatistic.objects.create(version=asked.version, takers=0, computed_at=NOW),
        Correction.objects.create(wrong=asked.version, fixed=fixed, reason="答案有误"),
        course,
        course.current,
        lesson,
        LessonProgress.objects.create(person=learner, course=course, lesson_key=lesson.key),
        Completion.objects.create(person=learner, course=course, version=course.current, completed_at=NOW),
        quiz,
        asked,
        assignment,
        assignee,
        Nudge.objects.create(assignee=assignee, number=1, by=editor, at=NOW),
        attempt,
        attempt.answers.create(position=1, version=asked.version, order=[0, 1, 2, 3]),
        AttemptEvent.objects.create(attempt=attempt, kind=AttemptEvent.Kind.STARTED),
        Mistake.objects.create(person=learner, question=asked.version.question, due_at=NOW),
    ]
