"""A secretary finds who has not done the quiz, and reminds exactly those."""

import datetime as dt

import pytest
from django.utils import timezone

from learning.actions.assignments import assign, mark_done
from learning.models import Nudge
from tests.granting import grant
from tests.learning.factories import audience_of, month_end_quiz


@pytest.fixture
def secretary(org, cast, portal, monkeypatch):
    monkeypatch.setattr("celery.app.base.Celery.send_task", lambda *args, **options: None)
    grant(cast.teacher, "secretary", org.a1)
    quiz = month_end_quiz(org.a1, title="2026 年 11 月测评")
    task = assign(by=None, branch=org.a1, audience=audience_of(org.a1), due_at=quiz.closes_at, quiz=quiz)
    mark_done(person=cast.member, at=timezone.now(), quiz=quiz)
    early = timezone.now() - dt.timedelta(hours=1)
    Nudge.objects.create(assignee=task.assignees.get(person=cast.league), number=1, by=cast.teacher, at=early)
    return cast.teacher


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("js", [True, False], ids=["js", "plain"])
def test_a_secretary_reminds_those_who_have_not_done_it(tab, cast, secretary, width, dark, js):
    browser = tab(secretary, width=width, dark=dark, js=js)
    page = browser.page
    fine = browser.assert_fine if js else lambda: None
    browser.go("/learning/progress/")
    page.get_by_text("1/5 人").wait_for()
    fine()
    page.get_by_role("link", name="2026 年 11 月测评").click()
    page.get_by_role("heading", name="还没完成 4 人").wait_for()
    fine()
    if js and not dark:
        browser.shoot(f"progress-{width}")
    page.get_by_role("link", name="提醒他们").click()
    page.get_by_role("heading", name="会提醒 2 人").wait_for()
    page.get_by_role("heading", name="现在不能提醒 2 人").wait_for()
    fine()
    page.get_by_role("button", name="提醒 2 人").click()
    page.get_by_role("heading", name="还没完成 4 人").wait_for()
    reminded = Nudge.objects.exclude(assignee__person=cast.league)
    assert set(reminded.values_list("assignee__person", flat=True)) == {
        cast.activist.pk,
        cast.probationary.pk,
    }

    learner = tab(cast.activist, width=width, dark=dark, js=js)
    learner.go("/learning/tasks/")
    learner.page.get_by_text("提醒过你").wait_for()
    if js:
        learner.assert_fine()
