"""Writing contacts: only the contact-sync assistant may. Other apps that listen hear of each change."""

import re
from dataclasses import fields

from wecom.sandbox import callbacks
from wecom.sandbox.corp import corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import Department, User
from wecom.sandbox.wire import CONTACTS, Call, api, as_int

USERID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}", re.ASCII)
MOBILE = re.compile(r"\+?[0-9 \-]{5,20}", re.ASCII)
OWN = (CONTACTS,)
DEEPEST = 15
MOST_DEPARTMENTS = 100
BATCH = 200
FIELDS = {field.name for field in fields(User)} - {"extra", "number", "status"}


def _changed(call: Call, change: str, told: dict) -> None:
    callbacks.contacts_changed(change, told, by=call.caller.agentid)


# --- Members --------------------------------------------------------------------------------------------------


@api("user/create", scopes=OWN)
def user_create(call: Call) -> dict:
    userid = str(call.need("userid", 41009))
    if not USERID.fullmatch(userid):
        raise ApiError(301021)
    if corp.user(userid):
        raise ApiError(60102)
    if not call.body.get("mobile") and not call.body.get("email"):
        raise ApiError(60129)
    call.need("name")
    call.need("department", 60003)
    user = User(userid, "", [1], status=4)
    _assign(user, call.body)
    corp.users[user.key] = user
    _changed(call, "create_user", {"UserID": userid, "Department": ",".join(map(str, user.department))})
    return {"errmsg": "created"}


@api("user/update", scopes=OWN)
def user_update(call: Call) -> dict:
    user = _member(call.need("userid", 41009))
    _assign(user, {name: value for name, value in call.body.items() if name != "userid"})
    told = {"UserID": user.userid, "Department": ",".join(map(str, user.department))}
    _changed(call, "update_user", told)
    return {"errmsg": "updated"}


def _member(userid: str) -> User:
    user = corp.user(userid)
    if user is None:
        raise ApiError(60111)
    return user


def _assign(user: User, body: dict) -> None:
    """Check everything first, then take it over."""
    values = {name: value for name, value in body.items() if name in FIELDS}
    if "department" in values:
        values["department"] = _departments(values["department"])
    if values.get("mobile"):
        _check_mobile(user, str(values["mobile"]))
    email = values.get("email")
    if email and any(other.email == email and other is not user for other in corp.users.values()):
        raise ApiError(60106)
    if "gender" in values:
        values["gender"] = str(values["gender"])
    for name, value in values.items():
        setattr(user, name, value)
    if "enable" in body:
        user.status = 1 if body["enable"] else 2
    user.extra |= {name: body[name] for name in ("external_position", "external_profile") if name in body}


def _departments(numbers) -> list[int]:
    listed = [as_int(number, 60123) for number in (numbers if isinstance(numbers, list) else [numbers])]
    if (
        not listed
        or len(listed) > MOST_DEPARTMENTS
        or any(number not in corp.departments for number in listed)
    ):
        raise ApiError(60003)
    return listed


def _check_mobile(user: User, mobile: str) -> None:
    if not MOBILE.fullmatch(mobile):
        raise ApiError(60103)
    if any(other.mobile == mobile and other is not user for other in corp.users.values()):
        raise ApiError(60104)


@api("user/delete", "GET", OWN)
def user_delete(call: Call) -> dict:
    _remove(call, _member(call.need("userid", 41009)))
    return {"errmsg": "deleted"}


@api("user/batchdelete", scopes=OWN)
def user_batchdelete(call: Call) -> dict:
    userids = call.need("useridlist", 40031)
    if len(userids) > BATCH:
        raise ApiError(40032)
    members = [corp.user(userid) for userid in userids]
    if not any(members):
        raise ApiError(40031)
    for member in filter(None, members):
        _remove(call, member)
    return {"errmsg": "deleted"}


def _remove(call: Call, user: User) -> None:
    del corp.users[user.key]
    for tag in corp.tags.values():
        tag.users = [key for key in tag.users if key != user.key]
    _changed(call, "delete_user", {"UserID": user.userid})


# --- Departments ----------------------------------------------------------------------------------------------


@api("department/create", scopes=OWN)
def department_create(call: Call) -> dict:
    parent = call.number("parentid", 60004)
    name = _name(call.need("name", 60009), parent)
    _check_parent(parent)
    number = as_int(call.body.get("id") or max(corp.departments) + 1, 60123)
    if number in corp.departments:
        raise ApiError(60008)
    order = as_int(call.body.get("order") or 0)
    corp.departments[number] = Department(number, name, parent, order, call.body.get("name_en") or "")
    _changed(call, "create_party", {"Id": number, "ParentId": parent})
    return {"errmsg": "created", "id": number}


def _name(name: str, parent: int, but: int = 0) -> str:
    if not 1 <= len(str(name)) <= 64 or re.search(r'[\\:*?"<>|]', str(name)):
        raise ApiError(60009)
    if any(d.name == name and d.parentid == parent and d.id != but for d in corp.departments.values()):
        raise ApiError(60008)
    return str(name)


def _check_parent(parent: int) -> None:
    depth, current = 0, parent
    while current:
        if current not in corp.departments:
            raise ApiError(60004)
        depth, current = depth + 1, corp.departments[current].parentid
    if depth >= DEEPEST:
        raise ApiError(81002)


@api("department/update", scopes=OWN)
def department_update(call: Call) -> dict:
    department = _department(call)
    parent = as_int(call.body.get("parentid") or department.parentid, 60004)
    if parent != department.parentid:
        if parent in corp.subtree(department.id):
            raise ApiError(60004)
        _check_parent(parent)
    department.name = _name(call.body.get("name") or department.name, parent, but=department.id)
    department.name_en = call.body.get("name_en") or department.name_en
    department.order = as_int(call.body.get("order") or department.order)
    if parent != department.parentid:
        department.parentid = parent
        _changed(call, "update_party", {"Id": department.id, "ParentId": parent})
    return {"errmsg": "updated"}


def _department(call: Call) -> Department:
    department = corp.departments.get(call.number("id", 60123))
    if department is None:
        raise ApiError(60003)
    return department


@api("department/delete", "GET", OWN)
def department_delete(call: Call) -> dict:
    department = _department(call)
    if any(other.parentid == department.id for other in corp.departments.values()):
        raise ApiError(60006)
    if department.id == 1 or corp.members_of({department.id}):
        raise ApiError(60005)
    del corp.departments[department.id]
    _changed(call, "delete_party", {"Id": department.id})
    return {"errmsg": "deleted"}
