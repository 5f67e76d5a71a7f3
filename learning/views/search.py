from django.views.decorators.http import require_safe

from core.htmx import render_block
from learning.richtext import plain_text
from learning.rules import search as rules
from learning.rules.reading import Place, listed, page

ROWS = 20


@require_safe
def search(request):
    """搜索: items by keyset, and on the first page the courses and lessons with the same words."""
    user, words = request.user, rules.words_of(request.GET.get("q", ""))
    after = Place.parse(request.GET.get("after", ""))
    found, more = page(listed(rules.items_with(words, user), user).defer(None).defer("body"), after)
    context = {
        "query": " ".join(words),
        "items": [_hit(item, item.title, item.text or item.summary, words) for item in found],
        "more": more,
    }
    if not after:
        context |= {"courses": _courses(words, user), "lessons": _lessons(words, user), "most": ROWS}
    return render_block(request, "learning/search.html", "rows", context)


def _courses(words, user) -> list[dict]:
    courses = rules.courses_with(words, user)[:ROWS]
    return [_hit(course, course.current.title, course.current.summary, words) for course in courses]


def _lessons(words, user) -> list[dict]:
    lessons = rules.lessons_with(words, user)[:ROWS]
    return [_hit(lesson, lesson.title, plain_text(lesson.body), words) for lesson in lessons]


def _hit(row, title: str, text: str, words) -> dict:
    return {"row": row, "title": rules.marked(title, words), "excerpt": rules.excerpt(text, words)}
