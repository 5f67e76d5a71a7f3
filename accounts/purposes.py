"""Why the portal holds what it holds about a person (``domain.md`` C1, C16), as data.

Every app above says the same of its own models in a module ``purposes`` with a list ``PURPOSES``.

The page “平台存了我哪些信息” is drawn from it. A test walks all models: a personal field that is not listed here,
or listed and no longer there, fails it.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import cast

from django.apps import apps
from django.db import models
from django.utils import timezone
from django.utils.formats import localize
from django.utils.module_loading import module_has_submodule

DUTY = "组织履行职责所需（个人信息保护法第十三条第一款第三项）"
SECURITY = "网络安全法要求的安全日志"
AGREED = "你自己填写，随时可以改"

IN_SCHOOL = "在校期间保存，离校后封存归档"
MOST_ROWS = 20


@dataclass(frozen=True)
class Purpose:
    """Some fields of one model that serve one purpose.

    ``person`` is the field that says whom a row is about, empty for the person itself. ``shown`` are the
    fields whose values the page prints; ``fields`` are all that are held, the printed ones included.
    """

    name: str
    model: str
    fields: frozenset[str]
    why: str
    seen_by: str
    kept: str
    shown: tuple[str, ...]
    basis: str = DUTY
    person: str = "person"

    def values_of(self, user) -> list[str]:
        """What is stored about ``user``, one line per row, the newest rows first."""
        if not self.person:
            return [line] if (line := self._line(user)) else []
        model = apps.get_model(self.model)
        related = [name for name in self.shown if model._meta.get_field(name).is_relation]
        rows = model._default_manager.filter(**{self.person: user}).select_related(*related)
        return [self._line(row) for row in rows.order_by("-pk")[:MOST_ROWS]]

    def _line(self, row: models.Model) -> str:
        return "，".join(text for name in self.shown if (text := _words(row, name)))


def _words(row: models.Model, name: str) -> str:
    """A field as people read it: its name and its value, nothing when it is empty."""
    field = cast("models.Field", row._meta.get_field(name))
    value = getattr(row, name)
    if value is None or value == "":
        return ""
    if field.choices:
        value = getattr(row, f"get_{name}_display")()
    elif isinstance(value, bool):
        value = "是" if value else "否"
    elif isinstance(value, datetime):
        value = timezone.localtime(value)
    return f"{field.verbose_name} {localize(value)}"


def fields(names: str) -> frozenset[str]:
    """Field names written in one line."""
    return frozenset(names.split())


@cache
def all_purposes() -> list[Purpose]:
    """The purposes of every installed app."""
    apps_with_purposes = [
        app.name for app in apps.get_app_configs() if module_has_submodule(app.module, "purposes")
    ]
    return [purpose for name in apps_with_purposes for purpose in import_module(f"{name}.purposes").PURPOSES]


PURPOSES = [
    Purpose(
        "姓名和学号",
        "accounts.User",
        fields("name number kind gender grade major class_name birth_month"),
        "认出你是谁，编班和编入支部，计算入党申请的最低年龄",
        "你自己，所在支部和上级组织里负责名册的人；谈话小组成员只看得到姓名",
        IN_SCHOOL,
        person="",
        shown=("name", "number", "kind", "gender", "birth_month", "grade", "major", "class_name"),
    ),
    Purpose(
        "发展阶段",
        "accounts.User",
        fields("stage"),
        "决定你看到哪些功能",
        "你自己，支部和上级组织里负责发展工作的人；谈话小组成员看得到身份标签",
        IN_SCHOOL,
        person="",
        shown=("stage",),
    ),
    Purpose(
        "账号状态",
        "accounts.User",
        fields(
            "is_active is_staff is_superuser left_on last_login password groups user_permissions version session_epoch is_demo"
        ),
        "登录平台，离校后停用；密码只存不可还原的摘要，多数人没有密码",
        "你自己，负责名册的人；密码摘要谁也看不到",
        IN_SCHOOL,
        person="",
        shown=("is_active", "is_staff", "last_login", "left_on"),
    ),
    Purpose(
        "企业微信账号",
        "accounts.WeComIdentity",
        fields("person corp_id userid origin bound_at unbound_at"),
        "从企业微信打开时认出你；不取手机号、头像和邮箱",
        "你自己，负责名册的人",
        "在校期间保存，解绑记录留到离校",
        shown=("userid", "origin", "bound_at", "unbound_at"),
    ),
    Purpose(
        "所在支部",
        "accounts.Membership",
        fields("person branch branch_name side since until recorded_at voided_at void_reason"),
        "知道你的组织关系在哪里，过去在哪里",
        "你自己，所在支部和上级组织里负责名册的人",
        IN_SCHOOL,
        shown=("branch_name", "side", "since", "until"),
    ),
    Purpose(
        "职务",
        "accounts.Office",
        fields("person branch branch_name kind given_by reason since until recorded_at"),
        "让担任职务的人能做工作，卸任后收回",
        "你自己，同一组织里能看职务的人",
        IN_SCHOOL,
        shown=("branch_name", "kind", "since", "until"),
    ),
    Purpose(
        "职务带来的权限",
        "accounts.BranchRight",
        fields("user content_object permission until"),
        "由职务自动算出，职务结束就删除",
        "技术管理员",
        "任职期间",
        person="user",
        shown=("content_object", "permission"),
    ),
    Purpose(
        "发展阶段的登记",
        "accounts.StageChange",
        fields(
            "person stage effective_on branch branch_name evidence evidence_note recorded_by recorded_at "
            "voided_at voided_by void_reason"
        ),
        "记下哪一天到了哪个阶段、依据是哪次会议；写错的作废重写，不涂改",
        "你自己，支部和上级组织里负责发展工作的人",
        IN_SCHOOL,
        shown=("stage", "effective_on", "branch_name", "evidence", "voided_at"),
    ),
    Purpose(
        "我的培养联系人",
        "accounts.CultivationContact",
        fields("activist contact seat branch branch_name since until reason"),
        "安排联系人，告诉双方",
        "你和联系人，支部里安排联系人的人",
        IN_SCHOOL,
        person="activist",
        shown=("contact", "since", "until"),
    ),
    Purpose(
        "我联系的同学",
        "accounts.CultivationContact",
        fields("contact"),
        "安排联系人，告诉双方",
        "你和对方，支部里安排联系人的人",
        IN_SCHOOL,
        person="contact",
        shown=("activist", "since", "until"),
    ),
    Purpose(
        "谈话小组组长",
        "accounts.TalkGroup",
        fields(
            "branch branch_name lead chat chat_id chat_has_secretary chat_is_stale chat_tried_at since until"
        ),
        "安排谈话小组，建企业微信群；平台读不到群里的聊天",
        "小组成员，支部里安排小组的人",
        IN_SCHOOL,
        person="lead",
        shown=("branch_name", "chat", "since", "until"),
    ),
    Purpose(
        "谈话小组成员",
        "accounts.TalkGroupMember",
        fields("group person since until"),
        "安排谈话小组",
        "小组成员，支部里安排小组的人",
        IN_SCHOOL,
        shown=("group", "since", "until"),
    ),
    Purpose(
        "寝室",
        "accounts.RoomAssignment",
        fields("person room bed since until"),
        "安排下寝走访",
        "你自己，能看宿舍的支部委员、辅导员和学院管理员",
        "在校期间保存，离校后删除",
        shown=("room", "bed", "since", "until"),
    ),
    Purpose(
        "意见和投诉",
        "accounts.Feedback",
        fields(
            "person branch kind text state received_at answer_by assigned_to answer answered_by answered_at"
        ),
        "听取意见，按时答复，更正错误的信息",
        "你自己，受理组织里负责答复的人",
        "答复后 12 个月",
        basis="个人信息保护法第五十条",
        shown=("kind", "state", "received_at"),
    ),
    Purpose(
        "收到的通知",
        "notifications.Recipient",
        fields(
            "message person state channel shown_from read_at next_try tries lease_owner lease_until call called_at "
            "last_code sent_at"
        ),
        "把通知送到你手里，送不到时知道原因；读没读只有你自己看得到",
        "你自己；运维人员只看得到送达状态",
        "12 个月",
        shown=("message", "state", "sent_at"),
    ),
    Purpose(
        "通知偏好",
        "notifications.Preference",
        fields("person category wanted"),
        "按你的意思提醒",
        "你自己",
        "离校时删除",
        basis=AGREED,
        shown=("category", "wanted"),
    ),
    Purpose(
        "安静时段",
        "notifications.QuietHours",
        fields("person enabled start end"),
        "这段时间不打扰你",
        "你自己",
        "离校时删除",
        basis=AGREED,
        shown=("enabled", "start", "end"),
    ),
    Purpose(
        "发送开关",
        "notifications.SendingSwitch",
        fields("stopped_at stopped_by reason paused_until slowed_at concurrency daily_limit"),
        "记下谁停过消息发送",
        "平台运营",
        "只保存最近一次",
        person="stopped_by",
        shown=("stopped_at", "reason"),
    ),
    Purpose(
        "名册导入的行",
        "accounts.RosterRow",
        fields(
            "roster line state number name person changes errors notes needs_attention outcome made kept_because"
        ),
        "导入名册时逐行核对，写错了能撤回",
        "导入名册的人",
        "12 个月",
        shown=("number", "name", "state", "outcome"),
    ),
    Purpose(
        "名册导入的操作",
        "accounts.RosterImport",
        fields(
            "by branch name file layout notes message state rows_total rows_checked created_at touched_at "
            "applied_at undone_at"
        ),
        "记下谁导入过名册",
        "导入名册的人",
        "12 个月",
        person="by",
        shown=("name", "created_at", "state"),
    ),
    Purpose(
        "通讯录核对的结果",
        "accounts.DirectoryChange",
        fields("sync kind state person branch userid name department_id note"),
        "把名册和企业微信通讯录对上，不同的地方由人决定",
        "所在学院核对通讯录的人",
        "12 个月",
        shown=("kind", "userid", "name", "state"),
    ),
    Purpose(
        "通讯录核对的操作",
        "accounts.DirectorySync",
        fields(
            "scope state asked_by asked_at read_at departments members is_braked note decided_by decided_at"
        ),
        "记下谁核对过通讯录",
        "所在学院核对通讯录的人",
        "12 个月",
        person="asked_by",
        shown=("asked_at", "state"),
    ),
    Purpose(
        "导出和上传的文件",
        "core.ProtectedFile",
        fields("owner purpose name file content_type size sha256 created_at expires_at"),
        "把你导出的表格或上传的名册交给你下载",
        "只有你自己",
        "一般 24 小时，过后自动删除",
        person="owner",
        shown=("name", "created_at", "expires_at"),
    ),
    Purpose(
        "操作记录",
        "core.AuditEntry",
        fields(
            "at actor actor_number action subject_type subject_id branch_id changed reason result request_id"
        ),
        "说得清谁在什么时候做了什么；只记改了哪一项，不记内容",
        "审计人员；关于你的，你自己看得到",
        "不少于六个月",
        basis=SECURITY,
        person="actor",
        shown=("at", "action", "result"),
    ),
]
