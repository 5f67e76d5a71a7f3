"""The tab 学习 and the pushes on the home page: what is mine, and nothing that costs more with more of it."""

import datetime as dt

import pytest
import time_machine

from accounts.roles import Role
from learning.models import (
    Assignee,
    Assignment,
    Attempt,
    Completion,
    Course,
    Item,
    LessonProgress,
    Mistake,
    Reading,
    Subscription,
)
from learning.rules.home import time_left
from tests.learning.factories import (
    ItemFactory,
    QuestionVersionFactory,
    TopicFactory,
    audience_of,
    month_end_quiz,
    published_course,
)

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 25, 2, tzinfo=dt.UTC)  # a Wednesday, 10:00 in Shanghai


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def page(client):
    def get(person, path="/learning/"):
        client.force_login(person)
        return client.get(path)

    return get


def assign(course, person, due, **fields):
    assignment = Assignment.objects.create(
        branch=course.branch, course=course, audience=course.audience, due_at=due
    )
    return Assignee.objects.create(assignment=assignment, person=person, **fields)


def study(person, course, finished, opened=0):
    """``person`` finished the first lessons of a course and only opened the next ones."""
    for place, lesson in enumerate(course.current.lessons.order_by("position")[: finished + opened]):
        LessonProgress.objects.create(
            person=person,
            course=course,
            lesson_key=lesson.key,
            finished_at=NOW if place < finished else None,
        )


def complete(person, course):
    study(person, course, course.current.lessons.count())
    Completion.objects.create(person=person, course=course, version=course.current, completed_at=NOW)


def names(rows):
    return [row.course.current.title for row in rows]


def test_with_nothing_there_is_still_a_page(page, cast):
    text = page(cast.member).text
    assert "这周的内容还没有发出" in text
    for absent in ("继续学习", "必修课", "党校课程", "专题", "题待复习"):
        assert absent not in text


def test_going_on_where_one_was(page, org, cast):
    old, new = (
        published_course(org.a1, title="旧课"),
        published_course(org.a1, title="《党章》导读", lessons=8),
    )
    new.current.lessons.filter(position=6).update(title="支部大会", chapter="第三章")
    study(cast.member, old, 1)
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=False):
        study(cast.member, new, 5, opened=1)
        response = page(cast.member)
    lesson = new.current.lessons.get(position=6)
    assert response.context["go_on"]["lesson"] == lesson
    assert "《党章》导读，第三章" in response.text
    assert "已学 5 节，共 8 节" in response.text
    assert f"/learning/courses/{new.pk}/lessons/{lesson.key}/" in response.text


def test_when_all_lessons_are_finished_the_test_is_left(page, org, cast):
    course = published_course(org.a1, questions=2)
    study(cast.member, course, 3)
    response = page(cast.member)
    assert "去自测" in response.text
    assert response.context["go_on"]["lesson"] is None


def test_nothing_begun_but_something_due(page, org, cast):
    published_course(org.a1, title="随便看")
    course = published_course(org.a1, title="该学的")
    assign(course, cast.member, NOW + dt.timedelta(days=9))
    response = page(cast.member)
    assert "开始学习" in response.text
    assert response.context["go_on"]["row"].course == course


def test_a_completed_course_is_not_gone_on_with(page, org, cast):
    complete(cast.member, published_course(org.a1))
    assert page(cast.member).context["go_on"] is None


def test_required_courses_stand_in_the_order_they_are_due(page, org, cast):
    late, soon, done = (published_course(org.a1, title=title) for title in ("晚", "早", "完"))
    published_course(org.a1, title="别的")
    assign(late, cast.member, NOW + dt.timedelta(days=20))
    assign(soon, cast.member, NOW + dt.timedelta(days=10))
    assign(done, cast.member, NOW + dt.timedelta(days=1), done_at=NOW)
    complete(cast.member, done)
    response = page(cast.member)
    assert names(response.context["required"]) == ["早", "晚", "完"]
    assert names(response.context["others"]) == ["别的"]
    assert "3 节，12 月 5 日前学完" in response.text


def test_the_party_school_counts_what_is_complete(page, org, cast):
    courses = [published_course(org.college_a, title=f"党课 {n}") for n in range(3)]
    Course.objects.update(series=Course.Series.PARTY_SCHOOL)
    complete(cast.member, courses[1])
    response = page(cast.member)
    assert names(response.context["school"]) == ["党课 0", "党课 1", "党课 2"]
    assert "结业 1 门，共 3 门" in response.text


def test_courses_are_those_of_my_role_and_place(page, org, cast):
    def course(branch, title, **criteria):
        row = published_course(branch, title=title)
        row.audience = audience_of(branch, **criteria)
        row.save()

    course(org.a1, "给积极分子", roles=[Role.ACTIVIST])
    course(org.college_a, "给党员", roles=[Role.STUDENT_MEMBER, Role.TEACHER_MEMBER])
    course(org.university, "给所有人")
    course(org.b1, "外院")
    seen = {name: set(names(page(person).context["others"])) for name, person in vars(cast).items()}
    assert seen == {
        "member": {"给党员", "给所有人"},
        "probationary": {"给党员", "给所有人"},
        "teacher": {"给党员", "给所有人"},
        "activist": {"给积极分子", "给所有人"},
        "league": {"给所有人"},
        "stranger": {"给所有人", "外院"},
    }


def quiz_for(branch, **fields):
    return month_end_quiz(
        branch, title="11 月月末测评", closes_at=NOW + dt.timedelta(days=2, hours=3), **fields
    )


def test_the_open_quiz_says_its_rules(page, org, cast):
    quiz = quiz_for(org.a1, questions=9, seconds=1800, attempts=2)
    text = page(cast.member).text
    assert "9 题，30 分钟，可考 2 次<br>考的是本月推送的 9 篇内容" in text
    assert "还剩 2 天，11 月 27 日 13:00 截止" in text
    assert f'href="/learning/quizzes/{quiz.pk}/">开始' in text
    assert "月末测评" not in page(cast.stranger).text


def test_a_quiz_of_last_month_names_its_month(page, org, cast):
    quiz_for(org.a1, period="2026-10")
    assert "考的是 10 月推送的 5 篇内容" in page(cast.member).text


def test_the_quiz_goes_on_and_ends(page, org, cast):
    quiz = quiz_for(org.a1)
    attempt = Attempt.objects.create(quiz=quiz, person=cast.member, number=1, started_at=NOW)
    assert f'href="/learning/attempts/{attempt.pk}/">继续' in page(cast.member).text
    attempt.state, attempt.closed_at, attempt.closed_by = Attempt.State.CLOSED, NOW, "person"
    attempt.score, attempt.full, attempt.passed = 4, 5, True
    attempt.save()
    text = page(cast.member).text
    assert f'href="/learning/attempts/{attempt.pk}/result/">看结果' in text
    assert "已交卷" in text


@pytest.mark.parametrize("change", ["withdrawn", "over", "early"])
def test_a_quiz_one_cannot_take_is_not_shown(page, org, cast, change):
    quiz = quiz_for(org.a1)
    if change == "withdrawn":
        quiz.withdrawn_at, quiz.withdrawn_by, quiz.withdraw_reason = NOW, cast.teacher, "题目有误"
    elif change == "over":
        quiz.opens_at, quiz.closes_at = NOW - dt.timedelta(days=2), NOW
    else:
        quiz.opens_at = NOW + dt.timedelta(minutes=1)
    quiz.save()
    assert page(cast.member).context["quizzes"] == []


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (dt.timedelta(days=2, hours=3), "还剩 2 天"),
        (dt.timedelta(days=1), "还剩 1 天"),
        (dt.timedelta(hours=23, minutes=59), "还剩 23 小时"),
        (dt.timedelta(minutes=59), "还剩不到 1 小时"),
    ],
)
def test_time_left(left, words):
    assert time_left(NOW + left) == words


@pytest.mark.parametrize("path", ["/learning/", "/"])
def test_this_week_unread_first_and_three_at_most(page, org, cast, path):
    days = {"今天": 0, "昨天": 1, "周一": 2, "上周日": 3}
    for title, ago in days.items():
        ItemFactory(branch=org.a1, title=title, sent_at=NOW - dt.timedelta(days=ago))
    Reading.objects.create(item=Item.objects.get(title="今天"), person=cast.member, opened_on=NOW.date())
    assert [item.title for item in page(cast.member, path).context["pushes"].items] == [
        "昨天",
        "周一",
        "今天",
    ]
    ItemFactory(branch=org.a1, title="又一篇", sent_at=NOW)
    assert [item.title for item in page(cast.member, path).context["pushes"].items] == [
        "又一篇",
        "昨天",
        "周一",
    ]


@pytest.mark.parametrize("path", ["/learning/", "/"])
def test_until_something_is_sent_last_week_stays(page, org, cast, path):
    ItemFactory(branch=org.a1, title="上上周", sent_at=dt.datetime(2026, 11, 15, 15, 59, tzinfo=dt.UTC))
    ItemFactory(branch=org.a1, title="上周", sent_at=dt.datetime(2026, 11, 15, 16, tzinfo=dt.UTC))
    response = page(cast.member, path)
    assert [item.title for item in response.context["pushes"].items] == ["上周"]
    assert "上周推送" in response.text
    assert "本周推送" not in response.text


def test_the_home_page_counts_the_month(page, org, cast):
    ItemFactory.create_batch(2, branch=org.a1, sent_at=NOW)
    first = ItemFactory(branch=org.a1, sent_at=dt.datetime(2026, 10, 31, 16, tzinfo=dt.UTC))
    ItemFactory(branch=org.a1, sent_at=dt.datetime(2026, 10, 31, 15, 59, tzinfo=dt.UTC))
    ItemFactory(branch=org.b1, sent_at=NOW)
    for person in (cast.member, cast.league):
        Reading.objects.create(item=first, person=person, opened_on=NOW.date())
    assert "本月已读 1/3" in page(cast.member, "/").text
    assert "本月已读 0/1" in page(cast.stranger, "/").text


def test_without_pushes_the_home_page_keeps_quiet(page, cast):
    assert "本周推送" not in page(cast.member, "/").text


def test_my_topics_come_first(page, org, cast):
    topics = [TopicFactory(branch=org.a1, name=f"专题 {n}", position=n) for n in range(5)]
    Subscription.objects.create(topic=topics[4], person=cast.member)
    assert list(page(cast.member).context["topics"]) == [topics[4], *topics[:3]]


def test_the_book_of_mistakes_counts_what_is_due_now(page, org, cast):
    for due, retired in ((-1, None), (0, None), (1, None), (-1, NOW)):
        version = QuestionVersionFactory(question__branch=org.a1, question__retired_at=retired)
        Mistake.objects.create(
            person=cast.member, question=version.question, due_at=NOW + dt.timedelta(hours=due)
        )
    assert "2 题待复习" in page(cast.member).text
    assert "题待复习" not in page(cast.league).text


def fill(org, person, count):
    """``count`` of everything the pages show."""
    for n in range(count):
        topic = TopicFactory(branch=org.a1)
        ItemFactory(branch=org.a1, topic=topic)
        quiz = quiz_for(org.a1, questions=2, period=f"2026-{n + 1:02}")
        Attempt.objects.create(quiz=quiz, person=person, number=1, started_at=NOW)
        begun, school, other = (published_course(org.a1, questions=1) for _ in range(3))
        Course.objects.filter(pk=school.pk).update(series=Course.Series.PARTY_SCHOOL)
        assign(begun, person, NOW + dt.timedelta(days=n + 1))
        study(person, begun, 1)
        complete(person, other)
        version = QuestionVersionFactory(question__branch=org.a1)
        Mistake.objects.create(person=person, question=version.question, due_at=NOW)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same(client, org, cast, count, django_assert_num_queries):
    fill(org, cast.member, count)
    client.force_login(cast.member)
    client.get("/notices/settings/")
    # session, person, courses (4), next lesson, quizzes, items, topics, mistakes
    with django_assert_num_queries(11):
        response = client.get("/learning/")
    shown = response.context
    assert [len(shown[name]) for name in ("required", "school", "others", "quizzes", "topics")] == [count] * 5
