"""The operators' page: who may open it, and what its buttons do."""

from io import BytesIO

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import BranchRight
from core.audit.models import AuditEntry
from core.errors import Conflict
from core.files import ProtectedFile
from notifications import actions
from notifications.models import Recipient, SendingAlert, SendingSwitch, State
from notifications.outbox import enqueue

pytestmark = pytest.mark.django_db
PAGE = "/admin/notifications/recipient/"


@pytest.fixture
def operator(org, cast):
    BranchRight.objects.create(
        user=cast.teacher,
        content_object=org.university,
        permission=Permission.objects.get(codename="operate_outbox", content_type__model="branch"),
    )
    cast.teacher.is_staff = True
    cast.teacher.save()
    return cast.teacher


def lost(person, key="1", state=State.FAILED, title="读书会"):
    message = enqueue(
        kind="meeting_cancelled", recipients=[person], key=key, words={"title": title, "when": "今天"}
    )
    message.recipients.update(state=state, last_code=44004)
    return message.recipients.get()


def test_only_operators_see_it(client, operator, cast):
    client.force_login(operator)
    assert client.get(PAGE).status_code == 200
    cast.member.is_staff = True
    cast.member.save()
    client.force_login(cast.member)
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}do/stop/", {"reason": "x"}).status_code == 403
    assert not SendingSwitch.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same(client, operator, cast, count, django_assert_max_num_queries):
    for number in range(count):
        lost(cast.member, str(number))
    SendingAlert.objects.create(at=timezone.now(), category="limit", code=45009)
    client.force_login(operator)
    client.get("/notices/settings/")
    with django_assert_max_num_queries(14):
        response = client.get(PAGE)
    assert "发送正常" in response.text
    assert "调用次数用完 45009" in response.text
    assert dict(response.context["overview"].counts)["失败"] == count


def test_stop_and_go_are_written_down(client, operator):
    client.force_login(operator)
    client.post(f"{PAGE}do/stop/", {"reason": "通知写错了"})
    switch = SendingSwitch.objects.get()
    assert (switch.stopped_by, switch.reason) == (operator, "通知写错了")
    assert "已停止发送：通知写错了" in client.get(PAGE).text
    client.post(f"{PAGE}do/resume/")
    switch.refresh_from_db()
    assert switch.stopped_at is None
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "reason")) == [
        ("notifications.sending_stopped", "通知写错了"),
        ("notifications.sending_resumed", ""),
    ]


def test_resuming_what_runs_is_refused(operator):
    with pytest.raises(Conflict):
        actions.resume_sending(by=operator)


def test_stopping_twice_keeps_the_first_reason(operator):
    actions.pause_sending("恢复了备份")
    actions.pause_sending("别的", by=operator)
    assert (SendingSwitch.objects.get().reason, AuditEntry.objects.count()) == ("恢复了备份", 1)


def test_resending_chosen_rows_leaves_what_was_sent(client, operator, cast):
    failed = lost(cast.member, "1")
    sent = lost(cast.member, "2")
    Recipient.objects.filter(pk=sent.pk).update(state=State.SENT, sent_at=timezone.now())
    client.force_login(operator)
    chosen = {"action": "resend_chosen", "_selected_action": [failed.pk, sent.pk]}
    for _ in range(2):
        client.post(PAGE, chosen)
    states = dict(Recipient.objects.values_list("pk", "state"))
    assert states == {failed.pk: State.PLANNED, sent.pk: State.SENT}
    assert AuditEntry.objects.filter(action="notifications.resent").first().reason == "0 人次"


def test_one_row_can_be_sent_again(client, operator, cast):
    row = lost(cast.member)
    client.force_login(operator)
    assert "再发一次" in client.get(f"{PAGE}{row.pk}/change/").text
    client.post(f"{PAGE}{row.pk}/do/resend/")
    row.refresh_from_db()
    assert row.state == State.PLANNED


def test_the_export_holds_text_only(client, operator, cast):
    lost(cast.member, title="=1+1")
    cast.member.name = "=HYPERLINK(1)"
    cast.member.save()
    client.force_login(operator)
    response = client.post(f"{PAGE}do/export/", {"reason": "核对账号"}, follow=True)
    file = ProtectedFile.objects.get(owner=operator)
    assert file.get_absolute_url() in response.text
    with file.file.open() as content:
        sheet = load_workbook(BytesIO(content.read())).active
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[1]][:3] == [cast.member.number, "=HYPERLINK(1)", "会议取消了：=1+1"]
    assert {cell.data_type for row in rows for cell in row} == {"s"}
    assert AuditEntry.objects.get().reason == "核对账号"


def test_the_daily_limit_is_the_operators_word(client, operator):
    client.force_login(operator)
    assert client.post(f"{PAGE}do/limit/", {"limit": 0, "reason": "x"}).status_code == 422
    client.post(f"{PAGE}do/limit/", {"limit": 500, "reason": "全校推送"})
    assert SendingSwitch.objects.get().daily_limit == 500
