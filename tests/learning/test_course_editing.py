"""A course from its draft to its publication by a second person, and what no door lets through."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing, NotAllowed
from learning.actions.courses import (
    add_course,
    approve_course,
    change_draft,
    new_version,
    place_course,
    return_course,
    submit_course,
    withdraw_course,
)
from learning.actions.lessons import add_lesson, change_lesson, move_lesson, remove_lesson
from learning.actions.media import store_media
from learning.models import Assignment, Completion, Course, CourseVersion, Question, QuestionVersion, Quiz
from learning.rules.courses import problems_of, standing
from notifications.models import Recipient
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import CourseFactory, QuestionVersionFactory, audience_of
from tests.learning.files import mp4, pdf, png
from tests.learning.test_completion import finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(org, cast):
    """Two editors of the college, one of another."""
    cast.writer, cast.second, cast.foreign = (
        UserFactory(name=name, kind="teacher", grade=None) for name in ("文编", "审校", "外院")
    )
    grant(cast.writer, "editor", org.college_a)
    grant(cast.second, "editor", org.college_a)
    grant(cast.foreign, "editor", org.college_b)
    return cast


@pytest.fixture
def draft(org, desk):
    version = add_course(by=desk.writer, branch=org.a1, title="党章基本知识", test_draw=0)
    for number in (1, 2, 3):
        add_lesson(version=version, by=desk.writer, title=f"第 {number} 节", body="<p>课文。</p>")
    return version


def publish(version, desk):
    submit_course(version=version, by=desk.writer)
    return approve_course(version=version, by=desk.second)


def titles(version):
    return list(version.lessons.values_list("position", "title"))


def question(version, desk, state="in_review", **fields):
    course = version.course
    return QuestionVersionFactory(
        question__branch=course.branch,
        question__course=course,
        question__lesson_key=version.lessons.first().key,
        author=desk.writer,
        state=state,
        reviewer=None,
        reviewed_at=None,
        paragraph=1,
        **fields,
    )


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# Writing


def test_a_new_course_is_a_draft_nobody_sees(org, desk, draft):
    assert (draft.number, draft.state, draft.author) == (1, "draft", desk.writer)
    assert draft.course.audience == audience_of(org.a1)
    assert not Course.objects.visible_to(desk.activist).exists()
    assert AuditEntry.objects.filter(action="learning.course_drafted", branch_id=org.a1.pk).count() == 1


def test_foreign_branches_do_not_exist_for_the_editor(org, desk, draft):
    for attempt in [
        lambda: add_course(by=desk.foreign, branch=org.a1, title="x"),
        lambda: add_course(by=desk.member, branch=org.a1, title="x"),
        lambda: change_draft(version=draft, by=desk.foreign, title="x"),
        lambda: add_lesson(version=draft, by=desk.foreign, title="x"),
        lambda: remove_lesson(lesson=draft.lessons.first(), by=desk.foreign),
        lambda: submit_course(version=draft, by=desk.foreign),
        lambda: approve_course(version=draft, by=desk.foreign),
        lambda: withdraw_course(course=draft.course, by=desk.foreign, reason="x"),
        lambda: new_version(course=draft.course, by=desk.foreign),
    ]:
        with pytest.raises(Missing):
            attempt()


def test_lessons_are_moved_and_removed(desk, draft):
    first, second, _ = draft.lessons.all()
    move_lesson(lesson=first, by=desk.writer, to=99)
    assert titles(draft) == [(1, "第 2 节"), (2, "第 3 节"), (3, "第 1 节")]
    move_lesson(lesson=first, by=desk.writer, to=-5)
    assert titles(draft) == [(1, "第 1 节"), (2, "第 2 节"), (3, "第 3 节")]
    remove_lesson(lesson=second, by=desk.writer)
    assert titles(draft) == [(1, "第 1 节"), (2, "第 3 节")]
    with pytest.raises(Conflict, match="刚才被删掉"):
        change_lesson(lesson=second, by=desk.writer, title="x")


def test_text_is_sanitised_and_its_pictures_kept(org, desk, draft):
    picture = store_media(content=png(), name="x.png", branch=org.a1, by=desk.writer, alt="会场")
    lesson = draft.lessons.first()
    html = f'<p onclick="x()">课文</p><script>1</script><img src="{picture.get_absolute_url()}">'
    lesson = change_lesson(lesson=lesson, by=desk.writer, body=html)
    assert lesson.body == f'<p>课文</p><img src="{picture.get_absolute_url()}" alt="会场">'
    assert list(lesson.images.all()) == [picture]
    foreign = store_media(content=png(), name="x.png", branch=org.b1, by=desk.foreign, alt="别院")
    with pytest.raises(Invalid, match="找不到的图片"):
        change_lesson(lesson=lesson, by=desk.writer, body=f'<img src="{foreign.get_absolute_url()}">')


@pytest.mark.parametrize(
    ("kind", "content", "sentence"),
    [
        ("video", pdf(1), "视频课节里不能放PDF"),
        ("pdf", mp4(), "PDF课节里不能放视频"),
        ("text", mp4(), "图文课节里不能放视频"),
    ],
)
def test_a_file_fits_its_lesson(org, desk, draft, kind, content, sentence):
    media = store_media(content=content, name="x", branch=org.a1, by=desk.writer)
    with pytest.raises(Invalid, match=sentence):
        add_lesson(version=draft, by=desk.writer, title="x", kind=kind, media=media)


def test_files_of_others_cannot_be_used(org, desk, draft):
    media = store_media(content=mp4(), name="x", branch=org.b1, by=desk.foreign)
    with pytest.raises(Invalid, match="请用本组织上传的文件"):
        add_lesson(version=draft, by=desk.writer, title="x", kind="video", media=media)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://example.com/", "example.com", "//example.com", "data:x"]
)
def test_a_link_leads_to_the_web(desk, draft, url):
    with pytest.raises(Invalid, match=r"网址|URL"):
        add_lesson(version=draft, by=desk.writer, title="x", kind="link", url=url)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"title": ""}, "title"),
        ({"title": "长" * 61}, "title"),
        ({"test_pass": 101}, "test_pass"),
        ({"blueprint": [{"category": "x", "difficulty": 4, "count": 1}]}, "blueprint"),
        ({"blueprint": [{"category": "x", "difficulty": 1, "count": 0}]}, "blueprint"),
        ({"blueprint": [{"category": "x", "difficulty": 1, "count": 1}] * 2}, "blueprint"),
        ({"blueprint": "x"}, "blueprint"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(desk, draft, fields, where):
    with pytest.raises(Invalid) as refusal:
        change_draft(version=draft, by=desk.writer, **fields)
    assert list(refusal.value.fields) == [where]


def test_only_listed_fields_are_written(desk, draft):
    for fields in ({"state": "published"}, {"reviewer": desk.writer}, {"course": draft.course}):
        with pytest.raises(Invalid, match="不能修改"):
            change_draft(version=draft, by=desk.writer, **fields)
    with pytest.raises(Invalid, match="不能修改"):
        change_lesson(lesson=draft.lessons.first(), by=desk.writer, key=uuid.uuid4())


def test_what_is_missing_is_said_before_the_review(org, desk):
    version = add_course(by=desk.writer, branch=org.a1, title="课", test_draw=2)
    assert problems_of(version) == ["还没有课节。", "要抽 2 题，能用的只有 0 题。"]
    for kind in ("text", "video", "pdf", "link"):
        add_lesson(version=version, by=desk.writer, title=kind, kind=kind)
    with pytest.raises(Invalid) as refusal:
        submit_course(version=version, by=desk.writer)
    for sentence in (
        "“text”：还没有正文。",
        "“video”：还没有视频。",
        "“pdf”：还没有 PDF。",
        "“link”：还没有链接。",
    ):
        assert sentence in str(refusal.value)


# Two people


def test_review_is_asked_of_others(desk, draft):
    submit_course(version=draft, by=desk.writer)
    told = Recipient.objects.filter(message__kind="review_asked").values_list("person__name", flat=True)
    assert list(told) == ["审校"]


def test_a_second_person_publishes(desk, draft):
    version = publish(draft, desk)
    assert (version.state, version.reviewer) == ("published", desk.second)
    assert None not in {version.published_at, version.reviewed_at}
    assert fresh(version.course).current == version
    assert list(Course.objects.visible_to(desk.activist)) == [version.course]
    assert AuditEntry.objects.get(action="learning.course_published").actor == desk.second


def test_nobody_approves_what_he_wrote_or_changed(desk, draft):
    submit_course(version=draft, by=desk.writer)
    with pytest.raises(NotAllowed, match="另一位同志"):
        approve_course(version=draft, by=desk.writer)
    change_lesson(lesson=draft.lessons.first(), by=desk.second, title="改过的")
    assert fresh(draft).state == "draft"
    submit_course(version=draft, by=desk.writer)
    with pytest.raises(NotAllowed, match="另一位同志"):
        approve_course(version=draft, by=desk.second)


def test_who_only_writes_does_not_review(org, desk, draft):
    grant(desk.member, "publicity_officer", org.a1)
    submit_course(version=draft, by=desk.writer)
    with pytest.raises(NotAllowed, match="审核权限"):
        approve_course(version=draft, by=desk.member)


def test_a_change_in_review_needs_a_new_review(desk, draft):
    submit_course(version=draft, by=desk.writer)
    change_draft(version=draft, by=desk.writer, summary="新的简介")
    with pytest.raises(Conflict, match="草稿"):
        approve_course(version=draft, by=desk.second)


def test_returning_tells_the_writers_why(desk, draft):
    submit_course(version=draft, by=desk.writer)
    with pytest.raises(Invalid):
        return_course(version=draft, by=desk.second, note="  ")
    version = return_course(version=draft, by=desk.second, note="第二节太长")
    assert (version.state, version.review_note) == ("draft", "第二节太长")
    told = Recipient.objects.filter(message__kind="content_returned").values_list("person__name", flat=True)
    assert list(told) == ["文编"]


def test_what_is_published_is_not_changed_any_more(desk, draft):
    version = publish(draft, desk)
    lesson = version.lessons.first()
    for attempt in [
        lambda: change_draft(version=version, by=desk.writer, title="x"),
        lambda: add_lesson(version=version, by=desk.writer, title="x"),
        lambda: change_lesson(lesson=lesson, by=desk.writer, body="x"),
        lambda: remove_lesson(lesson=lesson, by=desk.writer),
        lambda: move_lesson(lesson=lesson, by=desk.writer, to=2),
        lambda: submit_course(version=version, by=desk.writer),
        lambda: approve_course(version=version, by=desk.second),
        lambda: return_course(version=version, by=desk.second, note="x"),
    ]:
        with pytest.raises(Conflict):
            attempt()


def test_a_draft_is_not_published_without_review(desk, draft):
    with pytest.raises(Conflict, match="草稿"):
        approve_course(version=draft, by=desk.second)


def test_no_raw_write_publishes_what_nobody_approved(desk, draft):
    """Whatever door: the database and the query for readers both refuse."""
    rows = CourseVersion.objects.filter(pk=draft.pk)
    now = timezone.now()
    for fields in [
        {"state": "published"},
        {"state": "replaced"},
        {"state": "published", "published_at": now},
        {"state": "published", "published_at": now, "reviewed_at": now, "reviewer": draft.author},
    ]:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**fields)
    Course.objects.filter(pk=draft.course_id).update(current=draft)
    assert not Course.objects.visible_to(desk.activist).exists()
    assert not Course.objects.published().exists()


def test_two_published_versions_are_refused_by_the_database(desk, draft):
    publish(draft, desk)
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        CourseVersion.objects.create(
            course=draft.course,
            number=2,
            title="x",
            author=desk.writer,
            reviewer=desk.second,
            reviewed_at=now,
            published_at=now,
            state="published",
        )


# The self-test


def test_publishing_approves_the_questions_and_makes_the_test(org, desk, draft):
    change_draft(version=draft, by=desk.writer, test_draw=2, test_pass=80, same_order=True)
    waiting = [question(draft, desk), question(draft, desk, state="draft")]
    version = publish(draft, desk)
    for one in waiting:
        assert (fresh(one).state, fresh(one).reviewer) == ("approved", desk.second)
    quiz = version.quiz
    assert (quiz.kind, quiz.pass_percent, quiz.attempts, quiz.same_order) == ("self_test", 80, 0, True)
    assert quiz.branch == org.a1


def test_a_test_that_cannot_be_drawn_stops_the_publication(desk, draft):
    change_draft(
        version=draft,
        by=desk.writer,
        test_draw=1,
        blueprint=[{"category": "纪律", "difficulty": 2, "count": 1}],
    )
    question(draft, desk, question__category="党章")
    with pytest.raises(Invalid, match="“纪律”适中题要抽 1 题，能用的只有 0 题"):
        submit_course(version=draft, by=desk.writer)
    asked = question(draft, desk, question__category="纪律")
    submit_course(version=draft, by=desk.writer)
    Question.objects.filter(pk=asked.question_id).update(retired_at=timezone.now())
    with pytest.raises(Conflict, match="纪律"):
        approve_course(version=draft, by=desk.second)
    assert fresh(draft).state == "in_review"
    assert fresh(asked).state == "in_review"
    assert not Quiz.objects.exists()


def test_a_reviewer_who_wrote_a_question_cannot_publish_it_along(desk, draft):
    change_draft(version=draft, by=desk.writer, test_draw=1)
    asked = question(draft, desk)
    QuestionVersion.objects.filter(pk=asked.pk).update(author=desk.second)
    submit_course(version=draft, by=desk.writer)
    with pytest.raises(NotAllowed):
        approve_course(version=draft, by=desk.second)
    assert fresh(draft).state == "in_review"


# The next version


def test_the_next_version_keeps_lessons_and_what_was_finished(desk, draft):
    old = publish(draft, desk)
    finish(desk.activist, old.course, *old.lessons.all()[:2])
    version = new_version(course=old.course, by=desk.writer)
    assert (version.number, version.state, version.title) == (2, "draft", old.title)
    assert list(version.lessons.values_list("key", "title", "body")) == list(
        old.lessons.values_list("key", "title", "body")
    )
    remove_lesson(lesson=version.lessons.last(), by=desk.writer)
    add_lesson(version=version, by=desk.writer, title="新的一节", body="<p>新</p>")
    assert standing(desk.activist, old).finished == 2
    publish(version, desk)
    assert standing(desk.activist, fresh(version)).finished == 2
    assert fresh(old).state == "replaced"
    assert fresh(old.course).current == version
    assert titles(old)[-1] == (3, "第 3 节")


def test_one_open_version_at_a_time(desk, draft):
    with pytest.raises(Conflict):
        new_version(course=draft.course, by=desk.writer)
    publish(draft, desk)
    new_version(course=draft.course, by=desk.writer)
    with pytest.raises(Conflict):
        new_version(course=draft.course, by=desk.second)


def test_replacing_keeps_the_old_test_and_completions(desk, draft):
    change_draft(version=draft, by=desk.writer, test_draw=1)
    question(draft, desk)
    old = publish(draft, desk)
    Completion.objects.create(
        person=desk.activist, course=old.course, version=old, completed_at=timezone.now()
    )
    version = publish(new_version(course=old.course, by=desk.writer), desk)
    assert {quiz.course_version_id for quiz in Quiz.objects.all()} == {old.pk, version.pk}
    assert old.quiz.withdrawn_at is None
    assert Completion.objects.get().version == old


# Withdrawing and placing


def test_withdrawing_says_why_and_ends_tasks(org, desk, draft):
    version = publish(draft, desk)
    task = Assignment.objects.create(
        branch=org.a1, course=version.course, audience=audience_of(org.a1), due_at=timezone.now()
    )
    with pytest.raises(Invalid):
        withdraw_course(course=version.course, by=desk.writer, reason=" ")
    course = withdraw_course(course=version.course, by=desk.writer, reason="内容过时")
    assert (course.withdrawn_by, course.withdraw_reason) == (desk.writer, "内容过时")
    assert fresh(task).withdrawn_at is not None
    assert not Course.objects.visible_to(desk.activist).exists()
    with pytest.raises(Conflict):
        withdraw_course(course=course, by=desk.writer, reason="again")
    publish(new_version(course=course, by=desk.writer), desk)
    assert Course.objects.visible_to(desk.activist).exists()


def test_widening_a_published_course_is_a_reviewers_decision(org, desk, draft):
    grant(desk.member, "publicity_officer", org.a1)
    place = {"audience": audience_of(org.a1), "series": "party_school", "topic": None, "position": 3}
    place_course(course=draft.course, by=desk.member, **place)
    publish(draft, desk)
    with pytest.raises(NotAllowed):
        place_course(course=draft.course, by=desk.member, **place)
    with pytest.raises(Invalid) as refusal:
        place_course(course=draft.course, by=desk.second, **place | {"audience": audience_of(org.b1)})
    assert list(refusal.value.fields) == ["audience"]
    assert place_course(course=draft.course, by=desk.second, **place).position == 3


def test_an_unpublished_course_cannot_be_withdrawn(org, desk):
    with pytest.raises(Conflict):
        withdraw_course(course=CourseFactory(branch=org.a1), by=desk.writer, reason="x")
