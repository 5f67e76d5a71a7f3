"""What a reader sees of learning, in a real browser: 学习, lists, article, topic, search."""

import datetime as dt
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.utils import timezone
from PIL import Image

from learning.actions.media import store_media
from learning.models import (
    Assignee,
    Assignment,
    Column,
    Course,
    Item,
    LessonProgress,
    Mistake,
    Reading,
    Subscription,
)
from tests.granting import grant
from tests.learning.factories import (
    ItemFactory,
    QuestionVersionFactory,
    TopicFactory,
    month_end_quiz,
    published_course,
)

BODY = """
<p>毕业去外地工作，组织关系跟着你走。先和支部说一声，再办三件事。</p>
<h2>三件事</h2>
<ol><li>问清新单位有没有党组织</li><li>在系统里发起转接</li><li>到新单位报到</li></ol>
<p>接收的时候，对方会看<strong>介绍信</strong>和党费交到哪个月。拿不准的，看<a href="https://www.12371.cn/">党章第三十条</a>。</p>
<blockquote><p>党员必须编入党的一个支部、小组或其他特定组织。</p></blockquote>
<table><thead><tr><th>去哪里</th><th>转到哪里</th></tr></thead><tbody><tr><td>单位有支部</td><td>单位</td></tr>
<tr><td>还没有工作</td><td>户籍所在的街道</td></tr></tbody></table>
"""


@pytest.fixture
def library(org, cast):
    """Three weeks of items, a topic, courses in every state, an open quiz and two mistakes for one member."""
    for position, name in enumerate(["百科", "资讯", "党的知识", "专业知识", "生活小百科", "经典书目"]):
        Column.objects.get_or_create(name=name, defaults={"position": position})
    editor, me, now = cast.teacher, cast.member, timezone.now()
    grant(editor, "publicity_officer", org.a1)
    picture = BytesIO()
    Image.new("RGB", (528, 396), "#d9d9dc").save(picture, "PNG")
    cover = store_media(
        content=picture.getvalue(), name="封面.png", branch=org.a1, by=editor, alt="车站里排队的人"
    )
    topic = TopicFactory(branch=org.college_a, name="毕业那些事", intro="从答辩到离校，要办的事都在这里。")
    fields = {"branch": org.a1, "author": editor, "reviewer": me, "topic": topic}
    for day, title in enumerate(
        ["党费交到哪个月", "去外地实习，组织关系要转吗", "读书角：《乡土中国》里的熟人社会"] * 8
    ):
        ItemFactory(title=title, minutes=2 + day % 5, sent_at=now - dt.timedelta(days=day + 1), **fields)
    article = ItemFactory(
        title="毕业以后组织关系怎么转", summary="三件事办完再走", body=BODY, text="先和支部说一声，再办三件事。",
        source="党章第三十条", minutes=3, cover=cover, sent_at=now - dt.timedelta(seconds=9), **fields,
    )  # fmt: skip
    gone = ItemFactory(title="推免名额分配办法", sent_at=now - dt.timedelta(minutes=9), **fields)
    Item.objects.filter(pk=gone.pk).update(
        state="withdrawn", withdrawn_at=now, withdrawn_by=editor, withdraw_reason="数字有误，更正后重发"
    )
    begun, due, done, *school = (
        published_course(org.a1, title=title, lessons=lessons)
        for title, lessons in [
            ("《党章》导读", 8), ("怎样写好思想汇报", 3), ("党史里的青年人", 6),
            ("党的性质与宗旨", 5), ("民主集中制", 6), ("党员的义务与权利", 5),
        ]
    )  # fmt: skip
    Course.objects.filter(pk__in=[course.pk for course in school]).update(series="party_school", topic=topic)
    Course.objects.filter(pk=begun.pk).update(topic=topic)
    for course, days in ((begun, 20), (due, 25)):
        assignment = Assignment.objects.create(
            branch=org.a1, course=course, audience=course.audience, due_at=now + dt.timedelta(days=days)
        )
        Assignee.objects.create(assignment=assignment, person=me)
    for lesson in begun.current.lessons.order_by("position")[:5]:
        LessonProgress.objects.create(person=me, course=begun, lesson_key=lesson.key, finished_at=now)
    for course in (done, school[0]):
        course.completions.create(person=me, version=course.current, completed_at=now)
    month_end_quiz(org.a1, title="11 月月末测评", questions=2, seconds=1800, attempts=2)
    for _ in range(2):
        version = QuestionVersionFactory(question__branch=org.a1)
        Mistake.objects.create(person=me, question=version.question, due_at=now)
    return SimpleNamespace(article=article, gone=gone, topic=topic, me=me)


def pages(library):
    return [
        "/",
        "/learning/",
        "/learning/items/",
        f"/learning/items/{library.article.pk}/",
        f"/learning/items/{library.gone.pk}/",
        "/learning/topics/",
        f"/learning/topics/{library.topic.pk}/",
        "/learning/search/",
        "/learning/search/?q=组织关系",
        "/learning/search/?q=没有的词",
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1280])
def test_all_pages_are_fine(tab, library, width, dark):
    browser = tab(library.me, width=width, dark=dark)
    for path in pages(library):
        browser.go(path)
        assert (path, browser.violations(), browser.complaints) == (path, [], [])
        assert (path, browser.overhang()) == (path, 0)
    if not dark and width != 320:
        browser.go("/learning/").shoot(f"learning-{width}")


def test_opening_an_article_is_noted(tab, library):
    browser = tab(library.me)
    with browser.page.expect_response("**/opened/") as answer:
        browser.go(f"/learning/items/{library.article.pk}/")
    assert answer.value.status == 204
    assert Reading.objects.get(item=library.article, person=library.me).opened_on == timezone.localdate()
    browser.assert_fine()
    browser.go("/learning/items/")
    row = browser.page.get_by_role("link", name="毕业以后组织关系怎么转")
    assert "已读" in row.inner_text()


def test_a_source_link_leads_to_the_paragraph(tab, library):
    page = tab(library.me).go(f"/learning/items/{library.article.pk}/#p3").page
    assert page.locator("#p3").inner_text() == "问清新单位有没有党组织"
    assert page.evaluate("location.hash") == "#p3"


def test_subscribing_swaps_the_button_and_keeps_the_focus(tab, library):
    browser = tab(library.me).go(f"/learning/topics/{library.topic.pk}/")
    browser.page.get_by_role("button", name="订阅", exact=True).click()
    browser.page.get_by_role("button", name="取消订阅").wait_for()
    assert browser.page.evaluate("document.activeElement.id") == "subscription-button"
    assert Subscription.objects.filter(topic=library.topic, person=library.me).count() == 1
    browser.page.get_by_role("button", name="取消订阅").click()
    browser.page.get_by_role("button", name="订阅", exact=True).wait_for()
    assert not Subscription.objects.exists()
    browser.assert_fine()


def test_a_chip_and_more_rows_change_only_the_list(tab, library):
    browser = tab(library.me).go("/learning/items/")
    page = browser.page
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="百科", exact=True).click()
    page.locator("#items a[aria-current]", has_text="百科").wait_for()
    assert "?column=" in page.url
    assert page.locator("#items .p-media").count() == 20
    page.get_by_role("link", name="加载更多").click()
    page.locator("#items .p-media").nth(20).wait_for()
    assert page.evaluate("window.stayed")
    browser.assert_fine()


def test_without_script_a_reader_gets_everywhere(tab, library):
    page = tab(library.me, js=False).go("/learning/").page
    page.get_by_role("link", name="搜索").click()
    page.get_by_label("搜索词").fill("毕业以后")
    page.get_by_role("button", name="搜索").click()
    page.get_by_role("link", name="毕业以后组织关系怎么转").click()
    page.get_by_role("button", name="订阅", exact=True).click()
    page.get_by_text("已订阅").wait_for()
    page.get_by_role("heading", name="毕业那些事").wait_for()
    page.get_by_role("link", name="加载更多").click()
    assert page.locator(".p-media").count() > 0
