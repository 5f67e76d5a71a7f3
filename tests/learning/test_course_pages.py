"""Course and lesson pages: what they show, to whom, and at what price."""

import uuid

import pytest
from django.utils import timezone

from learning.models import Completion, CourseVersion, Lesson, LessonProgress
from tests.learning.factories import CourseVersionFactory, LessonFactory, published_course
from tests.learning.test_completion import finish, sit

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client, cast):
    client.force_login(cast.activist)
    return client


def url(course, lesson=None, then=""):
    return f"/learning/courses/{course.pk}/" + (f"lessons/{lesson.key}/{then}" if lesson else "")


def page(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def row(person, lesson):
    return LessonProgress.objects.filter(person=person, lesson_key=lesson.key).first()


@pytest.mark.parametrize("lessons", [3, 300])
def test_pages_cost_the_same_however_long_the_course(reader, cast, org, lessons, django_assert_num_queries):
    course = published_course(org.a1, lessons=lessons, questions=2)
    first = course.current.lessons.first()
    finish(cast.activist, course, first)
    assert reader.get(url(course)).status_code == 200
    with django_assert_num_queries(7):
        reader.get(url(course))
    with django_assert_num_queries(5):
        reader.get(url(course, first))
    second = course.current.lessons.all()[1]
    with django_assert_num_queries(11):  # and its first opening is written
        reader.get(url(course, second))


@pytest.mark.parametrize("courses", [1, 3])
def test_lists_cost_the_same_however_many_courses(reader, cast, org, courses, django_assert_num_queries):
    for _ in range(courses):
        finish(cast.activist, published_course(org.a1, lessons=2))
    reader.get("/learning/courses/")
    with django_assert_num_queries(6):
        reader.get("/learning/courses/")
    with django_assert_num_queries(7):
        reader.get("/learning/record/")


def test_a_whole_course_from_the_first_lesson_to_the_test(reader, cast, org):
    course = published_course(org.a1, lessons=2, questions=2)
    first, last = course.current.lessons.all()
    assert "开始学习" in page(reader, url(course))
    assert "还差 2 节，学完就能开始。2 题，不限次数。" in page(reader, url(course))
    reader.get(url(course, first))
    assert row(cast.activist, first).finished_at is None
    assert "继续学习" in page(reader, url(course))
    response = reader.post(url(course, first, "finish/"))
    assert response["Location"] == url(course, last)
    assert row(cast.activist, first).finished_at is not None
    reader.get(url(course, last))
    assert reader.post(url(course, last, "finish/"))["Location"] == url(course)
    body = page(reader, url(course))
    assert "已学 2 节，共 2 节" in body
    assert "可以开始了" in body
    assert not Completion.objects.exists()


def test_the_last_lesson_completes_a_course_without_a_test(reader, cast, org):
    course = published_course(org.a1, lessons=1)
    lesson = course.current.lessons.get()
    reader.get(url(course, lesson))
    reader.post(url(course, lesson, "finish/"))
    assert Completion.objects.get().person == cast.activist
    assert "已学完" in page(reader, url(course))
    assert course.current.title in page(reader, "/learning/record/")


def test_lessons_may_be_read_in_any_order(reader, cast, org):
    course = published_course(org.a1, lessons=3)
    first, _, last = course.current.lessons.all()
    reader.get(url(course, last))
    reader.post(url(course, last, "finish/"))
    assert row(cast.activist, last).finished_at
    assert url(course, first) in page(reader, url(course))


def test_what_was_never_opened_cannot_be_finished(reader, cast, org):
    course = published_course(org.a1, lessons=1)
    lesson = course.current.lessons.get()
    assert reader.post(url(course, lesson, "finish/")).status_code == 409
    assert row(cast.activist, lesson) is None


@pytest.mark.parametrize(
    "sent",
    [
        {"finished": "1"},
        {"finished_at": "2026-01-01", "state": "finished", "spot": "99999999"},
        {"person": "1", "version": "1", "passed": "true"},
    ],
)
def test_no_flag_of_the_client_finishes_anything(reader, cast, org, sent):
    """T-CLIENT: what the browser claims is a resume position at best."""
    course = published_course(org.a1, lessons=2)
    first, last = course.current.lessons.all()
    reader.get(url(course, first), sent)
    reader.post(url(course, first, "spot/"), sent)
    reader.post(url(course, last, "finish/"), sent)
    assert row(cast.activist, first).finished_at is None
    assert row(cast.activist, last) is None
    assert not LessonProgress.objects.exclude(person=cast.activist).exists()


def test_a_video_goes_on_where_it_stood(reader, cast, org):
    course = published_course(org.a1, lessons=1)
    lesson = course.current.lessons.get()
    Lesson.objects.update(kind="video")
    assert reader.post(url(course, lesson, "spot/"), {"spot": "400"}).status_code == 404
    reader.get(url(course, lesson))
    assert reader.post(url(course, lesson, "spot/"), {"spot": "400"}).status_code == 204
    assert "看到 6:40" in page(reader, url(course))
    assert "上次看到 6:40" in page(reader, url(course, lesson))
    for bad in ["", "-1", "x", "1e9", "９", "9" * 40]:
        assert reader.post(url(course, lesson, "spot/"), {"spot": bad}).status_code == 400
    reader.post(url(course, lesson, "spot/"), {"spot": "999999999"})
    assert row(cast.activist, lesson).spot == 86400
    assert row(cast.activist, lesson).finished_at is None


def test_finishing_twice_keeps_the_first_time(reader, cast, org):
    course = published_course(org.a1, lessons=2)
    lesson = course.current.lessons.first()
    reader.get(url(course, lesson))
    reader.post(url(course, lesson, "finish/"))
    at = row(cast.activist, lesson).finished_at
    reader.post(url(course, lesson, "finish/"))
    assert row(cast.activist, lesson).finished_at == at


def test_what_one_may_not_see_does_not_exist(reader, org):
    foreign = published_course(org.b1)
    lesson = foreign.current.lessons.first()
    mine = published_course(org.a1)
    for address in [
        url(foreign),
        url(foreign, lesson),
        f"/learning/courses/{mine.pk}/lessons/{lesson.key}/",
        f"/learning/courses/{mine.pk}/lessons/{uuid.uuid4()}/",
        "/learning/courses/987654321/",
    ]:
        assert reader.get(address).status_code == 404
    assert reader.post(url(foreign, lesson, "finish/")).status_code == 404
    assert foreign.current.title not in page(reader, "/learning/courses/")


def test_a_draft_is_nobodys_lesson(reader, org, cast):
    course = published_course(org.a1)
    draft = CourseVersionFactory(
        course=course, number=2, state="draft", reviewer=None, reviewed_at=None, published_at=None
    )
    lesson = LessonFactory(version=draft)
    assert reader.get(url(course, lesson)).status_code == 404
    assert lesson.title not in page(reader, url(course))


def next_version(course):
    """Version 2 with the first lesson kept and a new one, published the way the action does."""
    kept = course.current.lessons.first()
    CourseVersion.objects.filter(pk=course.current_id).update(state="replaced")
    version = CourseVersionFactory(course=course, number=2, title="新版")
    LessonFactory(version=version, key=kept.key, position=1)
    LessonFactory(version=version, position=2)
    course.current = version
    course.save()
    return version


def test_a_new_version_takes_nothing_away(reader, cast, org):
    course = published_course(org.a1, lessons=2)
    finish(cast.activist, course)
    Completion.objects.create(
        person=cast.activist, course=course, version=course.current, completed_at=timezone.now()
    )
    next_version(course)
    body = page(reader, url(course))
    assert "已学完第 1 版" in body
    assert "已学 1 节，共 2 节" in body
    assert "已学完第 1 版" in page(reader, "/learning/courses/")


def test_a_withdrawn_course_remains_for_who_completed_it(reader, cast, org):
    course = published_course(org.a1, lessons=1)
    finish(cast.activist, course)
    Completion.objects.create(
        person=cast.activist, course=course, version=course.current, completed_at=timezone.now()
    )
    course.withdrawn_at, course.withdrawn_by, course.withdraw_reason = (
        timezone.now(),
        cast.teacher,
        "内容过时",
    )
    course.save()
    body = page(reader, url(course))
    assert "内容过时" in body
    assert reader.get(url(course, course.current.lessons.get())).status_code == 404
    reader.force_login(cast.league)
    assert reader.get(url(course)).status_code == 404


def test_a_passed_test_shows_on_the_course(reader, cast, org):
    course = published_course(org.a1, lessons=1, questions=1)
    finish(cast.activist, course)
    sit(cast.activist, course, passed=True)
    Completion.objects.create(
        person=cast.activist, course=course, version=course.current, completed_at=timezone.now()
    )
    assert "已合格" in page(reader, url(course))


def test_script_in_a_lesson_is_never_shown(reader, org):
    course = published_course(org.a1, lessons=1)
    lesson = course.current.lessons.get()
    Lesson.objects.update(body="<p>课文</p><script>alert(1)</script><img src=x onerror=alert(1)>")
    body = page(reader, url(course, lesson))
    assert '<p id="p1">课文</p>' in body
    assert "alert(1)" not in body


def test_empty_lists_say_what_will_come(reader):
    assert "还没有课程" in page(reader, "/learning/courses/")
    assert "还没有学过课程" in page(reader, "/learning/record/")
