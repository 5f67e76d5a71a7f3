"""Files of learning content: only to those who may see what they stand in, whole or in parts."""

import uuid

import pytest
from django.utils import timezone

from learning.actions.media import store_media
from learning.models import Answer, Attempt, Item, Lesson, Media, Mistake
from tests.granting import grant
from tests.learning.factories import (
    CourseVersionFactory,
    ItemFactory,
    LessonFactory,
    month_end_quiz,
    published_course,
)
from tests.learning.files import mp4, pdf, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture(org):
    return store_media(content=png(), name="会场.png", branch=org.a1, by=None, alt="会场")


@pytest.fixture
def video(org):
    return store_media(content=mp4(), name="课.mp4", branch=org.a1, by=None)


@pytest.fixture
def lesson_with(org):
    def put(media):
        course = published_course(org.a1, lessons=1)
        Lesson.objects.filter(version=course.current).update(kind="video", media=media)
        return course

    return put


def fetch(client, person, media, **headers):
    client.force_login(person)
    response = client.get(media.get_absolute_url(), headers=headers)
    response.body = b"".join(response.streaming_content) if response.streaming else response.content
    return response


def sees(client, person, media):
    status = fetch(client, person, media).status_code
    assert status in {200, 404}
    return status == 200


# Who


def test_what_stands_nowhere_is_seen_by_editors_of_the_branch_only(client, cast, org, picture):
    assert not any(sees(client, person, picture) for person in vars(cast).values())
    grant(cast.teacher, "publicity_officer", org.a1)
    grant(cast.stranger, "editor", org.college_b)
    assert sees(client, cast.teacher, picture)
    assert not sees(client, cast.stranger, picture)


def test_signed_out_there_is_nothing(client, picture):
    assert client.get(picture.get_absolute_url()).status_code == 302


def test_foreign_and_never_existed_look_the_same(client, cast, picture):
    foreign = fetch(client, cast.stranger, picture)
    never = fetch(client, cast.stranger, Media(pk=uuid.uuid4()))
    assert (foreign.status_code, never.status_code) == (404, 404)


def test_a_lesson_shows_its_file_while_the_course_stands(client, cast, org, video, lesson_with):
    course = lesson_with(video)
    assert sees(client, cast.activist, video)
    assert not sees(client, cast.stranger, video)
    course.withdrawn_at, course.withdrawn_by, course.withdraw_reason = timezone.now(), cast.teacher, "错了"
    course.save()
    assert not sees(client, cast.activist, video)


def test_a_draft_shows_nothing(client, cast, org, picture):
    course = published_course(org.a1)
    draft = CourseVersionFactory(
        course=course,
        number=2,
        state="draft",
        reviewer=None,
        reviewed_at=None,
        published_at=None,
        cover=picture,
    )
    LessonFactory(version=draft, media=picture).images.add(picture)
    assert not sees(client, cast.activist, picture)


@pytest.mark.parametrize("place", ["cover", "images"])
def test_pictures_of_a_course(client, cast, org, picture, place):
    course = published_course(org.a1, lessons=1)
    if place == "cover":
        course.current.cover = picture
        course.current.save()
    else:
        course.current.lessons.get().images.add(picture)
    assert sees(client, cast.league, picture)
    assert not sees(client, cast.stranger, picture)


@pytest.mark.parametrize("place", ["cover", "images"])
def test_pictures_of_an_item(client, cast, org, picture, place):
    item = ItemFactory(branch=org.a1)
    if place == "cover":
        item.cover = picture
        item.save()
    else:
        item.images.add(picture)
    assert sees(client, cast.league, picture)
    assert not sees(client, cast.stranger, picture)
    Item.objects.update(
        state="withdrawn", withdrawn_at=timezone.now(), withdrawn_by=cast.teacher, withdraw_reason="错了"
    )
    assert not sees(client, cast.league, picture)


def test_the_picture_of_a_question_is_seen_by_who_was_asked(client, cast, org, picture):
    quiz = month_end_quiz(org.a1, questions=1)
    version = quiz.questions.get().version
    version.image = picture
    version.save()
    assert not sees(client, cast.activist, picture)
    attempt = Attempt.objects.create(quiz=quiz, person=cast.activist, number=1, started_at=timezone.now())
    Answer.objects.create(attempt=attempt, position=1, version=version)
    assert sees(client, cast.activist, picture)
    assert not sees(client, cast.league, picture)
    Mistake.objects.create(person=cast.league, question=version.question, due_at=timezone.now())
    assert sees(client, cast.league, picture)


def test_it_costs_few_statements(client, cast, picture, video, lesson_with, django_assert_num_queries):
    for _ in range(3):
        lesson_with(video)
    client.force_login(cast.activist)
    with django_assert_num_queries(3):  # session, person, file
        b"".join(client.get(video.get_absolute_url()))


# How


def test_headers_of_a_picture(client, cast, org, picture):
    published_course(org.a1, lessons=1).current.lessons.get().images.add(picture)
    response = fetch(client, cast.activist, picture)
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"].startswith("inline")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, max-age=3600"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Accept-Ranges"] == "bytes"
    assert int(response["Content-Length"]) == len(response.body) == picture.size
    again = fetch(client, cast.activist, picture, **{"If-None-Match": response["ETag"]})
    assert (again.status_code, again.body) == (304, b"")


def test_headers_of_a_pdf(client, cast, org, lesson_with):
    media = store_media(content=pdf(2), name="讲义.pdf", branch=org.a1, by=None)
    lesson_with(media)
    response = fetch(client, cast.activist, media)
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == "inline; filename*=utf-8''%E8%AE%B2%E4%B9%89.pdf"
    assert response["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, -1),
        ("bytes=-50", -50, -1),
        ("bytes=0-0", 0, 0),
        ("bytes=0-999999999999", 0, -1),
        ("bytes=-999999", 0, -1),
        ("bytes= 10 - 19", 10, 19),
    ],
)
def test_a_part(client, cast, video, lesson_with, asked, first, last):
    lesson_with(video)
    whole = fetch(client, cast.activist, video).body
    first, last = first % video.size, last % video.size
    response = fetch(client, cast.activist, video, Range=asked)
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{video.size}"
    assert response.body == whole[first : last + 1]
    assert int(response["Content-Length"]) == len(response.body)


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=999999-1000000", "bytes=-0"])
def test_a_part_that_does_not_exist(client, cast, video, lesson_with, asked):
    lesson_with(video)
    response = fetch(client, cast.activist, video, Range=asked)
    assert (response.status_code, response.body) == (416, b"")
    assert response["Content-Range"] == f"bytes */{video.size}"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=5-2", "bytes=-", "bytes=", "bytes", "items=0-1", "bytes=a-b", "bytes=0-1,5-6", "bytes=0--1",
        "bytes=1" + "0" * 400 + "-", "bytes=٣-٤", "bytes=0-1;x", "0-1", "bytes=--5",
    ],
)  # fmt: skip
def test_a_malformed_request_for_a_part_gives_the_whole(client, cast, video, lesson_with, asked):
    lesson_with(video)
    response = fetch(client, cast.activist, video, Range=asked)
    assert response.status_code == 200
    assert len(response.body) == video.size


def test_a_part_of_another_file_is_not_mixed_in(client, cast, video, lesson_with):
    lesson_with(video)
    same = fetch(client, cast.activist, video, **{"Range": "bytes=0-9", "If-Range": f'"{video.sha256}"'})
    other = fetch(client, cast.activist, video, **{"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)


def test_a_part_of_what_one_may_not_see(client, cast, video):
    assert fetch(client, cast.stranger, video, Range="bytes=0-9").status_code == 404


def test_bytes_that_are_gone_are_a_polite_404(client, cast, video, lesson_with):
    lesson_with(video)
    video.file.delete(save=False)
    response = fetch(client, cast.activist, video)
    assert response.status_code == 404
    assert "没有找到" in response.content.decode()


def test_a_file_cannot_be_changed_or_listed(client, cast, video, lesson_with):
    lesson_with(video)
    client.force_login(cast.activist)
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(video.get_absolute_url()).status_code == 405
    assert client.get("/learning/media/").status_code == 404
