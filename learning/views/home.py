from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from learning.models import Course, Mistake, Question, Quiz, Topic
from learning.pushes import pushes_for
from learning.rules import home as rules
from learning.rules.overview import courses_of
from learning.rules.reading import with_subscription

OTHER_COURSES = 5
TOPICS = 4


@require_GET
def home(request):
    """The tab 学习: what to go on with, what is due, and everything else there is to read."""
    user = request.user
    rows = courses_of(user)
    topics = with_subscription(Topic.objects.visible_to(user), user).order_by("-is_subscribed", "position")
    askable = Question.objects.usable(timezone.localdate())
    book = Mistake.objects.visible_to(user).kept().filter(question__in=askable)
    context = _courses(rows) | {
        "go_on": _go_on(user, rows),
        "looks_after": user.is_staff and "learning.view_progress" in user.rights,
        "quizzes": [_quiz_card(quiz) for quiz in rules.open_quizzes(user)],
        "pushes": pushes_for(user),
        "topics": topics[:TOPICS],
        "mistakes": book.filter(due_at__lte=timezone.now()).count(),
    }
    return render(request, "learning/home.html", context)


def _go_on(user, rows) -> dict | None:
    """The card of the course to continue, None when nothing is begun or due."""
    row = rules.to_continue(rows)
    if row is None:
        return None
    return {"row": row, "lesson": rules.next_lesson(user, row) if row.finished < row.total else None}


def _quiz_card(quiz: Quiz) -> dict:
    """What the card of an open quiz says; the rules stand in the row of the quiz."""
    this_month = timezone.localdate().strftime("%Y-%m")
    return {
        "quiz": quiz,
        "minutes": quiz.seconds // 60,
        "month": "本月" if quiz.period == this_month else f" {int(quiz.period[-2:])} 月",
        "is_done": quiz.attempts > 0 and (quiz.taken or 0) >= quiz.attempts,
        "left": rules.time_left(quiz.closes_at),
    }


def _courses(rows) -> dict:
    """The courses by what they are to the person: required, of the party school, others."""
    required = [row for row in rows if row.is_required]
    school = [row for row in rows if row.course.series == Course.Series.PARTY_SCHOOL]
    others = [row for row in rows if not row.is_required and row.course.series != Course.Series.PARTY_SCHOOL]
    return {
        "required": sorted((row for row in required if row.due), key=lambda row: row.due)
        + [row for row in required if not row.due],
        "school": school,
        "school_complete": sum(row.completion is not None for row in school),
        "others": others[:OTHER_COURSES],
        "has_more_courses": len(others) > OTHER_COURSES,
    }
