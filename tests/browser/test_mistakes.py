"""The book of mistakes in a real browser: list, question, answer, at every width, without script too."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from learning.actions.mistakes import note_answers
from learning.models import Column, Mistake
from tests.learning.factories import ItemFactory, QuestionVersionFactory

LONG = "按照党章，年满十八岁、承认党的纲领和章程、愿意参加党的一个组织并在其中积极工作的中国工人、农民、军人、知识分子和其他社会阶层的先进分子，可以怎样？"


@pytest.fixture
def book(cast, org):
    """One question of every kind, due now, and one for later."""
    # the columns of the migration do not survive the test before
    column, _ = Column.objects.get_or_create(name="应知应会")
    item = ItemFactory(branch=org.a1, title="入党志愿书怎么填", column=column)
    kinds = [
        {"stem": LONG, "question__item": item, "paragraph": 1},
        {"kind": "multiple", "answer": ["A", "C"], "stem": "发展党员要经过哪些环节？"},
        {"kind": "true_false", "options": [], "answer": ["F"], "stem": "预备党员在支部大会上有表决权。"},
        {
            "kind": "fill",
            "options": [],
            "answer": [["十八"], ["一"]],
            "stem": "年满 ____ 岁，预备期 ____ 年。",
        },
    ]
    now = timezone.now()
    due = [QuestionVersionFactory(question__branch=org.a1, **fields).question_id for fields in kinds]
    later = QuestionVersionFactory(question__branch=org.a1, stem="组织生活会多久开一次？").question_id
    note_answers(person=cast.member, right=(), wrong=due, at=now - dt.timedelta(days=2))
    note_answers(person=cast.member, right=(), wrong={later}, at=now)
    return list(Mistake.objects.filter(person=cast.member).order_by("pk"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1280])
def test_the_book_is_fine(tab, cast, book, width, dark):
    browser = tab(cast.member, width=width, dark=dark).go("/learning/mistakes/")
    browser.assert_fine()
    if width == 375 and not dark:
        browser.shoot("mistakes")
    for mistake in book:
        browser.go(reverse("learning:mistake", args=[mistake.pk]))
        browser.assert_fine()
        browser.page.get_by_role("button", name="看答案").click()
        browser.page.get_by_role("alert").wait_for()
        browser.assert_fine()
    tab(cast.stranger, width=width, dark=dark).go("/learning/mistakes/").assert_fine()


@pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])
def test_practising_from_the_first_to_the_last(tab, cast, book, js):
    browser = tab(cast.member, js=js).go("/learning/mistakes/")
    page = browser.page
    page.get_by_role("link", name="开始练习").click()
    page.locator("label", has_text="乙").click()
    page.get_by_role("button", name="看答案").click()
    assert page.get_by_role("status").first.inner_text().startswith("答对了")
    page.get_by_role("link", name="下一题").click()
    page.locator("label", has_text="甲").click()
    page.get_by_role("button", name="看答案").click()
    assert page.get_by_role("status").first.inner_text().startswith("答错了")
    if js:
        browser.assert_fine()
        browser.shoot("mistake-answered")
    page.get_by_role("link", name="下一题").click()
    page.locator("label", has_text="错").click()
    page.get_by_role("button", name="看答案").click()
    page.get_by_role("link", name="下一题").click()
    page.get_by_label("第 1 空").fill("18")
    page.get_by_label("第 2 空").fill("１")
    page.get_by_role("button", name="看答案").click()
    assert page.get_by_role("status").first.inner_text().startswith("答对了")
    assert page.get_by_role("link", name="下一题").count() == 0
