"""Reading contacts: departments and members, within the visible range and the privacy rules of 2022."""

from wecom.sandbox.corp import corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import App, Department, User
from wecom.sandbox.wire import APP, CONTACTS, Call, api, as_int

PRIVATE = ("avatar", "thumb_avatar", "mobile", "email", "biz_mail", "qr_code", "address")
BOTH = (APP, CONTACTS)


def reader(call: Call) -> App:
    """The caller, unless it is a contact-sync assistant set up after August 2022: those may only list ids."""
    if call.caller.is_contact_sync and not corp.settings.contact_sync_is_legacy:
        raise ApiError(48002)
    return call.caller


# --- Departments ----------------------------------------------------------------------------------------------


def department_row(department: Department) -> dict:
    return {
        "id": department.id,
        "name": department.name,
        "name_en": department.name_en,
        "department_leader": department.department_leader,
        "parentid": department.parentid,
        "order": department.order,
    }


def _wanted(call: Call) -> list[Department]:
    """The subtree of ``id`` or all, as far as the caller may see."""
    allowed = corp.visible_departments(call.caller)
    if call.args.get("id"):
        root = as_int(call.args["id"], 60123)
        if root not in corp.departments:
            raise ApiError(60003)
        if root not in allowed:
            raise ApiError(60011)
        allowed &= corp.subtree(root)
    return [corp.departments[number] for number in sorted(allowed)]


@api("department/list", "GET", BOTH)
def department_list(call: Call) -> dict:
    reader(call)
    return {"department": [department_row(department) for department in _wanted(call)]}


@api("department/simplelist", "GET", BOTH)
def department_simplelist(call: Call) -> dict:
    return {"department_id": [{"id": d.id, "parentid": d.parentid, "order": d.order} for d in _wanted(call)]}


@api("department/get", "GET", BOTH)
def department_get(call: Call) -> dict:
    reader(call)
    number = call.number("id", 60123)
    return {"department": next(department_row(d) for d in _wanted(call) if d.id == number)}


# --- Members --------------------------------------------------------------------------------------------------


def member_row(user: User, app: App) -> dict:
    """A member as ``app`` may see them."""
    allowed = corp.visible_departments(app)
    shown = [place for place, number in enumerate(user.department) if number in allowed]
    leads = user.is_leader_in_dept or [0] * len(user.department)
    orders = user.order or [0] * len(user.department)
    row = {
        "userid": user.userid,
        "name": user.name,
        "department": [user.department[i] for i in shown],
        "order": [orders[i] for i in shown],
        "position": user.position,
        "mobile": user.mobile,
        "gender": user.gender,
        "email": user.email,
        "biz_mail": user.biz_mail,
        "is_leader_in_dept": [leads[i] for i in shown],
        "direct_leader": user.direct_leader,
        "avatar": f"https://wework.qpic.cn/sandbox/{user.userid}/0",
        "thumb_avatar": f"https://wework.qpic.cn/sandbox/{user.userid}/100",
        "telephone": user.telephone,
        "alias": user.alias,
        "address": user.address,
        "extattr": user.extattr or {"attrs": _number_attribute(user)},
        "status": user.status,
        "qr_code": f"https://open.work.weixin.qq.com/wwopen/userQRCode?vcode={user.userid}",
        "external_position": user.extra.get("external_position", ""),
        "external_profile": user.extra.get("external_profile", {}),
    }
    main = user.main_department or user.department[0]
    if main in allowed:
        row["main_department"] = main
    if app.strips_privacy:
        row = {key: value for key, value in row.items() if key not in PRIVATE} | {"gender": "0"}
    return row


def _number_attribute(user: User) -> list[dict]:
    """The student or staff number, as schools keep it: an extra text attribute."""
    if not user.number:
        return []
    name = "工号" if user.number.upper().startswith(("T", "G")) else "学号"
    return [{"type": 0, "name": name, "text": {"value": user.number}}]


def visible_user(call: Call, userid: str) -> User:
    user = corp.user(userid)
    if user is None:
        raise ApiError(60111)
    if not corp.sees(call.caller, user):
        raise ApiError(60011)
    return user


def _listed(call: Call) -> list[User]:
    number = call.number("department_id", 60123)
    if number not in corp.departments:
        raise ApiError(60003)
    if number not in corp.visible_departments(call.caller):
        raise ApiError(60011)
    recursive = call.args.get("fetch_child") == "1"
    return corp.members_of(corp.subtree(number) if recursive else {number})


@api("user/get", "GET", BOTH)
def user_get(call: Call) -> dict:
    return member_row(visible_user(call, call.need("userid", 41009)), reader(call))


@api("user/list", "GET", BOTH)
def user_list(call: Call) -> dict:
    app = reader(call)
    return {"userlist": [member_row(user, app) for user in _listed(call)]}


@api("user/simplelist", "GET", BOTH)
def user_simplelist(call: Call) -> dict:
    allowed = corp.visible_departments(reader(call))
    return {
        "userlist": [
            {"userid": u.userid, "name": u.name, "department": [d for d in u.department if d in allowed]}
            for u in _listed(call)
        ]
    }


@api("user/list_id", "POST", (CONTACTS,))
def user_list_id(call: Call) -> dict:
    """Pairs of member and department, in pages; the cursor is a position."""
    limit = as_int(call.body.get("limit") or 10000)
    if not 1 <= limit <= 10000:
        raise ApiError(40058, "limit")
    start = as_int(call.body.get("cursor") or 0)
    pairs = [{"userid": u.userid, "department": d} for u in corp.users.values() for d in u.department]
    more = start + limit < len(pairs)
    return {"next_cursor": str(start + limit) if more else "", "dept_user": pairs[start : start + limit]}


def _find(errcode: int, **wanted: str) -> dict:
    ((name, value),) = wanted.items()
    for user in corp.users.values():
        if getattr(user, name) == value:
            return {"userid": user.userid}
    raise ApiError(errcode)


@api("user/getuserid", "POST", BOTH)
def user_getuserid(call: Call) -> dict:
    """By phone. Missing more often than a fifth of the head-count blocks the call for a day."""
    key = ("getuserid-missed", call.caller.agentid, corp.clock.day())
    if corp.day_counts[key] > max(5, len(corp.users) // 5):
        raise ApiError(45009)
    try:
        return _find(60111, mobile=str(call.need("mobile", 60103)))
    except ApiError:
        corp.day_counts[key] += 1
        raise


@api("user/get_userid_by_email", "POST", BOTH)
def user_by_email(call: Call) -> dict:
    kind = "email" if str(call.body.get("email_type", 1)) == "2" else "biz_mail"
    return _find(60111, **{kind: str(call.need("email"))})


def openid_of(userid: str) -> str:
    """An openid that is always the same for a member, and can be read back."""
    return "oSandbox_" + userid.lower().encode().hex()


@api("user/convert_to_openid")
def convert_to_openid(call: Call) -> dict:
    return {"openid": openid_of(visible_user(call, call.need("userid", 41009)).userid)}


@api("user/convert_to_userid")
def convert_to_userid(call: Call) -> dict:
    openid = call.need("openid", 40003)
    user = next((user for user in corp.users.values() if openid_of(user.userid) == openid), None)
    if user is None:
        raise ApiError(40003)
    return {"userid": user.userid}


@api("user/get_active_stat", "POST", BOTH)
def get_active_stat(call: Call) -> dict:
    call.need("date")
    return {"active_cnt": sum(user.status == 1 for user in corp.users.values())}


@api("corp/get_join_qrcode", "GET", (CONTACTS,))
def get_join_qrcode(call: Call) -> dict:
    return {"join_qrcode": "https://work.weixin.qq.com/wework_admin/genqrcode?action=join&vcode=sandbox"}
