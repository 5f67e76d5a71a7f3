"""Finding words in what a person may read (``domain.md`` S7).

Chinese has no spaces to index words by, so a hit is a substring. Both sides are folded: full-width characters count as
half-width ones and capitals as small letters. ``STRPOS`` and ``INSTR`` know no wildcards, so nothing needs escaping.
"""

import re
import unicodedata
from dataclasses import dataclass

from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.functions import Concat, StrIndex

from accounts.models import User
from learning.models import Course, Item, Lesson

LONGEST = 50
MOST_WORDS = 5
AROUND = 36
BLOCK_TAGS = r"</?(p|br|h2|h3|ul|ol|li|blockquote|figure|figcaption|table|thead|tbody|tr|th|td)\y[^>]*>"
ANY_TAG = r"<[^>]*>"
# the last one last: "&amp;lt;" is "&lt;"
ENTITIES = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def words_of(text: str) -> list[str]:
    """What to look for: the words of ``text``, five at most; PostgreSQL takes no NUL."""
    return text.replace("\0", " ")[:LONGEST].split()[:MOST_WORDS]


def fold(text: str) -> str:
    """``text`` as it is compared. SQLite calls this for ``Folded``."""
    return unicodedata.normalize("NFKC", text).lower()


def without_tags(html: str) -> str:
    """The words of sanitised ``html``, one block a line. SQLite calls this for ``WithoutTags``."""
    text = re.sub(ANY_TAG, "", re.sub(BLOCK_TAGS.replace(r"\y", r"\b"), "\n", html))
    for entity, char in ENTITIES:
        text = text.replace(entity, char)
    return text


class Folded(Func):
    """``fold`` in the database."""

    function = "PARTYHUB_FOLD"
    output_field = TextField()

    def as_postgresql(self, compiler, connection):
        return self.as_sql(compiler, connection, template="LOWER(NORMALIZE(%(expressions)s, NFKC))")


class WithoutTags(Func):
    """``without_tags`` in the database."""

    function = "PARTYHUB_WITHOUT_TAGS"
    output_field = TextField()

    def as_postgresql(self, compiler, connection):
        template = f"REGEXP_REPLACE(%(expressions)s, '{BLOCK_TAGS}', E'\\n', 'g')"
        template = f"REGEXP_REPLACE({template}, '{ANY_TAG}', '', 'g')"
        for entity, char in ENTITIES:
            template = f"REPLACE({template}, '{entity}', '{char}')"
        return self.as_sql(compiler, connection, template=template)


def teach_sqlite(connection, **kwargs) -> None:
    """Give a new connection to SQLite the two functions PostgreSQL has built in."""
    if connection.vendor == "sqlite":
        for function, code in ((Folded.function, fold), (WithoutTags.function, without_tags)):
            connection.connection.create_function(function, 1, code, deterministic=True)


def items_with(words: list[str], person: User) -> QuerySet[Item]:
    """Items ``person`` may read with all of ``words`` in title, summary or text; withdrawn ones have no words left."""
    return _holding(Item.objects.visible_to(person).sent(), words, F("title"), F("summary"), F("text"))


def courses_with(words: list[str], person: User) -> QuerySet[Course]:
    """Courses ``person`` may open with all of ``words`` in title or summary."""
    courses = Course.objects.visible_to(person).select_related("current")
    return _holding(courses, words, F("current__title"), F("current__summary"))


def lessons_with(words: list[str], person: User) -> QuerySet[Lesson]:
    """Lessons of such courses with all of ``words`` in title or text."""
    lessons = Lesson.objects.filter(version__current_of__in=Course.objects.visible_to(person))
    lessons = lessons.select_related("version").order_by("version__course", "position")
    return _holding(lessons, words, F("title"), WithoutTags(F("body")))


def _holding(rows: QuerySet, words: list[str], *parts) -> QuerySet:
    """``rows`` that hold every word somewhere in ``parts``; none without words."""
    if not words:
        return rows.none()
    pieces = [piece for part in parts for piece in (part, Value("\n"))]
    rows = rows.alias(searched=Folded(Concat(*pieces, output_field=TextField())))
    for number, word in enumerate(words):
        place = f"place_{number}"
        rows = rows.alias(**{place: StrIndex(F("searched"), Folded(Value(word)))}).filter(
            **{f"{place}__gt": 0}
        )
    return rows


@dataclass(frozen=True)
class Piece:
    """A stretch of text; ``is_hit`` when it was looked for."""

    text: str
    is_hit: bool = False


def marked(text: str, words: list[str]) -> list[Piece]:
    """``text`` in pieces, so that a page can mark every hit."""
    pieces, end = [], 0
    for first, after in _hits(text, words):
        pieces += [Piece(text[end:first]), Piece(text[first:after], is_hit=True)]
        end = after
    return [piece for piece in [*pieces, Piece(text[end:])] if piece.text]


def excerpt(text: str, words: list[str]) -> list[Piece]:
    """The surroundings of the first hit in ``text``, in pieces; the beginning of the text where there is none."""
    text = " ".join(text.split())
    hits = _hits(text, words)
    first = max(hits[0][0] - AROUND, 0) if hits else 0
    after = (hits[0][1] if hits else AROUND) + AROUND
    cut = ("…" if first else "") + text[first:after] + ("…" if after < len(text) else "")
    return marked(cut, words)


def _hits(text: str, words: list[str]) -> list[tuple[int, int]]:
    """Where ``words`` stand in ``text``, in order, what overlaps taken together."""
    folded, places = [], []
    for place, char in enumerate(text):
        for part in fold(char):
            folded.append(part)
            places.append(place)
    found, whole = [], "".join(folded)
    for word in map(fold, words):
        start = whole.find(word)
        while start >= 0:
            found.append((places[start], places[start + len(word) - 1] + 1))
            start = whole.find(word, start + len(word))
    merged: list[tuple[int, int]] = []
    for first, after in sorted(found):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(after, merged[-1][1]))
        else:
            merged.append((first, after))
    return merged
