from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core.errors import Conflict
from learning.actions.attempts import start_attempt
from learning.models import Attempt, Quiz
from learning.rules import attempts as rules


@require_http_methods(["GET", "HEAD", "POST"])
def quiz(request, pk):
    """What awaits me in a quiz, and the button that begins it; POST begins."""
    if request.method != "POST":
        return _page(request, pk)
    try:
        attempt = start_attempt(quiz=Quiz(pk=pk), person=request.user)
    except Conflict as refusal:
        return _page(request, pk, refusal)
    return redirect("learning:attempt", attempt.pk)


def _page(request, pk, refusal=None):
    visible = Quiz.objects.visible_to(request.user).select_related("course_version")
    found = get_object_or_404(visible.annotate(asked=Count("questions", distinct=True)), pk=pk)
    attempts = list(found.attempts_made.filter(person=request.user).order_by("-number"))
    now = timezone.now()
    counted = sum(one.state == Attempt.State.CLOSED and not one.is_practice for one in attempts)
    for attempt in attempts:
        attempt.percent = rules.percent(attempt.score, attempt.full) if attempt.score is not None else None
    context = {
        "quiz": found,
        "asked": found.course_version.test_draw if found.course_version else found.asked,
        "minutes": found.seconds // 60,
        "attempts": attempts[:20],
        "open_attempt": next((one for one in attempts if one.state == Attempt.State.OPEN), None),
        "is_counted": rules.counts(found, now, counted),
        "has_opened": found.opens_at is None or found.opens_at <= now,
        "is_over": found.closes_at is not None and found.closes_at <= now,
        "refusal": refusal,
    }
    return render(request, "learning/quiz.html", context, status=refusal.status if refusal else 200)
