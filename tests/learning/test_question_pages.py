"""The question bank in the back office: what is shown to whom, and every button."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from learning.models import Correction, ItemStatistic, Question, QuestionVersion
from learning.rules.answers import read_answer, write_answer
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import ItemFactory, QuestionVersionFactory, month_end_quiz, published_course
from tests.learning.test_corrections import first_version, sit

pytestmark = pytest.mark.django_db

Kind, State = QuestionVersion.Kind, QuestionVersion.State
LIST_STATEMENTS = 7
PAGE_STATEMENTS = 13
LIST = "/admin/learning/question/"


@pytest.fixture
def writer(org):
    person = UserFactory(name="编甲", branch=org.a1)
    grant(person, "publicity_officer", org.a1)
    return person


@pytest.fixture
def secretary(org):
    person = UserFactory(name="程立", branch=org.a1)
    grant(person, "secretary", org.a1)
    return person


@pytest.fixture
def desk(client, secretary):
    client.force_login(secretary)
    return client


def page(question):
    return f"{LIST}{question.pk}/change/"


def step(question, slug):
    return f"{LIST}{question.pk}/do/{slug}/"


def form(**changes):
    return {
        "kind": "single",
        "stem": "预备期多长？",
        "options": "半年\n一年\n",
        "answer": "b",
        "explanation": "见细则。",
        "basis": "",
        "category": "发展",
        "difficulty": "2",
        "code": "",
        "paragraph": "",
    } | changes


def texts(response):
    return response.content.decode()


# Keys as people write them


@pytest.mark.parametrize(
    ("kind", "text", "answer"),
    [
        ("single", "B", ["B"]),
        ("single", " ｂ ", ["B"]),
        ("multiple", "ABD", ["A", "B", "D"]),
        ("multiple", "D、A， B", ["A", "B", "D"]),
        ("true_false", "对", ["T"]),
        ("true_false", "√", ["T"]),
        ("true_false", "错", ["F"]),
        ("true_false", "×", ["F"]),
        ("true_false", "F", ["F"]),
        ("fill", "两/2", [["两", "2"]]),
        ("fill", "3；5", [["3"], ["5"]]),
        ("fill", "0.2/0.20／2角;五", [["0.2", "0.20", "2角"], ["五"]]),
        ("fill", r"km\/h", [["km/h"]]),
        ("single", "", []),
    ],
)
def test_a_key_is_read_and_written(kind, text, answer):
    assert read_answer(kind, text) == answer
    assert read_answer(kind, write_answer(QuestionVersion(kind=kind, answer=answer))) == answer


# The list


def test_the_list_shows_what_is_in_ones_branches(desk, org):
    mine = QuestionVersionFactory(question__branch=org.a1)
    foreign = QuestionVersionFactory(question__branch=org.a2)
    text = texts(desk.get(LIST))
    assert mine.question.code in text
    assert foreign.question.code not in text
    for address in (
        page(foreign.question),
        step(foreign.question, "change"),
        step(foreign.question, "retire"),
    ):
        assert desk.get(address).status_code == 404


def test_people_without_the_right_find_no_page(client, cast):
    client.force_login(cast.member)
    assert client.get(LIST).status_code in {302, 403, 404}


def found(desk, query):
    return {question.code for question in desk.get(LIST + query).context["cl"].result_list}


def test_the_filters_and_the_search(desk, org, secretary):
    asked = QuestionVersionFactory(
        question__branch=org.a1, stem="党徽由什么组成？", question__category="党章"
    )
    retired = QuestionVersionFactory(question__branch=org.a1, question__retired_at=timezone.now())
    open_row = {"state": "in_review", "reviewer": None, "reviewed_at": None}
    waiting = QuestionVersionFactory(question__branch=org.a1, kind="true_false", options=[], **open_row)
    draft = QuestionVersionFactory(question=asked.question, number=2, **(open_row | {"state": "draft"}))
    ItemStatistic.objects.create(
        version=asked, takers=5, facility=0.1, discrimination=0.0, is_weak=True, computed_at=timezone.now()
    )
    codes = {row.question.code for row in (asked, retired, waiting)}
    assert found(desk, "") == codes
    assert found(desk, "?state=approved") == {asked.question.code}
    assert found(desk, "?state=in_review") == {waiting.question.code}
    assert found(desk, "?state=draft") == {draft.question.code}
    assert found(desk, "?state=retired") == {retired.question.code}
    assert found(desk, "?kind=true_false") == {waiting.question.code}
    assert found(desk, "?weak=1") == {asked.question.code}
    assert found(desk, "?category=党章") == {asked.question.code}
    assert found(desk, "?difficulty__exact=3") == set()
    assert found(desk, "?q=党徽") == {asked.question.code}
    assert found(desk, f"?q={waiting.question.code}") == {waiting.question.code}
    assert "0.10 / 0.00 需要看一看" in texts(desk.get(LIST))


def test_figures_of_fewer_than_five_are_not_shown(desk, org):
    version = QuestionVersionFactory(question__branch=org.a1)
    ItemStatistic.objects.create(version=version, takers=4, facility=0.25, computed_at=timezone.now())
    assert "0.25" not in texts(desk.get(LIST))
    text = texts(desk.get(page(version.question)))
    assert "0.25" not in text
    assert "满 5 人答过以后" in text


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_any_number(desk, org, rows, django_assert_num_queries):
    for _ in range(rows):
        version = QuestionVersionFactory(question__branch=org.a1)
        ItemStatistic.objects.create(version=version, takers=9, facility=0.5, computed_at=timezone.now())
    desk.get(LIST)
    with django_assert_num_queries(LIST_STATEMENTS):
        desk.get(LIST)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_for_any_number(desk, org, rows, django_assert_num_queries):
    version = QuestionVersionFactory(question__branch=org.a1)
    for number in range(2, rows + 2):
        QuestionVersionFactory(question=version.question, number=number, state=State.REPLACED)
        quiz = month_end_quiz(org.a1, questions=0, period=f"2026-0{number}")
        quiz.questions.create(position=1, version=version)
    desk.get(page(version.question))
    with django_assert_num_queries(PAGE_STATEMENTS):
        desk.get(page(version.question))


# The page


def test_the_page_shows_question_figures_and_where_it_was_asked(desk, org):
    quiz = month_end_quiz(org.a1, questions=1, title="十一月测评")
    version = first_version(quiz)
    ItemStatistic.objects.create(
        version=version,
        takers=7,
        facility=0.97,
        discrimination=0.05,
        is_weak=True,
        computed_at=timezone.now(),
    )
    text = texts(desk.get(page(version.question)))
    for words in (
        version.stem,
        "丙",
        "因为是乙。",
        "党章第一条",
        "0.97",
        "也许太容易",
        "十一月测评",
        "7（每人",
    ):
        assert words in text
    assert text.count("正确</span>") == 1


def test_text_is_never_markup(desk, org):
    version = QuestionVersionFactory(
        question__branch=org.a1, stem="<script>alert(1)</script>", options=["<b>甲</b>", "乙"]
    )
    text = texts(desk.get(page(version.question)))
    assert "<script>alert" not in text
    assert "<b>甲" not in text


# The buttons


def test_adding_reads_options_and_key(desk, org, secretary):
    answer = desk.post(f"{LIST}do/add/", form(branch=org.a1.pk))
    version = QuestionVersion.objects.get()
    assert answer.status_code == 302
    assert desk.get(answer["Location"]).status_code == 200
    assert (version.options, version.answer, version.author) == (["半年", "一年"], ["B"], secretary)
    assert version.question.category == "发展"


def test_adding_to_an_item_and_to_a_lesson(desk, org):
    item = ItemFactory(branch=org.a1)
    desk.post(f"{LIST}do/add/", form(branch=org.a1.pk, item=item.pk, paragraph="2", code="I"))
    lesson = published_course(org.a1).current.lessons.first()
    desk.post(f"{LIST}do/add/", form(branch=org.a1.pk, lesson=lesson.pk, paragraph="1", code="L"))
    assert Question.objects.get(code="I").item == item
    assert Question.objects.get(code="L").lesson_key == lesson.key


def picture():
    file = BytesIO()
    Image.new("RGB", (4, 4), "red").save(file, "PNG")
    return SimpleUploadedFile("党徽.png", file.getvalue(), "image/png")


def test_a_picture_comes_with_words_and_goes_again(desk, org):
    address = f"{LIST}do/add/"
    assert desk.post(address, form(branch=org.a1.pk, picture=picture())).status_code == 422
    assert not Question.objects.exists()
    desk.post(address, form(branch=org.a1.pk, picture=picture(), alt="一枚党徽"))
    question = Question.objects.get()
    assert question.versions.get().image.alt == "一枚党徽"
    assert 'alt="一枚党徽"' in texts(desk.get(page(question)))
    desk.post(step(question, "change"), form(code=question.code))
    assert question.versions.get().image is not None
    desk.post(step(question, "change"), form(code=question.code, without_picture="on"))
    assert question.versions.get().image is None


def test_what_is_refused_comes_back_in_the_form(desk, org):
    for data, words in [
        (form(branch=org.a1.pk, answer="E"), "答案里有一个没有的选项"),
        (form(branch=org.a1.pk, answer="第二个"), "答案写选项的字母"),
        (form(branch=org.a1.pk, kind="true_false", options="", answer="B"), "写“对”或“错”"),
        (form(branch=org.b1.pk), ""),
    ]:
        response = desk.post(f"{LIST}do/add/", data)
        assert response.status_code == 422
        assert words in texts(response)
    assert not Question.objects.exists()


def test_foreign_items_are_no_choice(desk, org):
    foreign = ItemFactory(branch=org.a2)
    assert desk.post(f"{LIST}do/add/", form(branch=org.a1.pk, item=foreign.pk)).status_code == 422


def test_from_draft_to_approved_by_two_people(client, org, writer, secretary):
    client.force_login(writer)
    client.post(f"{LIST}do/add/", form(branch=org.a1.pk, code="D-1"))
    question = Question.objects.get()
    client.post(step(question, "change"), form(code="D-1", options="半年\n一年\n两年"))
    client.post(step(question, "submit"))
    version = question.versions.get()
    assert (version.state, version.options[-1]) == ("in_review", "两年")
    assert client.get(step(question, "approve")).status_code == 404
    client.force_login(secretary)
    review = client.get(step(question, "approve"))
    assert "两年" in texts(review)
    seen = review.context["form"]["seen"].value()
    assert client.post(step(question, "approve"), {"seen": "other"}).status_code == 409
    client.post(step(question, "approve"), {"seen": seen})
    assert question.versions.get().state == "approved"
    assert client.get(step(question, "approve")).status_code == 404


def test_returning_and_retiring(desk, org, writer):
    version = QuestionVersionFactory(
        question__branch=org.a1, state="in_review", reviewer=None, reviewed_at=None, author=writer
    )
    question = version.question
    assert desk.post(step(question, "return"), {"reason": ""}).status_code == 422
    desk.post(step(question, "return"), {"reason": "依据写清楚"})
    assert "退回意见：依据写清楚" in texts(desk.get(page(question)))
    desk.post(step(question, "retire"))
    question.refresh_from_db()
    assert question.retired_at is not None
    assert desk.get(step(question, "change")).status_code == 404


def test_a_writer_may_not_retire_what_was_approved(client, org, writer):
    version = QuestionVersionFactory(question__branch=org.a1)
    client.force_login(writer)
    assert client.get(step(version.question, "retire")).status_code == 404


def test_changing_an_approved_question_starts_from_it(desk, org):
    version = QuestionVersionFactory(question__branch=org.a1, kind=Kind.MULTIPLE, answer=["A", "C"])
    opened = desk.get(step(version.question, "change")).context["form"]
    assert (opened["answer"].value(), opened["options"].value()) == ("AC", "甲\n乙\n丙\n丁")
    assert "item" not in opened.fields
    data = {name: opened[name].value() or "" for name in opened.fields} | {"explanation": "见党章。"}
    assert desk.post(step(version.question, "change"), data).status_code == 302
    assert version.question.versions.get(number=2).answer == ["A", "C"]
    version.refresh_from_db()
    assert version.state == "approved"


def test_a_correction_is_looked_at_and_applied_by_another(client, org, writer, secretary):
    quiz = month_end_quiz(org.a1, questions=2)
    question = first_version(quiz).question
    for keys in ["CB", "BB", "AB", "AB", "AB"]:
        sit(quiz, keys)
    client.force_login(writer)
    assert client.post(step(question, "correct"), {"answer": "B", "reason": "错了"}).status_code == 422
    data = {"answer": "C", "explanation": "是丙。", "reason": "原文是丙"}
    client.post(step(question, "correct"), data)
    assert client.get(step(question, "apply-correction")).status_code == 404
    assert "有一个答案更正等另一位同志执行" in texts(client.get(page(question)))
    client.force_login(secretary)
    assert client.get(step(question, "approve")).status_code == 404
    text = " ".join(texts(client.get(step(question, "apply-correction"))).split())
    assert "<td>5</td> <td>1</td><td>1</td><td>1</td><td>1</td> <td>0</td>" in text
    assert client.post(step(question, "apply-correction"), {"lower_passed": "on"}).status_code == 422
    client.post(step(question, "apply-correction"), {})
    assert Correction.objects.get().applied_at is not None
    text = texts(client.get(page(question)))
    assert "答案更正记录" in text
    assert "编甲提出，程立执行" in text


def test_a_whole_category_is_approved_as_it_was_read(desk, org, writer, secretary):
    waiting = {"state": "in_review", "reviewer": None, "reviewed_at": None}
    place = {"question__branch": org.a1, "question__category": "党章"}
    one = QuestionVersionFactory(author=writer, **place, **waiting)
    changed = QuestionVersionFactory(author=writer, **place, **waiting)
    own = QuestionVersionFactory(author=secretary, **place, **waiting)
    foreign = QuestionVersionFactory(
        author=writer, question__branch=org.a2, question__category="党章", **waiting
    )
    opened = desk.get(f"{LIST}do/approve-category/").context["form"]
    assert opened.fields["category"].choices == [("党章", "党章（2 道）")]
    QuestionVersion.objects.filter(pk=changed.pk).update(stem="改过的题？")
    data = {"category": "党章", "seen": opened["seen"].value()}
    done = desk.post(f"{LIST}do/approve-category/", data, follow=True)
    assert "通过了 1 道" in texts(done)
    assert changed.question.code in texts(done)
    states = {
        version.pk: version.state
        for version in QuestionVersion.objects.filter(pk__in=[one.pk, changed.pk, own.pk, foreign.pk])
    }
    assert states == {
        one.pk: "approved",
        changed.pk: "in_review",
        own.pk: "in_review",
        foreign.pk: "in_review",
    }
