"""The demo's own content on the pages of learning: what a newcomer sees after ``make run``."""

import pytest
from django.urls import reverse

from accounts.models import Branch, CultivationContact, User
from learning.demo import load
from learning.models import Attempt, Column, Course, Item, Quiz
from tests.factories import BranchFactory
from tests.granting import grant

SHOWN = {"home", "course", "lesson", "result"}  # in docs/learning.md


@pytest.fixture
def learner(org, cast):
    """An activist of the demo university, in the middle of a course, with an open quiz and some mistakes."""
    for position, name in enumerate(["百科", "资讯", "党的知识", "专业知识", "生活小百科", "经典书目"], 1):
        Column.objects.get_or_create(name=name, defaults={"position": position})
    BranchFactory(name="商学院团委", kind=Branch.Kind.LEAGUE_GENERAL)
    Branch.objects.update(is_demo=True)
    User.objects.update(is_demo=True)
    for editor in (cast.teacher, cast.probationary):
        grant(editor, "editor", org.college_a)
    CultivationContact.objects.create(
        activist=cast.activist,
        contact=cast.member,
        seat=1,
        branch=org.a1,
        branch_name=org.a1.name,
        since=org.a1.since,
    )
    load.load()
    return cast.activist


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_demo_reads_well_on_a_phone(tab, learner, dark):
    browser = tab(learner, dark=dark)
    course = Course.objects.get(position=3)
    lesson = course.current.lessons.get(position=3)
    item = Item.objects.visible_to(learner).sent().filter(cover__isnull=False, topic__isnull=False).first()
    pages = {
        "home": reverse("learning:home"),
        "course": reverse("learning:course", args=[course.pk]),
        "lesson": reverse("learning:lesson", args=[course.pk, lesson.key]),
        "item": reverse("learning:item", args=[item.pk]),
        "topic": reverse("learning:topic", args=[item.topic_id]),
        "mistakes": reverse("learning:mistakes"),
        "quiz": reverse("learning:quiz", args=[Quiz.objects.filter(kind="month_end").first().pk]),
        "result": reverse("learning:result", args=[Attempt.objects.filter(person=learner).first().pk]),
    }
    for name, path in pages.items():
        browser.go(path)
        assert browser.page.locator("h1").count() == 1, name
        browser.assert_fine()
        if not dark and name in SHOWN:
            browser.shoot(f"learning-{name}")
