from types import SimpleNamespace

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import Invalid
from learning.actions.mistakes import practise
from learning.models import Course, Item, Lesson, Mistake, Question, QuestionVersion
from learning.rules.attempts import still_asked
from learning.rules.grading import BLANK, FALSE, TRUE, keys_of

SHOWN = 100  # rows of each list
TRUTHS = {TRUE: "对", FALSE: "错"}


@require_safe
def mistakes(request):
    """错题本: what is due now, and what comes later."""
    book = _book(request.user)
    now = timezone.now()
    due = [mistake for mistake in book if mistake.due_at <= now]
    return render(
        request,
        "learning/mistakes.html",
        {"due": due[:SHOWN], "due_count": len(due), "later": book[len(due) :][:SHOWN], "count": len(book)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def mistake(request, pk):
    """One question of one's own book: answer it, then see what is right, why, and where it stands."""
    mistake = get_object_or_404(_askable(request.user), pk=pk)
    version = _version(mistake.question)
    if version is None:
        raise Http404
    context = {"mistake": mistake, "version": version, "is_early": mistake.due_at > timezone.now()}
    if request.method != "POST":
        return render(request, "learning/mistake.html", context | {"fields": _fields(version, [])})
    given = request.POST.getlist("a")
    try:
        outcome = practise(mistake=mistake, version=version, value=given, by=request.user)
    except Invalid as refusal:
        context |= {"fields": _fields(version, given), "refusal": str(refusal)}
        return render(request, "learning/mistake.html", context, status=refusal.status)
    context |= {
        "outcome": outcome,
        "choices": _marked(version, given),
        "given": _read(version, given),
        "answer": _read(version, version.answer),
        "source": _source(mistake.question, version, request.user),
        "following": _following(request.user, mistake),
    }
    return render(request, "learning/mistake_answered.html", context)


@require_safe
def practice(request):
    """The first question that is due; the book when none is."""
    first = _following(request.user)
    return redirect("learning:mistake", first.pk) if first else redirect("learning:mistakes")


def _askable(person):
    """One's own entries whose question can be asked today, with the version that stands now.

    Not while a month-end quiz asks it: the book shows what is right.
    """
    today = timezone.localdate()
    current = Prefetch(
        "question__versions", QuestionVersion.objects.usable(today).select_related("image"), to_attr="current"
    )
    return (
        Mistake.objects.visible_to(person)
        .filter(question__in=Question.objects.usable(today))
        .exclude(question__in=still_asked(timezone.now()).values("version__question"))
        .select_related("question__item", "question__course__current", "question__topic")
        .prefetch_related(current)
    )


def _book(person):
    book = list(_askable(person).kept().order_by("due_at", "pk"))
    for mistake in book:
        mistake.version = _version(mistake.question)
    return book


def _version(question):
    return next(iter(question.current), None)


def _following(person, after=None):
    """The entry to go on with: due, and not the one just answered."""
    due = _askable(person).kept().filter(due_at__lte=timezone.now()).order_by("due_at", "pk")
    return due.exclude(pk=after.pk if after else None).first()


def _choices(version):
    """What can be ticked: (key, what its mark shows, text)."""
    if version.kind == QuestionVersion.Kind.TRUE_FALSE:
        return [(key, "", text) for key, text in TRUTHS.items()]
    return [(key, key, text) for key, text in zip(keys_of(version), version.options, strict=True)]


def _fields(version, given):
    """The inputs of a question, holding what was given. Nothing here knows the answer."""
    if version.kind == QuestionVersion.Kind.FILL:
        given = [*given, *[""] * len(BLANK.findall(version.stem))]
        return [
            SimpleNamespace(number=number, value=text)
            for number, (text, _) in enumerate(zip(given, BLANK.findall(version.stem), strict=False), 1)
        ]
    return [
        SimpleNamespace(key=key, mark=mark, text=text, is_chosen=key in given)
        for key, mark, text in _choices(version)
    ]


def _marked(version, given):
    """The choices after answering: which were chosen, which are right."""
    if version.kind == QuestionVersion.Kind.FILL:
        return []
    return [
        SimpleNamespace(mark=mark, text=text, is_chosen=key in given, is_right=key in version.answer)
        for key, mark, text in _choices(version)
    ]


def _read(version, value):
    """An answer as people say it: “ABD”, “对”, “两、五”."""
    if version.kind == QuestionVersion.Kind.FILL:
        return "、".join(form if isinstance(form, str) else form[0] for form in value if form)
    if version.kind == QuestionVersion.Kind.TRUE_FALSE:
        return "".join(TRUTHS.get(key, "") for key in value)
    return "".join(value)


def _source(question, version, person):
    """Where the question comes from, as far as this person may open it now: a name, a page, a place on it."""
    place = f"#p{version.paragraph}" if version.paragraph else ""
    if question.item and Item.objects.visible_to(person).filter(pk=question.item_id).exists():
        return SimpleNamespace(name=question.item.title, item=question.item_id, place=place)
    if question.course and Course.objects.visible_to(person).filter(pk=question.course_id).exists():
        lesson = Lesson.objects.filter(version=question.course.current, key=question.lesson_key).first()
        return SimpleNamespace(
            name=str(question.course), course=question.course_id, lesson=lesson, place=place
        )
    return None
