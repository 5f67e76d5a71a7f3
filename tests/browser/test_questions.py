"""The question bank as an editor sees it: list, question, correction, on a desk and on a phone."""

import pytest
from django.utils import timezone

from learning.actions.corrections import propose_correction
from learning.actions.questions import change_question
from learning.models import ItemStatistic
from tests.browser.test_secretary import WCAG
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import QuestionVersionFactory, month_end_quiz
from tests.learning.test_corrections import first_version, sit

LIST = "/admin/learning/question/"


@pytest.fixture
def editors(org):
    people = UserFactory.create_batch(2, branch=org.a1)
    for person in people:
        grant(person, "secretary", org.a1)
    return people


@pytest.fixture
def correction(org, editors, monkeypatch):
    monkeypatch.setattr("celery.app.base.Celery.send_task", lambda *args, **options: None)
    quiz = month_end_quiz(org.a1, questions=2, title="十一月月末测评")
    for keys in ["CB", "BB", "AB", "AB", "AB", "CA"]:
        sit(quiz, keys)
    version = first_version(quiz)
    ItemStatistic.objects.create(
        version=version,
        takers=6,
        facility=0.17,
        discrimination=0.05,
        is_weak=True,
        computed_at=timezone.now(),
    )
    asked = QuestionVersionFactory(
        question__branch=org.a1, question__category="党章", stem="党徽的图案由什么组成？"
    )
    change_question(question=asked.question, by=editors[0], stem="中国共产党党徽的图案由什么组成？")
    return propose_correction(
        version=version,
        answer=["C"],
        reason="原文第二段写的是丙",
        explanation="见原文第二段。",
        by=editors[0],
    )


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_an_editor_puts_a_key_right(tab, editors, correction, width, dark):
    browser = tab(editors[1], width=width, dark=dark)
    page = browser.page
    question = correction.wrong.question

    def looks_fine(name):
        assert browser.violations(tags=WCAG) == []
        assert browser.overhang() <= 0
        if not dark:
            browser.shoot(f"{name}-{width}")

    browser.go(LIST)
    page.locator("#result_list").get_by_text("需要看一看").wait_for()
    looks_fine("questions")
    browser.go(f"{LIST}do/add/")
    page.get_by_label("题干").wait_for()
    looks_fine("question-add")
    browser.go(f"{LIST}{question.pk}/change/")
    page.get_by_text("有一个答案更正等另一位同志执行").wait_for()
    looks_fine("question")
    browser.go(f"{LIST}{question.pk}/do/apply-correction/")
    page.get_by_text("更正的影响").wait_for()
    looks_fine("question-correction")
    page.locator("form button[type=submit]").last.click()
    page.get_by_text("已更正").first.wait_for()
    assert page.get_by_role("heading", name="答案更正记录").is_visible()
    assert browser.complaints == []
