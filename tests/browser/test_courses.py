"""The pages of a course, as its reader sees them on a phone and on a desk."""

import pytest
from django.utils import timezone

from learning.actions.media import store_media
from learning.models import Completion, Lesson, LessonProgress
from tests.learning.factories import published_course
from tests.learning.files import mp4, pdf, png
from tests.learning.test_completion import finish

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = [(375, False), (375, True), (1280, False), (1280, True)]
TITLES = [
    ("第一章 总纲", "从一份章程读起", "text"),
    ("第一章 总纲", "党的性质和宗旨", "text"),
    ("第二章 党的基层组织", "支部是怎样工作的", "video"),
    ("第二章 党的基层组织", "支部大会怎样讨论发展党员", "text"),
    ("第二章 党的基层组织", "一份会议记录样本", "pdf"),
    ("第二章 党的基层组织", "去看原文", "link"),
]
TEXT = "<p>支部是党的基础组织，也是你在学校里最常打交道的一级组织。</p><h2>想一想</h2><p>如果你有<strong>不同看法</strong>，可以在哪些场合提出来？</p>"


@pytest.fixture
def course(org):
    """Six lessons of every kind in two chapters, with a self-test of two questions."""
    course = published_course(
        org.a1, lessons=len(TITLES), questions=2, title="《党章》导读", summary="从头读一遍党章。"
    )
    film = store_media(content=mp4(), name="支部.mp4", branch=org.a1, by=None)
    sheet = store_media(content=pdf(4), name="会议记录样本.pdf", branch=org.a1, by=None)
    cover = store_media(content=png((320, 180)), name="封面.png", branch=org.a1, by=None, alt="会场")
    course.current.cover = cover
    course.current.save()
    for lesson, (chapter, title, kind) in zip(course.current.lessons.all(), TITLES, strict=True):
        lesson.chapter, lesson.title, lesson.kind, lesson.body = chapter, title, kind, TEXT
        lesson.media = {"video": film, "pdf": sheet}.get(kind)
        lesson.url = "https://www.12371.cn/" if kind == "link" else ""
        lesson.save()
    return course


def lesson_at(course, number):
    return course.current.lessons.get(position=number)


def address(course, number):
    return f"/learning/courses/{course.pk}/lessons/{lesson_at(course, number).key}/"


@pytest.fixture
def half_way(course, cast):
    finish(cast.activist, course, lesson_at(course, 1), lesson_at(course, 2))
    LessonProgress.objects.create(
        person=cast.activist, course=course, lesson_key=lesson_at(course, 3).key, spot=400
    )
    return course


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_every_page_is_fine(tab, cast, half_way, width, dark):
    page = tab(cast.activist, width=width, dark=dark)
    for name, path in [
        ("courses", "/learning/courses/"),
        ("course", f"/learning/courses/{half_way.pk}/"),
        ("lesson", address(half_way, 3)),
        ("lesson-text", address(half_way, 4)),
        ("lesson-pdf", address(half_way, 5)),
        ("lesson-link", address(half_way, 6)),
        ("record", "/learning/record/"),
    ]:
        page.go(path).assert_fine()
        if width == 375 and not dark and name in {"course", "lesson"}:
            page.shoot(name)


def test_the_pages_hold_at_320(tab, cast, half_way):
    page = tab(cast.activist, width=320)
    for path in (f"/learning/courses/{half_way.pk}/", address(half_way, 3), "/learning/courses/"):
        page.go(path)
        assert page.overhang() <= 0


@pytest.mark.parametrize("js", [True, False])
def test_a_course_is_studied_to_its_test(tab, cast, course, js):
    page = tab(cast.activist, js=js).go(f"/learning/courses/{course.pk}/").page
    page.get_by_role("link", name="开始学习").click()
    for _ in TITLES:
        page.get_by_role("button", name="学完了").click()
    page.get_by_role("link", name="开始自测").wait_for()
    assert "已学 6 节，共 6 节" in page.inner_text("main")
    assert not Completion.objects.exists()


def test_touch_targets_are_large_enough(tab, cast, half_way):
    page = tab(cast.activist)
    for path in (f"/learning/courses/{half_way.pk}/", address(half_way, 3)):
        heights = page.go(path).page.eval_on_selector_all(
            "main a:not(.p-foot a, .p-article a), main button, main summary",
            "all => all.filter(one => one.offsetParent).map(one => one.getBoundingClientRect().height)",
        )
        assert min(heights) >= 44


def test_a_completed_course_and_a_new_version(tab, cast, half_way):
    version = half_way.current
    finish(cast.activist, half_way)
    Completion.objects.create(
        person=cast.activist, course=half_way, version=version, completed_at=timezone.now(), branch_name="x"
    )
    page = tab(cast.activist)
    page.go(f"/learning/courses/{half_way.pk}/").assert_fine()
    page.go("/learning/record/").assert_fine()


def test_a_picture_in_a_lesson_is_shown(tab, cast, course, org):
    picture = store_media(content=png((64, 48)), name="图.png", branch=org.a1, by=None, alt="党徽")
    lesson = lesson_at(course, 4)
    lesson.images.add(picture)
    Lesson.objects.filter(pk=lesson.pk).update(
        body=f'<p>看图</p><img src="{picture.get_absolute_url()}" alt="党徽">'
    )
    page = tab(cast.activist).go(address(course, 4))
    page.assert_fine()
    assert page.page.eval_on_selector(".p-article img", "picture => picture.naturalWidth") == 64
