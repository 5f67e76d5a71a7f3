"""Every URL pattern with the addresses to try behind it; a pattern nobody can fill in is an error."""

import re
from collections.abc import Iterator

from django.contrib import admin
from django.urls import URLPattern, get_resolver

from tests.security.world import NEVER, NEVER_UUID, models_of_ours

SIDES = ("A1", "B1", "never")
PLACEHOLDER = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")
# The model whose rows a pattern outside the back office shows.
SUBJECTS = {
    "admin/learning/question/import/<uuid:pk>/": "core.protectedfile",
    "files/<uuid:pk>/": "core.protectedfile",
    "feedback/<int:pk>/close/": "accounts.feedback",
    "learning/attempts/<int:pk>/": "learning.attempt",
    "learning/attempts/<int:pk>/result/": "learning.attempt",
    "learning/items/<int:pk>/": "learning.item",
    "learning/items/<int:pk>/opened/": "learning.item",
    "learning/mistakes/<int:pk>/": "learning.mistake",
    "learning/quizzes/<int:pk>/": "learning.quiz",
    "learning/progress/<int:pk>/": "learning.assignment",
    "learning/progress/<int:pk>/export/": "learning.assignment",
    "learning/progress/<int:pk>/nudge/": "learning.assignment",
    "learning/topics/<int:pk>/": "learning.topic",
    "learning/topics/<int:pk>/subscribe/": "learning.topic",
    "learning/topics/<int:pk>/unsubscribe/": "learning.topic",
    "learning/courses/<int:pk>/": "learning.course",
    "learning/courses/<int:pk>/lessons/<uuid:key>/": "learning.lesson",
    "learning/courses/<int:pk>/lessons/<uuid:key>/finish/": "learning.lesson",
    "learning/courses/<int:pk>/lessons/<uuid:key>/spot/": "learning.lesson",
    "learning/media/<uuid:pk>/": "learning.media",
    "notices/<int:pk>/open/": "notifications.recipient",
    "talk-groups/<int:pk>/chat/": "accounts.talkgroup",
    "talk-groups/<int:pk>/chat/config/": "accounts.talkgroup",
}
# Patterns that hold words instead of rows.
WORDS = {
    "WW_verify_<slug:token>.txt": "WW_verify_token.txt",
    "admin/(?P<url>.*)$": "admin/no-such-page/",
    "admin/r/<path:content_type_id>/<path:object_id>/": "admin/r/1/1/",
}


def patterns() -> list[str]:
    """All URL patterns of the portal, as written."""
    return sorted(set(_walk(get_resolver().url_patterns)))


def _walk(found, prefix="") -> Iterator[str]:
    for pattern in found:
        route = prefix + str(pattern.pattern)
        if "(?P<app_label>" in route:
            route = "admin/accounts/"  # the index of an app; the pattern lists them all
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from _walk(pattern.url_patterns, route)


def addresses(pattern: str, objects: dict[str, dict]) -> Iterator[tuple[str, str, str]]:
    """What to try for ``pattern``: its name in the table, the side ("-" where no row is named), and the path.

    Raises ``LookupError`` for a pattern nobody has said how to fill in.
    """
    if pattern in WORDS or not PLACEHOLDER.search(pattern):
        path = WORDS.get(pattern, pattern)
        yield f"/{path}", "-", f"/{path}"
        return
    label = SUBJECTS.get(pattern) or _subject_in_admin(pattern)
    for word in _step_names(pattern, label):
        filled = pattern.replace("<slug:slug>", word)
        if not PLACEHOLDER.search(filled):
            yield f"/{filled}", "-", f"/{filled}"
            continue
        for side in SIDES:
            row = objects["A1" if side == "never" else side][label]
            never = side == "never"
            path = PLACEHOLDER.sub(
                lambda part, row=row, never=never: _key(row, **part.groupdict(), never=never), filled
            )
            yield f"/{filled}", side, f"/{path}"


def _subject_in_admin(pattern: str) -> str:
    match = re.match(r"admin/(\w+)/(\w+)/", pattern)
    label = f"{match[1]}.{match[2]}" if match else ""
    if label not in models_of_ours():
        raise LookupError(f"say in tests/security/matrix.py which rows {pattern} is about")
    return label


def _step_names(pattern: str, label: str) -> list[str]:
    if "<slug:slug>" not in pattern:
        return [""]
    page = admin.site.get_model_admin(models_of_ours()[label])
    steps = page.row_steps if "object_id" in pattern else page.list_steps
    return [step.slug for step in steps] or ["none"]


def _key(row, converter, name, *, never: bool) -> str:
    """What stands in the address for ``row``, or for one that never was; a lesson is named by course and key."""
    if never:
        return NEVER_UUID if "uuid" in {converter, type(row.pk).__name__.lower()} else NEVER
    if row._meta.label_lower == "learning.lesson" and name in {"pk", "key"}:
        return str(row.key if name == "key" else row.version.course_id)
    return str(row.pk)
