"""Calendars and schedules. Only for apps that the administrator listed under 日程 (ability ``schedule``)."""

from wecom.sandbox import callbacks
from wecom.sandbox.contacts import visible_user
from wecom.sandbox.corp import corp, new_id
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import Calendar, Schedule
from wecom.sandbox.wire import Call, api, as_int

REMIND_BEFORE = {0, 300, 900, 3600, 86400}
REPEAT_TYPES = {0, 1, 2, 5, 7}
LONGEST = {"summary": 128, "description": 1000, "location": 128}
PER_DAY = 10_000
MOST_ATTENDEES, MOST_ADMINS, MOST_LISTED = 1000, 3, 1000
CANCELLED = 1


def allowed(call: Call) -> None:
    if "schedule" not in call.caller.abilities:
        raise ApiError(48002)


def _count(call: Call, what: str) -> None:
    key = (what, call.caller.agentid, corp.clock.day())
    corp.day_counts[key] += 1
    if corp.day_counts[key] > PER_DAY:
        raise ApiError(45009)


# --- Calendars ------------------------------------------------------------------------------------------------


@api("oa/calendar/add")
def calendar_add(call: Call) -> dict:
    allowed(call)
    _count(call, "calendars")
    fields = call.need("calendar")
    calendar = Calendar(new_id("wc", 20), call.caller.agentid, _kept(fields))
    corp.calendars[calendar.cal_id] = calendar
    return {"cal_id": calendar.cal_id}


def _kept(fields: dict) -> dict:
    """What a calendar shows again; the rest is only said when writing."""
    return {name: value for name, value in fields.items() if name not in {"cal_id", "set_as_default"}}


def _own_calendar(call: Call, cal_id: str) -> Calendar:
    allowed(call)
    calendar = corp.calendars.get(cal_id or "")
    if calendar is None:
        raise ApiError(90457)
    if calendar.agentid != call.caller.agentid:
        raise ApiError(90466)
    return calendar


@api("oa/calendar/update")
def calendar_update(call: Call) -> dict:
    fields = call.need("calendar")
    calendar = _own_calendar(call, fields.get("cal_id"))
    calendar.fields |= _kept(fields)
    return {}


@api("oa/calendar/get")
def calendar_get(call: Call) -> dict:
    found = [_own_calendar(call, cal_id) for cal_id in call.need("cal_id_list")]
    return {"calendar_list": [{"cal_id": calendar.cal_id} | calendar.fields for calendar in found]}


@api("oa/calendar/del")
def calendar_delete(call: Call) -> dict:
    calendar = _own_calendar(call, call.need("cal_id", 90457))
    del corp.calendars[calendar.cal_id]
    for schedule in [s for s in corp.schedules.values() if s.fields.get("cal_id") == calendar.cal_id]:
        del corp.schedules[schedule.schedule_id]
    return {}


# --- Schedules ------------------------------------------------------------------------------------------------


def _fields(call: Call) -> dict:
    """The checked schedule of the request."""
    fields = dict(call.need("schedule"))
    start, end = as_int(fields.get("start_time"), 90458), as_int(fields.get("end_time"), 90458)
    if end < start:
        raise ApiError(90458)
    if any(len(fields.get(name) or "") > most for name, most in LONGEST.items()):
        raise ApiError(90472)
    if len(fields.get("admins") or []) > MOST_ADMINS:
        raise ApiError(40058, "admins")
    if fields.get("cal_id"):
        _own_calendar(call, fields["cal_id"])
    _check_reminders(fields.get("reminders") or {})
    fields["attendees"] = _attendees(call, fields.get("attendees") or [])
    return fields


def _check_reminders(reminders: dict) -> None:
    if reminders.get("remind_before_event_secs", 0) not in REMIND_BEFORE:
        raise ApiError(90481)
    if reminders.get("repeat_type", 7) not in REPEAT_TYPES:
        raise ApiError(90481)


def _attendees(call: Call, rows: list[dict]) -> list[dict]:
    if len(rows) > MOST_ATTENDEES:
        raise ApiError(90460)
    users = [visible_user(call, row.get("userid") or "") for row in rows]
    return [{"userid": user.userid, "response_status": 0} for user in users]


def _own(call: Call, schedule_id: str | None) -> Schedule:
    allowed(call)
    schedule = corp.schedules.get(schedule_id or "")
    if schedule is None:
        raise ApiError(90475)
    if schedule.agentid != call.caller.agentid:
        raise ApiError(90466)
    return schedule


@api("oa/schedule/add")
def schedule_add(call: Call) -> dict:
    allowed(call)
    _count(call, "schedules")
    schedule = Schedule(new_id("", 24), call.caller.agentid, _fields(call))
    corp.schedules[schedule.schedule_id] = schedule
    return {"schedule_id": schedule.schedule_id}


@api("oa/schedule/update")
def schedule_update(call: Call) -> dict:
    schedule = _own(call, call.need("schedule").get("schedule_id"))
    if not call.body.get("skip_attendees"):
        schedule.fields = _fields(call)
    else:
        schedule.fields = _fields(call) | {"attendees": schedule.fields["attendees"]}
    schedule.sequence += 1
    return {}


def _row(schedule: Schedule) -> dict:
    fields = {name: value for name, value in schedule.fields.items() if name != "schedule_id"}
    return {"schedule_id": schedule.schedule_id, "status": schedule.status} | fields


@api("oa/schedule/get")
def schedule_get(call: Call) -> dict:
    ids = call.need("schedule_id_list", 90475)
    if len(ids) > MOST_LISTED:
        raise ApiError(40058, "schedule_id_list")
    return {"schedule_list": [_row(_own(call, schedule_id)) for schedule_id in ids]}


@api("oa/schedule/get_by_calendar")
def schedule_by_calendar(call: Call) -> dict:
    calendar = _own_calendar(call, call.need("cal_id", 90457))
    start = as_int(call.body.get("offset") or 0)
    limit = as_int(call.body.get("limit") or 500)
    if not 1 <= limit <= MOST_LISTED:
        raise ApiError(40058, "limit")
    found = [s for s in corp.schedules.values() if s.fields.get("cal_id") == calendar.cal_id]
    return {"schedule_list": [_row(s) | {"sequence": s.sequence} for s in found[start : start + limit]]}


@api("oa/schedule/del")
def schedule_delete(call: Call) -> dict:
    schedule = _own(call, call.need("schedule_id", 90475))
    schedule.status = CANCELLED
    return {}


@api("oa/schedule/add_attendees")
def add_attendees(call: Call) -> dict:
    schedule = _own(call, call.need("schedule_id", 90475))
    have = {row["userid"] for row in schedule.fields["attendees"]}
    new = [row for row in _attendees(call, call.need("attendees", 90460)) if row["userid"] not in have]
    schedule.fields["attendees"] += new
    return {}


@api("oa/schedule/del_attendees")
def delete_attendees(call: Call) -> dict:
    schedule = _own(call, call.need("schedule_id", 90475))
    gone = {str(row.get("userid")).lower() for row in call.need("attendees", 90460)}
    schedule.fields["attendees"] = [
        r for r in schedule.fields["attendees"] if r["userid"].lower() not in gone
    ]
    return {}


def respond(schedule_id: str, userid: str, status: int) -> None:
    """An attendee answers: 1 accepted, 2 refused, 3 undecided. The app hears of the change."""
    schedule = corp.schedules[schedule_id]
    for row in schedule.fields["attendees"]:
        if row["userid"].lower() == userid.lower():
            row["response_status"] = status
    told = {"CalId": schedule.fields.get("cal_id", ""), "ScheduleId": schedule_id}
    callbacks.fire(schedule.agentid, "modify_schedule", told)
