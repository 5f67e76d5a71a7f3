"""The permission table as data: which office may do what (``domain.md`` §1.8).

Admin, pages, API, permission tests and ``docs/permissions.md`` are all generated from or checked against it.
A right is ``app.verb_noun`` and is given by an office on a branch with everything below it.
"""

from dataclasses import dataclass

RIGHTS = {
    "accounts.view_person": "查看人员",
    "accounts.change_person": "修改人员资料",
    "accounts.import_roster": "导入名册",
    "accounts.export_roster": "导出名册",
    "accounts.move_person": "调整所在支部",
    "accounts.record_stage": "登记发展阶段",
    "accounts.view_branch": "查看组织",
    "accounts.change_branch": "维护组织",
    "accounts.view_office": "查看职务",
    "accounts.appoint_committee": "任免支部职务",
    "accounts.appoint_college": "任免学院职务",
    "accounts.appoint_university": "任免学校职务",
    "accounts.appoint_technical": "任免技术职务",
    "accounts.arrange_groups": "安排谈话小组",
    "accounts.assign_contact": "指定培养联系人",
    "accounts.view_dormitory": "查看宿舍",
    "accounts.change_dormitory": "维护宿舍",
    "accounts.sync_directory": "核对企业微信通讯录",
    "accounts.answer_feedback": "答复意见和投诉",
    "learning.write_content": "撰写内容、题目和课程",
    "learning.review_content": "审核内容、题目和课程",
    "learning.view_progress": "查看学习完成情况",
    "learning.assign_study": "布置和提醒学习",
    "learning.export_progress": "导出学习完成名单",
    "learning.confirm_completion": "确认课程结业",
    "core.view_audit": "查看审计日志",
    "core.change_calendar": "维护校历",
    "notifications.operate_outbox": "管理消息发送",
}


def codename(right: str) -> str:
    """Django's codename of a right: what stands behind the dot."""
    return right.partition(".")[2]


@dataclass(frozen=True)
class OfficeKind:
    """An office: its name on screen, the right one needs to give it, the kinds of branch it exists in, the
    rights it brings there and below."""

    label: str
    appointed_with: str
    places: frozenset[str]
    rights: frozenset[str] = frozenset()


def _rights(*names: str) -> frozenset[str]:
    return frozenset(f"accounts.{name}" if "." not in name else name for name in names)


_UNIVERSITY = frozenset({"university_committee"})
_COLLEGE = frozenset({"college_committee", "general_branch"})
_BRANCH = frozenset({"branch"})
_COMMITTEE = frozenset({"branch", "general_branch"})
# The Youth League has a tree of its own (``domain.md`` §4.1): who writes for its members is an editor there too.
_LEAGUE = frozenset({"league_committee", "league_general_branch"})

_READ = _rights("view_person", "view_branch", "view_office")
_EDITING = _rights("learning.write_content", "learning.review_content")
_BRANCH_WORK = _READ | _rights(
    "change_person",
    "record_stage",
    "arrange_groups",
    "assign_contact",
    "view_dormitory",
    "learning.view_progress",
    "learning.assign_study",
    "learning.export_progress",
)
_SECRETARY_WORK = (
    _BRANCH_WORK
    | _EDITING
    | _rights("import_roster", "export_roster", "appoint_committee", "answer_feedback")
)
_COLLEGE_WORK = _SECRETARY_WORK | _rights(
    "move_person",
    "appoint_college",
    "change_dormitory",
    "sync_directory",
    "learning.confirm_completion",
    "core.view_audit",
    "core.change_calendar",
)
_UNIVERSITY_WORK = _COLLEGE_WORK | _rights("change_branch", "appoint_university", "appoint_technical")

OFFICES = {
    "secretary": OfficeKind("支部书记", "accounts.appoint_college", _COMMITTEE, _SECRETARY_WORK),
    "deputy_secretary": OfficeKind(
        "支部副书记",
        "accounts.appoint_committee",
        _COMMITTEE,
        _SECRETARY_WORK - _rights("appoint_committee"),
    ),
    "organization_officer": OfficeKind("组织委员", "accounts.appoint_committee", _COMMITTEE, _BRANCH_WORK),
    "publicity_officer": OfficeKind(
        "宣传委员", "accounts.appoint_committee", _COMMITTEE, _READ | _rights("learning.write_content")
    ),
    "discipline_officer": OfficeKind("纪检委员", "accounts.appoint_committee", _COMMITTEE, _READ),
    "group_leader": OfficeKind("党小组组长", "accounts.appoint_committee", frozenset({"party_group"}), _READ),
    "organizer": OfficeKind(
        "组织员",
        "accounts.appoint_college",
        _COLLEGE | _UNIVERSITY,
        _READ
        | _rights("record_stage", "export_roster", "learning.view_progress", "learning.confirm_completion"),
    ),
    "counselor": OfficeKind(
        "辅导员", "accounts.appoint_college", _COLLEGE | _BRANCH, _READ | _rights("view_dormitory")
    ),
    "editor": OfficeKind(
        "编辑",
        "accounts.appoint_college",
        _COLLEGE | _UNIVERSITY | _LEAGUE,
        _EDITING | _rights("view_branch"),
    ),
    "college_admin": OfficeKind("学院管理员", "accounts.appoint_university", _COLLEGE, _COLLEGE_WORK),
    "university_admin": OfficeKind(
        "学校管理员", "accounts.appoint_university", _UNIVERSITY, _UNIVERSITY_WORK
    ),
    "platform_operator": OfficeKind(
        "平台运营",
        "accounts.appoint_university",
        _COLLEGE | _UNIVERSITY,
        _rights("view_branch", "view_office", "answer_feedback", "notifications.operate_outbox"),
    ),
    # The log names what was touched and never holds content, so it is open to the technical administrator;
    # people and their records are not (``domain.md`` §1.8, separation rule).
    "technical_admin": OfficeKind(
        "技术管理员",
        "accounts.appoint_technical",
        _UNIVERSITY,
        _rights("view_branch", "appoint_technical", "core.view_audit", "notifications.operate_outbox"),
    ),
    "auditor": OfficeKind(
        "审计",
        "accounts.appoint_university",
        _COLLEGE | _UNIVERSITY,
        _rights("view_branch", "core.view_audit"),
    ),
}

# The posts of a branch committee (``domain.md`` O-4), and those that end when their holder leaves the branch.
COMMITTEE = (
    "secretary",
    "deputy_secretary",
    "organization_officer",
    "publicity_officer",
    "discipline_officer",
)
