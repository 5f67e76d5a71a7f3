"""Batch jobs over an uploaded CSV. They are done at once; the result is kept for the five latest."""

import base64
import csv
import io

from wecom.sandbox import callbacks, content
from wecom.sandbox.contacts import BOTH
from wecom.sandbox.corp import corp, new_id
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import Department, Job, User
from wecom.sandbox.wire import CONTACTS, Call, api

KEPT = 5
FINISHED = 3
MASS_DELETE = 0.5  # a replacement that would remove more than half of the members is refused
OK = {"errcode": 0, "errmsg": "ok"}


def _rows(call: Call) -> list[list[str]]:
    """The lines of the uploaded CSV below its heading."""
    content.media(call.need("media_id", 40007))
    text = base64.b64decode(corp.media[call.body["media_id"]].content).decode("utf-8-sig", "replace")
    return [row for row in list(csv.reader(io.StringIO(text)))[1:] if row]


def _finish(call: Call, kind: str, result: list[dict]) -> dict:
    job = Job(new_id("", 24), kind, result, corp.clock.now())
    corp.jobs[job.jobid] = job
    while len(corp.jobs) > KEPT:
        corp.jobs.pop(next(iter(corp.jobs)))
    told = {"BatchJob": {"JobId": job.jobid, "JobType": kind, "ErrCode": 0, "ErrMsg": "ok"}}
    callbacks.fire(call.caller.agentid, "batch_job_result", told)
    return {"jobid": job.jobid}


def _user(row: list[str]) -> dict:
    """One line: 姓名, 帐号, 手机号, 邮箱, 所在部门 (``1;2``), 职位."""
    name, userid, mobile, email, departments, position = [*row, "", "", "", "", "", ""][:6]
    numbers = [int(number) for number in departments.split(";") if number.strip().isdigit()]
    if not userid or any(number not in corp.departments for number in numbers):
        return {"userid": userid, "errcode": 60003, "errmsg": "department not found"}
    user = corp.user(userid) or User(userid, name, numbers or [1], status=4)
    user.name, user.department = name or user.name, numbers or user.department
    user.mobile, user.email, user.position = mobile, email, position
    corp.users[user.key] = user
    return {"userid": userid} | OK


@api("batch/syncuser", scopes=(CONTACTS,))
def sync_user(call: Call) -> dict:
    return _finish(call, "sync_user", [_user(row) for row in _rows(call)])


@api("batch/replaceuser", scopes=(CONTACTS,))
def replace_user(call: Call) -> dict:
    rows = _rows(call)
    keys = {row[1].lower() for row in rows if len(row) > 1}
    gone = corp.users.keys() - keys
    if len(gone) > MASS_DELETE * len(corp.users):
        raise ApiError(45026)
    for key in gone:
        del corp.users[key]
    return _finish(call, "replace_user", [_user(row) for row in rows])


@api("batch/replaceparty", scopes=(CONTACTS,))
def replace_party(call: Call) -> dict:
    """Lines: 部门名称, 部门 ID, 父部门 ID, 排序. Departments that are not listed stay."""
    result = []
    for row in _rows(call):
        name, number, parent, order = [*row, "0", "0", "0"][:4]
        known = int(number) in corp.departments
        corp.departments[int(number)] = Department(int(number), name, int(parent or 0), int(order or 0))
        result.append({"action": 2 if known else 1, "partyid": int(number)} | OK)
    return _finish(call, "replace_party", result)


@api("batch/getresult", "GET", (CONTACTS,))
def get_result(call: Call) -> dict:
    job = corp.jobs.get(call.need("jobid", 40088))
    if job is None:
        raise ApiError(40088)
    total = len(job.result)
    return {"status": FINISHED, "type": job.type, "total": total, "percentage": 100, "result": job.result}


@api("batch/invite", scopes=BOTH)
def invite(call: Call) -> dict:
    users, parties, tags = (call.body.get(name) or [] for name in ("user", "party", "tag"))
    if not users and not parties and not tags:
        raise ApiError(82001)
    return {
        "invaliduser": [userid for userid in users if corp.user(userid) is None],
        "invalidparty": [number for number in parties if number not in corp.departments],
        "invalidtag": [number for number in tags if number not in corp.tags],
    }
