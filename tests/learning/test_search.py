"""Words in what a person may read: the same hits on both databases, whatever is typed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.models import Item
from learning.rules.search import (
    courses_with,
    excerpt,
    fold,
    items_with,
    lessons_with,
    marked,
    without_tags,
    words_of,
)
from tests.learning.factories import ItemFactory, LessonFactory, published_course
from tests.learning.test_reading import withdraw

HTMX = {"HX-Request": "true"}


def find(person, text):
    return {item.title for item in items_with(words_of(text), person)}


@pytest.fixture
def item(org):
    return ItemFactory(
        branch=org.a1,
        title="组织关系怎么转",
        summary="毕业前看一眼",
        text="带上介绍信，到ＡＢＣ大厅办理。\n100% 免费_不排队，咨询 Ｔｅｌ：０５１ 或 R&D 处。",
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    ["关系怎", "毕业前", "介绍信", "abc大厅", "ＡＢＣ", "AbC", "051", "tel:051", "100%", "免费_不", "R&D", "介绍信 转", "信，到", "信,到"],
)  # fmt: skip
def test_what_is_found(item, cast, text):
    assert find(cast.member, text) == {"组织关系怎么转"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "%",
        "_",
        "关_怎",
        "关%转",
        "介绍信 没有这个词",
        "大厅\\",
        "'; --",
        "\0",
        "中" * 1000,
        "信毕业",
        "转毕业",
    ],
)
def test_what_is_not_found(org, cast, text):
    ItemFactory(branch=org.a1, title="组织关系怎么转", summary="毕业前看一眼", text="带上介绍信，到大厅。")
    assert find(cast.member, text) == set()


@pytest.mark.django_db
def test_a_nul_between_words_divides_them(item, cast):
    assert find(cast.member, "介绍信\0大厅") == {"组织关系怎么转"}


@pytest.mark.django_db
def test_only_what_one_may_read(org, cast):
    ItemFactory(branch=org.b1, title="外院通知")
    ItemFactory(branch=org.a1, title="草稿通知", state="draft")
    withdrawn = ItemFactory(branch=org.a1, title="撤下的通知")
    withdraw(withdrawn, cast.teacher)
    ItemFactory(branch=org.a1, title="支部通知")
    assert find(cast.member, "通知") == {"支部通知"}


@pytest.mark.django_db
def test_courses_and_lessons(org, cast):
    course = published_course(org.a1, title="入党程序与纪律", summary="从申请到转正", lessons=0)
    LessonFactory(
        version=course.current,
        title="递交申请书",
        position=1,
        body="<p>写给<strong>支</strong>部</p><p>大会</p>",
    )
    LessonFactory(
        version=course.current, title="政审", position=2, body="<p>R&amp;D 1 &lt; 2&nbsp;&amp;gt;</p>"
    )
    published_course(org.b1, title="入党程序（外院）")
    assert [row.pk for row in courses_with(["程序"], cast.member)] == [course.pk]
    assert [row.pk for row in courses_with(["转正"], cast.member)] == [course.pk]
    assert not courses_with(["程序"], cast.stranger).filter(pk=course.pk).exists()

    def lessons(*words):
        return [row.title for row in lessons_with(list(words), cast.member)]

    assert lessons("申请书") == lessons("写给支部") == lessons("支部", "大会") == ["递交申请书"]
    assert lessons("r&d") == lessons("1", "<", "2") == lessons("&gt;") == ["政审"]
    assert (
        lessons("部大会")
        == lessons("strong")
        == lessons("<p>")
        == lessons("amp;")
        == lessons("&lt")
        == lessons("外院")
        == []
    )


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same(client, org, cast, count, django_assert_num_queries):
    ItemFactory.create_batch(count, branch=org.a1, text="支部大会")
    for _ in range(count):
        course = published_course(org.a1, summary="支部大会", lessons=0)
        LessonFactory.create_batch(count, version=course.current, body="<p>支部大会</p>")
    client.force_login(cast.member)
    client.get("/notices/settings/")
    with django_assert_num_queries(5):  # session, person, items, courses, lessons
        response = client.get("/learning/search/", {"q": "支部"})
    shown = response.context
    assert [len(shown["items"]), len(shown["courses"]), len(shown["lessons"])] == [
        count,
        count,
        count * count,
    ]


@pytest.mark.django_db
def test_the_page_marks_what_was_looked_for(client, org, cast):
    ItemFactory(branch=org.a1, title="<b>支部</b>大会", text="前文" * 40 + "在支部" + "后文" * 40)
    client.force_login(cast.member)
    text = client.get("/learning/search/", {"q": "支部"}).text
    assert "&lt;b&gt;<mark>支部</mark>&lt;/b&gt;大会" in text
    assert "前文在<mark>支部</mark>后文" in text
    assert "前文" * 20 not in text


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "  ", "\0", "%", "没有的词", "中" * 1000, "<script>alert(1)</script>"])
def test_whatever_is_typed_the_page_comes(client, cast, text):
    client.force_login(cast.member)
    response = client.get("/learning/search/", {"q": text})
    assert response.status_code == 200
    assert "<script>alert" not in response.text


@pytest.mark.django_db
def test_more_hits_come_as_rows_only(client, org, cast):
    ItemFactory.create_batch(25, branch=org.a1, text="支部大会", author=cast.teacher)
    client.force_login(cast.member)
    first = client.get("/learning/search/", {"q": "支部"})
    assert "?q=%E6%94%AF%E9%83%A8&amp;after=" in first.text
    rest = client.get("/learning/search/", {"q": "支部", "after": str(first.context["more"])}, headers=HTMX)
    assert rest.text.count("<li>") == 5
    assert "<html" not in rest.text
    seen = re.findall(r'href="/learning/items/(\d+)/"', first.text + rest.text)
    assert sorted(map(int, seen)) == sorted(Item.objects.values_list("pk", flat=True))


def pieces(found):
    return "".join(f"[{piece.text}]" if piece.is_hit else piece.text for piece in found)


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("支部大会", ["支部"], "[支部]大会"),
        ("支部的支部", ["支部"], "[支部]的[支部]"),
        ("支部大会", ["支部", "部大"], "[支部大]会"),
        ("到ＡＢＣ大厅", ["abc"], "到[ＡＢＣ]大厅"),
        ("共 ㎡ 和 ﬁ", ["m2", "fi"], "共 [㎡] 和 [ﬁ]"),
        ("没有", ["支部"], "没有"),
        ("", ["支部"], ""),
    ],
)
def test_hits_are_marked(text, words, shown):
    assert pieces(marked(text, words)) == shown


def test_an_excerpt_surrounds_the_first_hit():
    text = "一" * 100 + "支部" + "二" * 100
    assert pieces(excerpt(text, ["支部"])) == f"…{'一' * 36}[支部]{'二' * 36}…"
    assert pieces(excerpt("支部\n大会", ["支部"])) == "[支部] 大会"


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_marking_loses_nothing(text, words):
    found = [word for word in words if fold(word)]
    assert "".join(piece.text for piece in marked(text, found)) == text
    excerpt(text, found)


def test_tags_are_no_words():
    assert without_tags("<p>支<strong>部</strong></p><table><tr><td>大会</td></tr></table>").split() == [
        "支部",
        "大会",
    ]
