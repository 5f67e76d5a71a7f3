"""The pages of the back office: upload, preview, confirm, undo, template, export."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.actions import roster as actions
from accounts.models import RosterImport, User
from core.files import ProtectedFile
from tests.accounts.roster.conftest import applied, checked, workbook
from tests.accounts.roster.test_story import line

LIST = "/admin/accounts/rosterimport/"


@pytest.fixture
def desk(client, secretary):
    client.force_login(secretary)
    return client


def page_of(roster, **query):
    return reverse("admin:accounts_rosterimport_change", args=[roster.pk], query=query or None)


def test_from_upload_to_undo(desk, secretary):
    file = SimpleUploadedFile(
        "名册.xlsx", workbook([line("2026990101"), line("2026990102", "云大海", 出生年月="x")])
    )
    answer = desk.post(f"{LIST}do/upload/", {"file": file})
    roster = RosterImport.objects.get()
    assert answer.headers["Location"] == page_of(roster)
    assert "正在核对" in desk.get(page_of(roster)).text

    actions.check_roster(roster.pk)
    page = desk.get(page_of(roster)).text
    assert "第 3 行" in page
    assert "还没有写入" in page

    refused = desk.post(f"{LIST}{roster.pk}/do/confirm/", {})
    assert refused.status_code == 422
    assert "有 1 行有问题" in refused.text
    desk.post(f"{LIST}{roster.pk}/do/confirm/", {"only_good": "on"})
    actions.apply_roster(roster.pk)
    assert "已写入" in desk.get(page_of(roster)).text

    desk.post(f"{LIST}{roster.pk}/do/undo/")
    actions.undo_roster(roster.pk)
    assert "已撤销" in desk.get(page_of(roster)).text
    assert not User.objects.filter(number="2026990101").exists()


def test_htmx_gets_the_fragment_while_it_works(desk, secretary):
    roster = actions.upload_roster(file=SimpleUploadedFile("a.xlsx", workbook([])), by=secretary)
    answer = desk.get(page_of(roster), headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="roster"')
    assert 'hx-trigger="every 2s"' in answer.text


def test_a_bad_file_says_why(desk, secretary):
    roster = checked(secretary, b"PK\x03\x04 nonsense").roster
    page = desk.get(page_of(roster)).text
    assert "文件已损坏，打不开" in page
    assert 'hx-trigger="every' not in page


def test_somebody_elses_import_does_not_exist(client, secretary, college_admin):
    roster = checked(secretary, workbook([line("2026990101")])).roster
    client.force_login(college_admin)
    for path in ("", "do/confirm/", "do/undo/", "do/return/"):
        assert client.get(f"{LIST}{roster.pk}/{path or 'change/'}").status_code == 404
    assert client.post(f"{LIST}{roster.pk}/do/confirm/").status_code == 404
    assert roster.name not in client.get(LIST).text


def test_people_without_the_right_see_nothing(client, cast):
    cast.activist.is_staff = True
    cast.activist.save()
    client.force_login(cast.activist)
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}template/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_preview_costs_the_same(desk, secretary, rows, django_assert_num_queries):
    roster = checked(secretary, workbook([line(f"20269901{n:02d}") for n in range(rows)])).roster
    desk.get(page_of(roster, tab="new"))
    with django_assert_num_queries(20, exact=False):
        assert desk.get(page_of(roster, tab="new")).context["lines"].count() == rows


def test_the_annotated_workbook_belongs_to_the_importer(desk, secretary, client, college_admin):
    roster = checked(secretary, workbook([line("2026990102", 出生年月="x")])).roster
    answer = desk.post(f"{LIST}{roster.pk}/do/return/")
    file = ProtectedFile.objects.get()
    assert answer.headers["Location"] == file.get_absolute_url()
    download = desk.get(file.get_absolute_url())
    assert b"".join(download.streaming_content).startswith(b"PK")
    client.force_login(college_admin)
    assert client.get(file.get_absolute_url()).status_code == 404


def test_export_from_the_list(desk, secretary):
    answer = desk.post(f"{LIST}do/export/", {"form": "roster", "reason": "秋季信息核对"})
    assert answer.headers["Location"] == ProtectedFile.objects.get().get_absolute_url()
    refused = desk.post(f"{LIST}do/export/", {"form": "roster", "reason": "查"})
    assert refused.status_code == 422
    assert "请写明用途" in refused.text


def test_the_list_offers_the_template(desk, secretary):
    applied(secretary, workbook([line("2026990101")]))
    page = desk.get(LIST)
    assert "下载模板" in page.text
    assert "导入名册" in page.text
    assert desk.get(f"{LIST}template/").headers["Content-Type"].endswith("spreadsheetml.sheet")
