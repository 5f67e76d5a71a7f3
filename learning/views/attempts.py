import uuid
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import Conflict, Unreadable
from learning.actions.attempts import note_reconnection, save_answer, submit_attempt
from learning.forms.attempts import CHECK, RECONNECTED, SAVE, SUBMIT, AnswerForm, shown
from learning.models import Answer, Attempt, Item, Lesson, QuestionVersion
from learning.richtext import paragraphs
from learning.rules import attempts as rules
from learning.rules import papers
from learning.rules.grading import RIGHT

DAY = 24 * 3600
WORTH = {
    QuestionVersion.Kind.MULTIPLE: "选全得分，少选、多选、选错不得分。",
    QuestionVersion.Kind.FILL: "每个空都填对才得分。",
}
HALF_WORTH = "选全得满分，少选得一半分，选错不得分。"


@require_http_methods(["GET", "HEAD", "POST"])
def attempt(request, pk):
    """One question at a time. POST saves its answer and goes on; a program gets the saved state as JSON."""
    if request.method != "POST":
        return _paper(request, pk, request.GET.get("q", ""))
    form = AnswerForm(request.POST)
    if not form.is_valid():
        raise Unreadable
    go = form.cleaned_data["go"] or SAVE
    if go == RECONNECTED:
        note_reconnection(attempt=get_object_or_404(Attempt.objects.visible_to(request.user), pk=pk))
        return JsonResponse({})
    if go == SUBMIT:
        return _hand_in(request, pk, form)
    try:
        saved = _save(request, pk, form)
    except Conflict as refusal:
        if _wants_json(request):
            raise
        if refusal.code == "changed_elsewhere":
            return _paper(request, pk, str(form.cleaned_data["q"]), refusal)
        return redirect("learning:attempt", pk)
    if _wants_json(request):
        return JsonResponse(_saved_state(saved))
    return redirect(_address(pk, go, form.cleaned_data["q"]))


@require_safe
def result(request, pk):
    """The score at once; right answers, explanations and their sources when the key is free."""
    rows = list(
        Answer.objects.filter(attempt=pk, attempt__person=request.user)
        .select_related("attempt__quiz__course_version", "version__question", "version__image")
        .order_by("position")
    )
    if not rows:
        raise Http404
    attempt = rows[0].attempt
    if attempt.state == Attempt.State.OPEN:
        return redirect("learning:attempt", pk)
    if attempt.state == Attempt.State.VOID:
        return render(request, "learning/attempt_over.html", {"attempt": attempt, "is_withdrawn": True})
    context = _score(attempt) | _tally(rows)
    if rules.may_see_key(attempt, timezone.now()):
        context |= _explained(request, attempt, rows)
    else:
        context["key_free_at"] = rules.key_free_at(attempt.quiz)
    return render(request, "learning/result.html", context)


def _wants_json(request) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _save(request, pk, form) -> Answer | None:
    """The stored answer; None when the page was left as it was shown."""
    given = form.cleaned_data
    if not _wants_json(request) and not form.is_changed:
        return None
    return save_answer(
        attempt_id=pk,
        position=given["q"],
        person=request.user,
        value=given["value"],
        sequence=given["sequence"],
        is_marked=given["mark"],
    )


def _saved_state(answer: Answer) -> dict:
    saved_at = answer.saved_at and f"{timezone.localtime(answer.saved_at):%H:%M}"
    return {"sequence": answer.sequence, "saved_at": saved_at, "left": _left(answer.attempt, timezone.now())}


def _hand_in(request, pk, form):
    """What the phone kept, and what stands on the page itself, goes along."""
    given = form.cleaned_data
    answers = list(given["queue"])
    if form.is_changed:
        answers.append(
            {
                "position": given["q"],
                "value": given["value"],
                "sequence": given["sequence"],
                "is_marked": given["mark"],
            }
        )
    submit_attempt(attempt=Attempt(pk=pk), person=request.user, key=given["key"], answers=answers)
    return redirect("learning:result", pk)


def _address(pk: int, go: str, position: int) -> str:
    if go.isdigit():
        return reverse("learning:attempt", args=[pk]) + f"?q={int(go)}"
    return reverse("learning:attempt", args=[pk]) + f"?q={position}" + ("#submit" if go == CHECK else "")


def _paper(request, pk, wanted: str, refusal: Conflict | None = None):
    rows = list(
        Answer.objects.filter(attempt=pk, attempt__person=request.user)
        .select_related("attempt__quiz", "version__image")
        .order_by("position")
    )
    if not rows:
        raise Http404
    attempt, now = rows[0].attempt, timezone.now()
    if attempt.state == Attempt.State.CLOSED:
        return redirect("learning:result", pk)
    is_withdrawn = attempt.state == Attempt.State.VOID or attempt.quiz.withdrawn_at is not None
    if is_withdrawn or rules.is_overdue(attempt, now):
        context = {"attempt": attempt, "is_withdrawn": is_withdrawn, "key": uuid.uuid4().hex}
        return render(request, "learning/attempt_over.html", context)
    left = _left(attempt, now)
    context = _question(rows, _current(rows, wanted)) | {
        "attempt": attempt,
        "quiz": attempt.quiz,
        "left": left,
        "timer": _clock(left or 0),
        "refusal": refusal,
        "key": uuid.uuid4().hex,
    }
    return render(request, "learning/attempt.html", context, status=refusal.status if refusal else 200)


def _current(rows: list[Answer], wanted: str) -> Answer:
    """The question asked for; else the first that is not answered, so that another phone goes on there."""
    if wanted.isdecimal():
        for row in rows:
            if row.position == int(wanted):
                return row
    return next((row for row in rows if row.value is None), rows[-1])


def _question(rows: list[Answer], answer: Answer) -> dict:
    version, place = answer.version, rows.index(answer)
    worth = WORTH.get(version.kind, "")
    if version.kind == QuestionVersion.Kind.MULTIPLE and answer.attempt.quiz.half_marks:
        worth = HALF_WORTH
    unanswered = sum(row.value is None for row in rows)
    options, blanks = papers.options(answer), papers.blanks(answer)
    return {
        "answer": answer,
        "kind": version.get_kind_display(),
        "stem": version.stem,
        "image": version.image,
        "is_multiple": version.kind == QuestionVersion.Kind.MULTIPLE,
        "options": options,
        "blanks": blanks,
        "before": shown(blanks or [one.key for one in options if one.is_chosen], answer.is_marked),
        "next_sequence": answer.sequence + 1,
        "worth": worth,
        "tiles": rows,
        "place": place + 1,
        "total": len(rows),
        "answered": len(rows) - unanswered,
        "unanswered": unanswered,
        "marked": sum(row.is_marked for row in rows),
        "previous": rows[place - 1].position if place else None,
        "next": rows[place + 1].position if place + 1 < len(rows) else None,
    }


def _left(attempt: Attempt, now: datetime) -> int | None:
    """Seconds to the end for the timer; None without an end, or when it is days away."""
    if attempt.ends_at is None:
        return None
    left = max(0, int((attempt.ends_at - now).total_seconds()))
    return left if left <= DAY else None


def _clock(seconds: int) -> str:
    """“21:08”, from an hour on “1:21:08”."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def _score(attempt: Attempt) -> dict:
    ended = min(attempt.closed_at, attempt.ends_at or attempt.closed_at)
    return {
        "attempt": attempt,
        "quiz": attempt.quiz,
        "percent": rules.percent(attempt.score, attempt.full),
        "used": _clock(int((ended - attempt.started_at).total_seconds())),
    }


def _tally(rows: list[Answer]) -> dict:
    right = sum(row.points == RIGHT for row in rows)
    return {"right": right, "wrong": len(rows) - right, "total": len(rows)}


@dataclass(frozen=True)
class Explained:
    """One question of a result, with the place it comes from if the person may open it."""

    answer: Answer
    is_right: bool
    options: list[papers.Option]
    own: str
    right: str
    source: str = ""
    link: str = ""
    where: str = ""


def _explained(request, attempt: Attempt, rows: list[Answer]) -> dict:
    sources = _sources(request.user, attempt, rows)
    explained = [
        Explained(
            answer=row,
            is_right=row.points == RIGHT,
            options=papers.options(row),
            own=papers.own_answer(row),
            right=papers.right_answer(row),
            **sources.get(row.version.question_id, {}),
        )
        for row in rows
    ]
    wrong = [one for one in explained if not one.is_right]
    show_all = request.GET.get("show") == "all" or not wrong
    return {"explained": explained if show_all else wrong, "show_all": show_all}


def _sources(person, attempt: Attempt, rows: list[Answer]) -> dict[int, dict]:
    """For each question the title, the paragraph and the address of what it was made from."""
    questions = [row.version.question for row in rows]
    items = {
        item.pk: item
        for item in Item.objects.visible_to(person).filter(pk__in={one.item_id for one in questions})
    }
    lessons = {}
    if attempt.quiz.course_version_id:
        lessons = {one.key: one for one in Lesson.objects.filter(version=attempt.quiz.course_version_id)}
    found = {}
    for row in rows:
        question = row.version.question
        if item := items.get(question.item_id):
            address = reverse("learning:item", args=[item.pk])
            body = "" if item.withdrawn_at else item.body
            found[question.pk] = _source(item.title, body, address, row.version.paragraph)
        elif lesson := lessons.get(question.lesson_key):
            address = reverse("learning:lesson", args=[question.course_id, lesson.key])
            found[question.pk] = _source(lesson.title, lesson.body, address, row.version.paragraph)
    return found


def _source(title: str, body: str, address: str, number: int | None) -> dict:
    texts = paragraphs(body)
    if number is None or not 0 < number <= len(texts):
        return {"where": title, "link": address}
    return {"where": title, "link": f"{address}#p{number}", "source": texts[number - 1]}
