"""A whole quiz on a phone: saved at each tap, through a cut, on a second device, without script."""

import datetime as dt

import pytest
from django.utils import timezone

from learning.actions.attempts import start_attempt, submit_attempt
from learning.models import Attempt, QuizQuestion
from tests.learning.factories import QuestionVersionFactory, month_end_quiz

OPTIONS = [
    "本人填写入党志愿书",
    "两名正式党员作介绍人",
    "支部大会通过，上级党组织批准",
    "一次交清一年的党费",
]


@pytest.fixture
def quiz(transactional_db, org):
    """Four questions in one order for all: multiple, single, true/false, fill-in."""
    quiz = month_end_quiz(org.a1, questions=0, same_order=True, seconds=1380, title="11 月月末测评")
    for position, (kind, stem, options, answer) in enumerate(
        [
            ("multiple", "按照党章，发展一名党员要经过下面哪些环节？", OPTIONS, ["A", "B", "C"]),
            ("single", "预备党员的预备期一般是多久？", ["半年", "一年", "两年"], ["B"]),
            ("true_false", "预备党员在支部大会上有表决权。", [], ["F"]),
            ("fill", "年满 ____ 岁的中国公民，承认党的纲领和章程，可以申请入党。", [], [["十八", "18"]]),
        ],
        start=1,
    ):
        version = QuestionVersionFactory(
            question__branch=org.a1, kind=kind, stem=stem, options=options, answer=answer
        )
        QuizQuestion.objects.create(quiz=quiz, position=position, version=version)
    return quiz


@pytest.fixture
def paper(quiz, cast):
    return start_attempt(quiz=quiz, person=cast.activist)


def at(paper, position=None):
    return f"/learning/attempts/{paper.pk}/" + (f"?q={position}" if position else "")


def stored(paper):
    return list(paper.answers.order_by("position").values_list("value", flat=True))


def saved(page):
    """The server has everything; a tap takes the word away until it has that too."""
    page.locator("#saved", has_text="已保存").wait_for()


def choose(page, text):
    page.locator("label", has_text=text).click()


def test_a_whole_quiz_from_start_to_score(tab, quiz, cast):
    browser = tab(cast.activist).go(f"/learning/quizzes/{quiz.pk}/")
    page = browser.page
    browser.assert_fine()
    page.get_by_role("button", name="开始答题").click()
    page.wait_for_url("**/learning/attempts/*/")
    paper = Attempt.objects.get()
    for text in OPTIONS[:3]:
        choose(page, text)
    saved(page)
    assert stored(paper)[0] == ["A", "B", "C"]
    browser.assert_fine()
    browser.shoot("quiz")
    page.get_by_role("button", name="下一题").click()
    page.get_by_text("预备党员的预备期一般是多久").wait_for()
    assert page.evaluate("document.activeElement.id") == "here"
    choose(page, "一年")
    choose(page, "拿不准，先标记")
    saved(page)
    page.get_by_role("button", name="下一题").click()
    page.get_by_text("有表决权").wait_for()
    page.get_by_role("link", name="答题卡").click()
    assert page.get_by_text("已答 2 题，未答 2 题，标记 1 题").is_visible()
    browser.assert_fine()
    browser.shoot("quiz-sheet")
    page.locator("#sheet [value='4']").click()
    page.get_by_label("填空").fill("１８")
    page.locator("#bar").get_by_role("button", name="交卷").click()
    page.get_by_text("还有 1 题没答，现在交卷？").wait_for()
    browser.assert_fine()
    browser.shoot("quiz-submit")
    page.locator("#submit").get_by_role("button", name="交卷").click()
    page.wait_for_url("**/result/")
    assert page.get_by_role("img", name="75 分，满分 100 分").is_visible()
    assert page.evaluate("Object.keys(sessionStorage).filter(name => name.startsWith('paper:'))") == []
    browser.assert_fine()
    paper.refresh_from_db()
    assert (paper.score, paper.closed_by) == (3, "person")
    page.go_back()
    page.wait_for_url("**/result/")


def test_the_result_explains_when_the_window_is_over(tab, quiz, paper, cast):
    answers = [
        {"position": 1, "value": ["A", "B"], "sequence": 1},
        {"position": 2, "value": ["B"], "sequence": 1},
    ]
    submit_attempt(attempt=paper, person=cast.activist, key="k", answers=answers)
    now = timezone.now()
    type(quiz).objects.filter(pk=quiz.pk).update(
        opens_at=now - dt.timedelta(days=3), closes_at=now - dt.timedelta(hours=1)
    )
    for dark in (False, True):
        browser = tab(cast.activist, dark=dark).go(f"/learning/attempts/{paper.pk}/result/")
        assert browser.page.get_by_text("正确 ABC").is_visible()
        browser.assert_fine()
        browser.shoot("quiz-result-dark" if dark else "quiz-result")
    wide = tab(cast.activist, width=1280).go(f"/learning/attempts/{paper.pk}/result/?show=all")
    wide.assert_fine()
    wide.page.get_by_role("link", name="错题 3").click()
    assert wide.page.locator("details").count() == 3


def test_a_cut_network_loses_nothing(tab, paper, cast):
    browser = tab(cast.activist).go(at(paper, 2))
    page = browser.page
    choose(page, "半年")
    saved(page)
    page.context.set_offline(True)
    choose(page, "一年")
    page.get_by_text("没存上，会再试").wait_for()
    assert page.get_by_text("网络断开了。答案先留在手机上，连上后会自动保存。").is_visible()
    assert browser.violations() == []
    page.get_by_role("button", name="下一题").click()
    page.get_by_text("网络断开了，还在这一题。连上以后再点一次。").wait_for()
    assert stored(paper)[1] == ["A"]
    page.context.set_offline(False)
    saved(page)
    assert stored(paper)[1] == ["B"]
    page.locator("#trouble").wait_for(state="hidden")
    page.get_by_role("button", name="下一题").click()
    page.get_by_text("有表决权").wait_for()
    assert paper.events.filter(kind="reconnected").count() == 1


def test_what_the_phone_kept_survives_a_reload_and_goes_along(tab, paper, cast):
    browser = tab(cast.activist).go(at(paper, 2))
    page = browser.page
    page.route(
        "**/learning/attempts/*/",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    choose(page, "一年")
    page.get_by_text("没存上，会再试").wait_for()
    page.reload()
    assert page.get_by_label("一年").is_checked()
    page.get_by_role("link", name="答题卡").click()
    page.locator("#sheet").get_by_role("button", name="交卷").click()
    page.locator("#submit").get_by_role("button", name="交卷").click()
    page.get_by_text("没交上，网络断了。").wait_for()
    assert Attempt.objects.get().state == "open"
    page.unroute_all()
    page.get_by_role("link", name="答题卡").click()
    page.locator("#sheet").get_by_role("button", name="交卷").click()
    page.locator("#submit").get_by_role("button", name="交卷").dblclick()
    page.wait_for_url("**/result/")
    paper.refresh_from_db()
    assert paper.score == 1
    assert paper.events.filter(kind="submitted").count() == 1


def test_a_second_device_goes_on_and_the_first_is_told(tab, paper, cast):
    first, second = tab(cast.activist).go(at(paper, 1)), tab(cast.activist)
    choose(first.page, OPTIONS[0])
    saved(first.page)
    first.go(at(paper, 2))
    second.go(at(paper))
    assert second.page.get_by_text("第 2 题").is_visible()
    choose(second.page, "两年")
    saved(second.page)
    choose(first.page, "半年")
    first.page.get_by_text("第 2 题：这道题在另一个页面改过").wait_for()
    assert first.page.get_by_label("两年").is_checked()
    assert stored(paper)[1] == ["C"]
    choose(first.page, "半年")
    saved(first.page)
    assert stored(paper)[1] == ["A"]
    assert first.complaints == []


def test_a_withdrawn_quiz_is_said_at_the_next_tap(tab, quiz, paper, cast):
    page = tab(cast.activist).go(at(paper, 2)).page
    type(quiz).objects.filter(pk=quiz.pk).update(
        withdrawn_at=timezone.now(), withdrawn_by=cast.teacher, withdraw_reason="题目有误"
    )
    choose(page, "一年")
    page.get_by_role("heading", name="这份测评撤下了").wait_for()


def test_when_the_time_is_over_the_paper_hands_itself_in(tab, paper, cast):
    Attempt.objects.filter(pk=paper.pk).update(ends_at=timezone.now() + dt.timedelta(seconds=2))
    page = tab(cast.activist).go(at(paper, 2)).page
    choose(page, "一年")
    page.wait_for_url("**/result/")
    paper.refresh_from_db()
    assert (paper.state, paper.score) == ("closed", 1)


def test_without_script_the_whole_quiz_works(tab, quiz, cast):
    browser = tab(cast.activist, js=False).go(f"/learning/quizzes/{quiz.pk}/")
    page = browser.page
    page.get_by_role("button", name="开始答题").click()
    for text in OPTIONS[:3]:
        choose(page, text)
    page.get_by_role("button", name="下一题").click()
    choose(page, "一年")
    page.get_by_role("button", name="下一题").click()
    choose(page, "错")
    page.get_by_role("button", name="下一题").click()
    page.get_by_label("填空").fill("十八")
    page.locator("#bar").get_by_role("button", name="交卷").click()
    assert page.get_by_text("都答完了，现在交卷？").is_visible()
    page.locator("#submit").get_by_role("button", name="交卷").click()
    assert page.get_by_role("img", name="100 分，满分 100 分").is_visible()
    assert Attempt.objects.get().score == 4


@pytest.mark.parametrize("width", [320, 375, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_are_fine(tab, quiz, paper, cast, width, dark):
    browser = tab(cast.activist, width=width, dark=dark)
    for path in (f"/learning/quizzes/{quiz.pk}/", *(at(paper, n) for n in (1, 2, 3, 4))):
        browser.go(path).assert_fine()
    if width == 375:
        browser.go(at(paper, 1)).shoot("quiz-dark" if dark else "quiz-open")
