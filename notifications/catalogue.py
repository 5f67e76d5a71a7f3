"""Everything the portal ever says to anyone (``domain.md`` §1.11), as data.

Messages leave the school's own machines, so none of these sentences tells a stranger at a glance what a person
is or does: a title, a time, a place and a link (``domain.md`` C15). ``{words}`` in braces are the only things a
caller can fill in. ``docs/messages.md`` is written from this table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models

from wecom.cards import cut

TITLE_BYTES = 128
TEXT_BYTES = 512

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


class Level(models.TextChoices):
    """How urgent. Only ``now`` is sent in quiet hours; ``info`` always waits for the daily digest."""

    NOW = "now", "立刻"
    DUTY = "duty", "职责"
    NORMAL = "normal", "普通"
    INFO = "info", "知悉"


class Category(models.TextChoices):
    """What a person can switch off; the last three always come."""

    TALK = "talk", "谈话"
    STUDY = "study", "测评和课程"
    ACTIVITY = "activity", "活动"
    PUSH = "push", "每周推送"
    MEETING = "meeting", "会议"
    WORK = "work", "工作期限"
    ACCOUNT = "account", "账号和资料"


SWITCHABLE = (Category.TALK, Category.STUDY, Category.ACTIVITY, Category.PUSH)


@dataclass(frozen=True)
class Button:
    """A button of an interactive card: ``action`` comes back in WeCom's callback; without it the page opens."""

    label: str
    action: str = ""


@dataclass(frozen=True)
class Kind:
    """One sort of message: who gets it when (for the documentation), how urgent, and its words.

    ``waits`` says that it may wait for the daily digest. ``buttons`` make it an interactive card.
    """

    category: Category
    level: Level
    to: str
    when: str
    title: str
    text: str
    button: str = "去看看"
    waits: bool = False
    buttons: tuple[Button, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()

    @property
    def placeholders(self) -> frozenset[str]:
        templates = [self.title, self.text, *(value for _, value in self.rows)]
        return frozenset(_PLACEHOLDER.findall("".join(templates)))

    @property
    def goes_into_digest(self) -> bool:
        return self.waits or self.level == Level.INFO

    @property
    def can_be_switched_off(self) -> bool:
        return self.category in SWITCHABLE


def _talk(to: str, when: str, title: str, text: str, **more) -> Kind:
    return Kind(Category.TALK, Level.NORMAL, to, when, title, text, **more)


def _study(to: str, when: str, title: str, text: str, **more) -> Kind:
    return Kind(Category.STUDY, Level.NORMAL, to, when, title, text, **more)


def _activity(to: str, when: str, title: str, text: str, **more) -> Kind:
    return Kind(Category.ACTIVITY, Level.NORMAL, to, when, title, text, **more)


def _meeting(to: str, when: str, title: str, text: str, **more) -> Kind:
    return Kind(Category.MEETING, Level.NORMAL, to, when, title, text, **more)


def _duty(to: str, when: str, title: str, text: str) -> Kind:
    return Kind(Category.WORK, Level.DUTY, to, when, title, text, button="去办理", waits=True)


def _info(to: str, title: str, text: str, category: Category = Category.ACCOUNT) -> Kind:
    return Kind(category, Level.INFO, to, "每日汇总", title, text)


KINDS: dict[str, Kind] = {
    # talks and visits
    "talk_requested": _talk(
        "被约的人",
        "马上",
        "有同学想和你谈一次",
        "打开可以看到想聊什么。",
        rows=(("时间", "{when}"), ("地点", "{place}")),
        buttons=(Button("换个时间"), Button("接受", "accept")),
    ),
    "talk_booked": _talk("另一方", "马上", "谈话约好了", "{when}\n{place}"),
    "talk_changed": _talk("另一方", "马上", "谈话改了时间", "改到 {when}\n{place}"),
    "talk_cancelled": _talk("另一方", "马上", "谈话取消了", "原定 {when}。可以另约一个时间。"),
    "talk_tomorrow": _talk("双方", "24 小时前", "明天有一次谈话", "{when}\n{place}"),
    "talk_soon": _talk("双方", "1 小时前", "一小时后有谈话", "{when}\n{place}"),
    "dorm_visit_open": _talk(
        "走访宿舍的人", "20 日、月末前 3 天", "本月宿舍走访还没做", "{due} 前走一次就好。", waits=True
    ),
    # study
    "push_item": Kind(
        Category.PUSH, Level.NORMAL, "推送对象", "定时", "{title}", "本周推送，读完约 {minutes} 分钟。"
    ),
    "quiz_open": _study(
        "还没答完的人",
        "开放时一次",
        "{title}开始了",
        "{due} 截止，可以分几次答完。",
        button="去答题",
        waits=True,
    ),
    "quiz_last_day": _study(
        "还没答完的人", "最后一天一次", "{title}今天截止", "{due} 截止。", button="去答题"
    ),
    "course_due": _study(
        "还没学完的人", "截止前两天", "课程“{title}”快截止了", "{due} 截止。", button="去学习", waits=True
    ),
    "study_assigned": _study("要学的人", "马上", "有一项学习：{title}", "{due} 截止。", button="去学习"),
    "study_nudge": _study(
        "还没完成的人",
        "负责人提醒时",
        "{title}还没有完成",
        "{due} 截止。打开可以看到是谁提醒的。",
        button="去完成",
    ),
    "quiz_withdrawn": _study("开始答题的人", "马上", "{title}撤下了", "已经答的不计入，原因打开可以看到。"),
    "score_corrected": _study(
        "得分有变化的人",
        "马上",
        "{title}的得分更正了",
        "有一道题的答案改正了，打开可以看到变化。",
        button="看结果",
    ),
    # editing
    "review_asked": Kind(
        Category.WORK,
        Level.NORMAL,
        "审核人",
        "马上",
        "有内容等你审核",
        "{title}",
        button="去审核",
        waits=True,
    ),
    "content_returned": Kind(
        Category.WORK, Level.NORMAL, "作者", "马上", "有一份内容要改一下", "{title}", button="去修改"
    ),
    "week_short": _duty("值班编辑", "周三、周五", "本周推送还没排够", "已排 {count} 篇，每周 2–3 篇。"),
    "quiz_short": _duty("编辑", "20 日", "{title}的题目不够", "还差 {missing} 题，{due} 前补上就会生成。"),
    # activities
    "activity_confirmed": _activity("报名的人", "马上", "报名成功：{title}", "{when}\n{place}"),
    "activity_changed": _activity("报名的人", "马上", "活动有变动：{title}", "{when}\n{place}"),
    "activity_cancelled": _activity("报名的人", "马上", "活动取消了：{title}", "原定 {when}。"),
    "activity_tomorrow": _activity("报名的人", "24 小时前", "明天有活动：{title}", "{when}\n{place}"),
    "seat_offered": _activity("候补的人", "马上", "候补排到你了：{title}", "{when}\n{place}"),
    # meetings
    "meeting_created": _meeting("应到的人", "马上", "会议通知：{title}", "{when}\n{place}"),
    "meeting_changed": _meeting("应到的人", "马上", "会议有变动：{title}", "{when}\n{place}"),
    "meeting_cancelled": _meeting("应到的人", "马上", "会议取消了：{title}", "原定 {when}。"),
    "meeting_tomorrow": _meeting("没有请假的人", "24 小时前", "明天有会议：{title}", "{when}\n{place}"),
    # duties of secretaries, contacts and the persons themselves
    "first_talk_due": _duty("书记、组织委员", "期限前 10 天、3 天", "有一次谈话该安排了", "{due} 前完成。"),
    "half_year_examination_due": _duty("书记、联系人", "14 天前", "半年考察该准备了", "{due} 前完成。"),
    "quarter_report_due": _duty("本人、联系人", "季末前 10 天", "季度材料该准备了", "{due} 前交。"),
    "cultivation_year_reached": Kind(
        Category.WORK, Level.INFO, "书记", "当天", "有一项培养期满一年", "打开可以看到下一步。"
    ),
    "notice_ends": _duty("书记", "当天", "一项公示今天结束", "结束后登记结果。"),
    "booklet_meeting_due": _duty("书记", "10 天前", "有一次支部会议该安排了", "{due} 前召开。"),
    "approval_pending": _duty("组织员、学院管理员", "满 60 天", "有一项审批等了很久", "已经 {days} 天。"),
    "oath_due": _duty("书记", "10 天前", "有一次仪式该安排了", "{due} 前举行。"),
    "probation_ends": _duty("本人、书记、联系人", "30 天前、7 天前", "有一项期限快到了", "{due} 到期。"),
    "dues_arrears": _duty("本人、书记", "每月", "有费用还没有登记", "到现在 {months} 个月。"),
    "letter_expiring": _duty("本人、书记", "14 天前", "有一份材料快到期了", "{due} 到期。"),
    "receipt_missing": _duty("本人、书记", "30 天后", "有一份回执还没收到", "发出已经 {days} 天。"),
    "branch_term_ends": _duty("学院管理员、书记", "6 个月前", "支部任期快满了", "{due} 到期。"),
    # answers
    "form_returned": Kind(
        Category.WORK,
        Level.NORMAL,
        "填写人",
        "马上",
        "有一份表要改一下",
        "打开可以看到要改哪里。",
        button="去修改",
    ),
    "question_unanswered": Kind(
        Category.WORK, Level.NORMAL, "被问的人、书记", "48、96 小时", "有一个问题在等回答", "", waits=True
    ),
    # one's own account and place
    "account_bound": Kind(
        Category.ACCOUNT,
        Level.NOW,
        "本人",
        "马上",
        "企业微信已经绑定",
        "如果不是你本人操作，请马上告诉支部书记。",
    ),
    # At once, not with the digest: who has just got a duty or a group is waiting for it.
    "office_given": Kind(
        Category.ACCOUNT, Level.NORMAL, "本人", "马上", "你有了一项新职务", "职责和权限打开可以看到。"
    ),
    "office_ended": _info("本人", "你的一项职务结束了", "打开可以看到起止时间。"),
    "group_joined": _talk("本人", "马上", "你的谈话小组排好了", "打开可以看到和谁一组。"),
    "contact_assigned": _info("双方", "培养联系关系有更新", "打开可以看到联系方式。"),
    "branch_changed": _info("本人", "你所在的支部有更新", "如果不对，请告诉支部书记。"),
    "stage_recorded": _info("本人", "你的资料有一项登记", "如果不对，请告诉支部书记。"),
    "data_exported": _info("本人", "有人导出过含你信息的表", "打开可以看到谁、什么时候、为什么。"),
    "roster_applied": _info("导入的人", "名册导入完成", "新增 {added} 人，修改 {changed} 人。"),
}

DIGEST_TITLE = "你有 {count} 条新通知"


@dataclass(frozen=True)
class Words:
    """A message as people read it."""

    title: str
    text: str
    rows: tuple[tuple[str, str], ...] = ()


def render(kind: str, words: Mapping[str, object]) -> Words:
    """Fill a kind's sentences, in one pass: braces inside a word are ordinary characters.

    Raises ``LookupError`` for a kind that is not in the catalogue, and for words it does not list or misses:
    both are mistakes of the caller, found by his tests.
    """
    if kind not in KINDS:
        raise LookupError(f"unknown message kind {kind!r}")
    entry = KINDS[kind]
    if set(words) != entry.placeholders:
        raise LookupError(f"{kind} takes the words {sorted(entry.placeholders)}, not {sorted(words)}")
    return Words(
        title=cut(_fill(entry.title, words), TITLE_BYTES),
        text=cut(_fill(entry.text, words), TEXT_BYTES),
        rows=tuple((key, _fill(value, words)) for key, value in entry.rows),
    )


def _fill(template: str, words: Mapping[str, object]) -> str:
    return _PLACEHOLDER.sub(lambda match: str(words[match[1]]), template)
