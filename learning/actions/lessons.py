"""Writing the lessons of an open course version. Every change is one of the version, and needs its review."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import F

from accounts.models import User
from core.errors import Conflict, Invalid
from learning.actions.courses import note_change, open_version, own_media
from learning.models import CourseVersion, Lesson, Media
from learning.richtext import clean_html, pictures, with_alternatives
from learning.rules.courses import FILES

CHANGEABLE = {"title", "kind", "chapter", "body", "media", "url", "minutes"}
MAX_LESSONS = 300
MAX_MINUTES = 600
_ASIDE = 10_000  # where lessons stand while they change places

_is_web_address = URLValidator(schemes=["http", "https"])


@transaction.atomic
def add_lesson(
    *, version: CourseVersion, by: User | None, title: str, key: UUID | None = None, **fields: Any
) -> Lesson:
    """Add a lesson at the end. ``fields`` are those of ``CHANGEABLE``; ``body`` is sanitised.

    Raises ``Conflict`` for a version that is not open, ``Missing`` for a foreign one and ``Invalid`` for what does
    not fit, such as a PDF in a video lesson.
    """
    version = open_version(version, by)
    count = version.lessons.count()
    if count >= MAX_LESSONS:
        raise Invalid(f"一门课最多 {MAX_LESSONS} 节。")
    lesson = Lesson(version=version, position=count + 1, **({"key": key} if key else {}))
    _write(lesson, by, fields | {"title": title})
    lesson.save()
    _keep_pictures(lesson)
    note_change(version, by, "lessons")
    return lesson


@transaction.atomic
def change_lesson(*, lesson: Lesson, by: User | None, **fields: Any) -> Lesson:
    """Change a lesson of an open version; it keeps its key. Raises what ``add_lesson`` raises."""
    version, lesson = _locked(lesson, by)
    _write(lesson, by, fields)
    lesson.save()
    _keep_pictures(lesson)
    note_change(version, by, "lessons")
    return lesson


@transaction.atomic
def move_lesson(*, lesson: Lesson, by: User | None, to: int) -> None:
    """Let the lesson stand at place ``to`` (from 1); the others close ranks."""
    version, lesson = _locked(lesson, by)
    others = list(version.lessons.exclude(pk=lesson.pk))
    others.insert(min(max(to, 1), len(others) + 1) - 1, lesson)
    _number(version, others)
    note_change(version, by, "lessons")


@transaction.atomic
def remove_lesson(*, lesson: Lesson, by: User | None) -> None:
    """Take a lesson out of the open version; older versions, and what people finished, keep it."""
    version, lesson = _locked(lesson, by)
    lesson.delete()
    _number(version, list(version.lessons.all()))
    note_change(version, by, "lessons")


def _locked(lesson: Lesson, by: User | None) -> tuple[CourseVersion, Lesson]:
    version = open_version(lesson.version, by)
    found = Lesson.objects.filter(pk=lesson.pk).first()
    if found is None:
        raise Conflict("这一节刚才被删掉了。")
    found.version = version
    return version, found


def _number(version: CourseVersion, lessons: list[Lesson]) -> None:
    """Number the lessons from 1 in this order; two statements, because no two may share a place in between."""
    version.lessons.update(position=F("position") + _ASIDE)
    for position, lesson in enumerate(lessons, 1):
        lesson.position = position
    Lesson.objects.bulk_update(lessons, ["position"])


def _write(lesson: Lesson, by: User | None, fields: dict[str, Any]) -> None:
    if unknown := fields.keys() - CHANGEABLE:
        raise Invalid(f"这些内容不能修改：{'、'.join(sorted(unknown))}。")
    before = lesson.media_id
    for name, value in fields.items():
        setattr(lesson, name, value.strip() if isinstance(value, str) else value)
    problems: dict[str, list[str]] = {}
    try:
        lesson.clean_fields(exclude={field.name for field in lesson._meta.fields} - CHANGEABLE | {"media"})
    except ValidationError as error:
        problems |= error.message_dict
    if not 1 <= lesson.minutes <= MAX_MINUTES:
        problems["minutes"] = [f"时长是 1 到 {MAX_MINUTES} 分钟。"]
    if lesson.url and (sentence := _address_problem(lesson.url)):
        problems["url"] = [sentence]
    if lesson.media and (
        sentence := _file_problem(lesson, lesson.media, by, is_new=lesson.media_id != before)
    ):
        problems["media"] = [sentence]
    if problems:
        raise Invalid(
            " ".join(sentence for group in problems.values() for sentence in group), fields=problems
        )
    if "body" in fields:
        lesson.body = _body(lesson, by)


def _address_problem(url: str) -> str:
    try:
        _is_web_address(url)
    except ValidationError:
        return "请写完整的网址，以 https:// 开头。"
    return ""


def _file_problem(lesson: Lesson, media: Media, by: User | None, *, is_new: bool) -> str:
    if media.kind not in FILES.get(lesson.kind, ()):
        return f"{lesson.get_kind_display()}课节里不能放{media.get_kind_display()}。"
    if is_new and not own_media(by, lesson.version.course.branch).filter(pk=media.pk).exists():
        return "请用本组织上传的文件。"
    return ""


def _body(lesson: Lesson, by: User | None) -> str:
    """The text as it is kept: sanitised, with pictures that may stand in it and say what they show."""
    html = clean_html(lesson.body)
    found = pictures(html)
    known = set(lesson.images.values_list("pk", flat=True)) if lesson.pk else set()
    own = own_media(by, lesson.version.course.branch).filter(pk__in=found, kind=Media.Kind.IMAGE)
    usable = dict(own.values_list("pk", "alt"))
    usable |= dict(Media.objects.filter(pk__in=found & known).values_list("pk", "alt"))
    if found - usable.keys():
        message = "正文里有一张找不到的图片，请删掉它，重新上传。"
        raise Invalid(message, fields={"body": [message]})
    return with_alternatives(html, usable)


def _keep_pictures(lesson: Lesson) -> None:
    lesson.images.set(Media.objects.filter(pk__in=pictures(lesson.body)))
