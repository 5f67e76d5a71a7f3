import datetime as dt
import uuid

import pytest
from django.utils import timezone

from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing, NotAllowed
from learning.actions.questions import (
    add_question,
    approve_question,
    change_question,
    retire_question,
    return_question,
    submit_question,
)
from learning.models import Media, Question, QuestionVersion
from learning.rules.questions import fingerprint, problems_of
from notifications.models import Recipient
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import ItemFactory, QuestionVersionFactory, TopicFactory, published_course

pytestmark = pytest.mark.django_db

Kind, State = QuestionVersion.Kind, QuestionVersion.State


@pytest.fixture
def writer(org):
    person = UserFactory(name="编甲", branch=org.a1)
    grant(person, "editor", org.college_a)
    return person


@pytest.fixture
def reviewer(org):
    person = UserFactory(name="编乙", branch=org.a1)
    grant(person, "editor", org.college_a)
    return person


def single(by, branch, **fields):
    given = {
        "kind": Kind.SINGLE,
        "stem": "预备期多长？",
        "options": ["半年", "一年"],
        "answer": ["B"],
        "explanation": "细则第三十一条。",
    }
    return add_question(by=by, branch=branch, **(given | fields))


def approved(by, branch, reviewer, **fields):
    version = submit_question(version=single(by, branch, **fields), by=by)
    return approve_question(version=version, by=reviewer)


def actions_of(question):
    entries = AuditEntry.objects.filter(subject_type="learning.question", subject_id=str(question.pk))
    return [name.partition("_")[2] for name in entries.order_by("pk").values_list("action", flat=True)]


def told(person):
    return list(Recipient.objects.filter(person=person).values_list("message__kind", flat=True))


# Writing


def test_a_new_question_is_a_draft_with_a_code_of_its_own(org, writer):
    version = single(writer, org.college_a)
    assert (version.state, version.number, version.author) == (State.DRAFT, 1, writer)
    assert len(version.question.code) == 7
    assert actions_of(version.question) == ["added"]
    assert not Question.objects.usable(timezone.localdate()).exists()


def test_what_is_kept_has_one_form(org, writer):
    version = single(
        writer, org.a1, stem=" 哪些？ ", kind=Kind.MULTIPLE, answer=["B", "A", "B"], options=[" 甲", "乙 "]
    )
    assert (version.stem, version.answer, version.options) == ("哪些？", ["A", "B"], ["甲", "乙"])
    blank = single(
        writer, org.a1, kind=Kind.FILL, stem="每年＿＿月__________日", options=[], answer=[["3 ", ""], ["5"]]
    )
    assert (blank.stem, blank.answer) == ("每年____月____日", [["3"], ["5"]])


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "essay"},
        {"answer": ["C"]},
        {"answer": [["B"]]},
        {"kind": Kind.FILL, "options": []},
        {"stem": "题" * 2001},
        {"basis": "据" * 201},
        {"stem": "题\x00"},
        {"difficulty": 4},
        {"code": "长" * 41},
        {"paragraph": 0},
        {"lesson_key": uuid.uuid4()},
    ],
)
def test_what_can_never_be_a_question_is_refused(org, writer, fields):
    with pytest.raises(Invalid):
        single(writer, org.college_a, **fields)
    assert not Question.objects.exists()


def test_a_code_is_used_once_in_a_branch(org, writer):
    single(writer, org.college_a, code="D-01")
    single(writer, org.a1, code="D-01")
    with pytest.raises(Invalid, match="D-01"):
        single(writer, org.college_a, code="D-01")


def test_only_writers_write_and_foreign_branches_do_not_exist(org, cast, writer):
    with pytest.raises(Missing):
        single(writer, org.b1)
    with pytest.raises(Missing):
        single(cast.member, org.a1)
    version = single(writer, org.college_a)
    with pytest.raises(Missing):
        change_question(question=version.question, by=cast.member, stem="改")


def test_what_a_question_hangs_on_is_of_its_branch(org, writer):
    with pytest.raises(Invalid):
        single(writer, org.college_a, item=ItemFactory(branch=org.b1))
    with pytest.raises(Invalid):
        single(writer, org.college_a, course=published_course(org.b1))
    with pytest.raises(Invalid):
        single(writer, org.college_a, topic=TopicFactory(branch=org.b1))
    item, course = ItemFactory(branch=org.a1), published_course(org.a1)
    with pytest.raises(Invalid):
        single(writer, org.a1, item=item, course=course)
    assert single(writer, org.a1, topic=TopicFactory(branch=org.university)).question.topic


# What stands in the way of approval


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"stem": " "}, "题干还没有写。"),
        ({"options": ["甲"]}, "选项要有 2–20 个，现在是 1 个。"),
        ({"options": ["甲"] * 21}, "选项要有 2–20 个，现在是 21 个。"),
        ({"options": ["甲", ""]}, "有一个选项是空的。"),
        ({"options": ["甲", "甲 "]}, "有两个选项是一样的。"),
        ({"options": ["甲", "乙" * 301]}, "每个选项最多 300 字。"),
        ({"answer": []}, "还没有写答案。"),
        ({"answer": ["E"]}, "答案里有一个没有的选项。"),
        ({"answer": ["A", "B"]}, "单选题只有一个答案。"),
        ({"kind": Kind.MULTIPLE}, "多选题至少有两个正确选项，只有一个请改成单选。"),
        ({"kind": Kind.TRUE_FALSE, "answer": ["T"]}, "判断题没有选项。"),
        ({"kind": Kind.TRUE_FALSE, "options": []}, "答案要写“对”或“错”。"),
        ({"kind": Kind.FILL, "options": [], "answer": [["3"]]}, "填空题的题干里要用 ____ 标出空格。"),
        (
            {"kind": Kind.FILL, "options": [], "stem": "____月____日", "answer": [["3"]]},
            "题干里有 2 个空，答案写了 1 个。",
        ),
        ({"kind": Kind.FILL, "options": [], "stem": "____月", "answer": [[]]}, "有一个空没有写答案。"),
        ({"kind": Kind.FILL, "options": [], "stem": "____月", "answer": [["。"]]}, "有一个空没有写答案。"),
        ({"explanation": ""}, "还没有写解析。"),
        (
            {"valid_from": dt.date(2026, 5, 2), "valid_until": dt.date(2026, 5, 1)},
            "失效日期要在生效日期之后。",
        ),
        ({"valid_until": dt.date(2026, 1, 1)}, "已经过了失效日期。"),
    ],
)
def test_what_stops_approval(org, fields, sentence):
    version = QuestionVersionFactory.build(question=Question(branch=org.a1), **fields)
    assert sentence in problems_of(version)


def test_a_whole_question_has_no_problem(org):
    for options in (2, 20):
        version = QuestionVersionFactory(
            question__branch=org.a1, options=[f"选项 {n}" for n in range(options)], answer=["B"]
        )
        assert problems_of(version) == []


def test_a_question_of_an_item_or_lesson_names_its_paragraph(org):
    item = ItemFactory(branch=org.a1)
    version = QuestionVersionFactory(question__branch=org.a1, question__item=item)
    assert problems_of(version) == ["还没有写出自第几段。"]
    version.paragraph = 3
    assert problems_of(version) == ["原文只有 2 段，没有第 3 段。"]
    version.paragraph = 2
    assert problems_of(version) == []
    course = published_course(org.a1)
    lesson = course.current.lessons.first()
    version = QuestionVersionFactory(
        question__branch=org.a1, question__course=course, question__lesson_key=lesson.key
    )
    assert problems_of(version) == ["还没有写出自第几段。"]
    lesson.body = ""  # a video without words has no paragraph to name
    lesson.save()
    assert problems_of(version) == []


def test_only_a_picture_illustrates_a_question(org, writer):
    file = {"branch": org.a1, "name": "x", "content_type": "x/y", "size": 1, "sha256": "0"}
    video = Media.objects.create(kind=Media.Kind.VIDEO, **file)
    assert problems_of(single(writer, org.a1, image=video)) == ["题目只能配图片。"]
    picture = Media.objects.create(kind=Media.Kind.IMAGE, alt="党徽", **file)
    assert problems_of(single(writer, org.a1, image=picture)) == []
    with pytest.raises(Invalid):
        single(writer, org.a2, image=picture)


# Review


def test_a_second_person_lets_it_be_asked(org, writer, reviewer):
    version = approved(writer, org.college_a, reviewer)
    assert (version.state, version.reviewer) == (State.APPROVED, reviewer)
    assert actions_of(version.question) == ["added", "submitted", "approved"]
    assert Question.objects.usable(timezone.localdate()).get() == version.question


def test_nobody_approves_or_returns_his_own(org, writer):
    version = submit_question(version=single(writer, org.college_a), by=writer)
    with pytest.raises(NotAllowed):
        approve_question(version=version, by=writer)
    with pytest.raises(NotAllowed):
        return_question(version=version, by=writer, note="改")


def test_who_changed_a_draft_last_cannot_approve_it(org, writer, reviewer):
    version = single(writer, org.college_a)
    version = change_question(question=version.question, by=reviewer, stem="预备期是多长？")
    submit_question(version=version, by=writer)
    with pytest.raises(NotAllowed):
        approve_question(version=version, by=reviewer)
    assert approve_question(version=version, by=writer).state == State.APPROVED


def test_an_incomplete_question_is_not_submitted(org, writer):
    version = single(writer, org.college_a, explanation="", answer=[])
    with pytest.raises(Invalid) as refusal:
        submit_question(version=version, by=writer)
    assert refusal.value.fields["__all__"] == ["还没有写答案。", "还没有写解析。"]


def test_a_draft_is_not_approved_by_any_door(org, writer, reviewer):
    version = single(writer, org.college_a)
    with pytest.raises(Conflict):
        approve_question(version=version, by=reviewer)
    with pytest.raises(Conflict):
        return_question(version=version, by=reviewer, note="改")


def test_rights_decide_who_reviews(org, cast, writer, reviewer):
    version = submit_question(version=single(writer, org.college_a), by=writer)
    publicist = UserFactory(branch=org.a1)
    grant(publicist, "publicity_officer", org.a1)
    with pytest.raises(Missing):
        approve_question(version=version, by=publicist)
    other = submit_question(version=single(writer, org.a1), by=writer)
    with pytest.raises(NotAllowed):
        approve_question(version=other, by=publicist)


def test_reviewers_hear_once_a_day_and_the_author_of_a_return(org, writer, reviewer):
    one = submit_question(version=single(writer, org.college_a), by=writer)
    submit_question(version=one, by=writer)
    submit_question(version=single(writer, org.college_a), by=writer)
    assert told(reviewer) == ["review_asked"]
    with pytest.raises(Invalid):
        return_question(version=one, by=reviewer, note=" ")
    returned = return_question(version=one, by=reviewer, note="依据写清楚")
    assert (returned.state, returned.review_note) == (State.DRAFT, "依据写清楚")
    assert told(writer) == ["content_returned"]
    assert submit_question(version=one, by=writer).review_note == ""


def test_a_question_of_an_item_is_announced_with_the_item(org, writer, reviewer):
    version = single(writer, org.college_a, item=ItemFactory(branch=org.college_a), paragraph=1)
    submit_question(version=version, by=writer)
    assert told(reviewer) == []


def test_reviewers_are_the_nearest(org, writer, reviewer):
    secretary = UserFactory(branch=org.a1)
    grant(secretary, "secretary", org.a1)
    submit_question(version=single(writer, org.a1), by=writer)
    assert (told(secretary), told(reviewer)) == (["review_asked"], [])
    submit_question(version=single(secretary, org.a1), by=secretary)
    assert "review_asked" in told(reviewer)


def test_what_changed_since_it_was_read_is_not_approved(org, writer, reviewer):
    version = submit_question(version=single(writer, org.college_a), by=writer)
    read = fingerprint(version)
    changed = change_question(question=version.question, by=writer, options=["一年", "半年"])
    assert changed.state == State.DRAFT
    submit_question(version=changed, by=writer)
    with pytest.raises(Conflict):
        approve_question(version=version, by=reviewer, seen=read)
    assert approve_question(version=version, by=reviewer, seen=fingerprint(changed)).options[0] == "一年"


# Versions


def test_an_approved_question_gets_a_next_version(org, writer, reviewer):
    first = approved(writer, org.college_a, reviewer)
    second = change_question(question=first.question, by=writer, stem="预备期是多长？")
    first.refresh_from_db()
    assert (first.state, first.stem) == (State.APPROVED, "预备期多长？")
    assert (second.number, second.state, second.reviewer, second.options) == (
        2,
        State.DRAFT,
        None,
        first.options,
    )
    third = change_question(question=first.question, by=writer, explanation="见细则。")
    assert (third.pk, third.number) == (second.pk, 2)
    submit_question(version=second, by=writer)
    approve_question(version=second, by=reviewer)
    first.refresh_from_db()
    assert first.state == State.REPLACED
    assert first.question.versions.get(state=State.APPROVED) == second


def test_changing_nothing_changes_nothing(org, writer, reviewer):
    first = approved(writer, org.college_a, reviewer, category="基础")
    same = change_question(
        question=first.question, by=writer, stem=" 预备期多长？", options=["半年", "一年"], category="基础"
    )
    assert same.pk == first.pk
    assert same.state == State.APPROVED
    assert first.question.versions.count() == 1
    assert actions_of(first.question) == ["added", "submitted", "approved"]


def test_category_and_difficulty_need_no_new_version(org, writer, reviewer):
    first = approved(writer, org.college_a, reviewer)
    change_question(question=first.question, by=writer, category="党章", difficulty=3, code="D-1")
    question = Question.objects.get()
    assert (question.category, question.difficulty, question.code) == ("党章", 3, "D-1")
    assert question.versions.get().state == State.APPROVED


def test_an_approved_question_stays_where_it_belongs(org, writer, reviewer):
    first = approved(writer, org.college_a, reviewer)
    with pytest.raises(Invalid):
        change_question(question=first.question, by=writer, item=ItemFactory(branch=org.college_a))
    draft = single(writer, org.college_a)
    change_question(question=draft.question, by=writer, item=ItemFactory(branch=org.college_a), paragraph=1)


# Retiring


def test_a_retired_question_is_asked_and_changed_no_more(org, writer, reviewer):
    version = approved(writer, org.college_a, reviewer)
    open_version = change_question(question=version.question, by=writer, stem="改")
    retire_question(question=version.question, by=reviewer)
    retire_question(question=version.question, by=reviewer)
    assert actions_of(version.question).count("retired") == 1
    assert not Question.objects.usable(timezone.localdate()).exists()
    for step in (
        lambda: change_question(question=version.question, by=writer, stem="又改"),
        lambda: submit_question(version=open_version, by=writer),
    ):
        with pytest.raises(Conflict):
            step()


def test_writers_retire_only_what_was_never_approved(org, reviewer):
    publicist = UserFactory(branch=org.a1)
    grant(publicist, "publicity_officer", org.a1)
    assert retire_question(question=single(publicist, org.a1).question, by=publicist).retired_at
    version = approved(publicist, org.a1, reviewer)
    with pytest.raises(NotAllowed):
        retire_question(question=version.question, by=publicist)
