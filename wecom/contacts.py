"""Departments and members of the corporation, and who stands behind a sign-in code."""

from dataclasses import dataclass

from wecom.app import App, field, number, rows

NUMBER_FIELDS = ("学号", "工号", "学工号", "学号/工号", "学号或工号")
LOGIN_SECONDS = 3.0
PAGE_SIZE = 10_000


@dataclass(frozen=True)
class Identity:
    """Who signs in. ``userid`` is None for someone outside the corporation."""

    userid: str | None
    is_member: bool
    user_ticket: str = ""


@dataclass(frozen=True)
class Department:
    id: int
    name: str
    parent_id: int


@dataclass(frozen=True)
class Member:
    """``number`` is the student or staff number kept as an extra field in WeCom, empty when there is none."""

    userid: str
    name: str
    departments: tuple[int, ...]
    number: str
    active: bool


class Contacts(App):
    def identify(self, code: str) -> Identity:
        """Exchange the one-time code of a sign-in. A person is waiting, so at most 3 seconds."""
        answer = self.get("auth/getuserinfo", {"code": code}, seconds=LOGIN_SECONDS)
        userid = answer.get("userid")
        if not isinstance(userid, str) or not userid or "/" in userid:
            return Identity(userid=None, is_member=False)
        return Identity(userid=userid, is_member=True, user_ticket=str(answer.get("user_ticket") or ""))

    def private_details(self, user_ticket: str) -> dict:
        """What the member agreed to share: any of mobile, email, gender, avatar."""
        return self.post("auth/getuserdetail", {"user_ticket": user_ticket})

    def departments(self) -> list[Department]:
        """All departments the app may see."""
        found = rows(self.get("department/list"), "department")
        return [
            Department(
                id=number(row.get("id")),
                name=str(row.get("name", "")),
                parent_id=number(row.get("parentid", 0)),
            )
            for row in found
        ]

    def members(self, department_id: int) -> list[Member]:
        """The members of one department, without its subdepartments (a big subtree is refused by WeCom)."""
        answer = self.get("user/list", {"department_id": str(department_id), "fetch_child": "0"})
        return [_member(row) for row in rows(answer, "userlist")]

    def member(self, userid: str) -> Member:
        """One member; ``Unreachable`` when WeCom does not know the userid."""
        return _member(self.get("user/get", {"userid": userid}))

    def member_ids(self) -> dict[str, set[int]]:
        """userid → departments of the whole corporation. Only the contact-sync secret may ask."""
        found: dict[str, set[int]] = {}
        cursor = ""
        while True:
            answer = self.post("user/list_id", {"cursor": cursor, "limit": PAGE_SIZE})
            page = rows(answer, "dept_user")
            for row in page:
                found.setdefault(field(row, "userid", str), set()).add(number(row.get("department", 0)))
            following = str(answer.get("next_cursor") or "")
            if not following or following == cursor or not page:
                return found
            cursor = following


def _member(row: dict) -> Member:
    departments = row.get("department")
    return Member(
        userid=field(row, "userid", str),
        name=str(row.get("name", "")),
        departments=tuple(map(number, departments)) if isinstance(departments, list) else (),
        number=_number(row.get("extattr")),
        active=row.get("status", 1) == 1,
    )


def _number(extra: object) -> str:
    attributes = extra.get("attrs") if isinstance(extra, dict) else None
    for attribute in attributes if isinstance(attributes, list) else ():
        if isinstance(attribute, dict) and attribute.get("name") in NUMBER_FIELDS:
            text = attribute.get("text")
            value = text.get("value") if isinstance(text, dict) else attribute.get("value")
            return str(value or "").strip()
    return ""
