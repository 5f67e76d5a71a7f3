"""Every failure speaks one language, to people and to programs, and tells nothing of the inside (D11, A9)."""

import logging

import pytest
from django.db import OperationalError, connection

from core.problems import as_domain_error
from tests.core.urls import SECRET

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.urls")]

STATUS = {
    "conflict": 409,
    "invalid": 422,
    "unavailable": 503,
    "locked": 503,
    "deadlock": 503,
    "other": 500,
    "broken": 500,
    "missing": 404,
    "forbidden": 403,
    "unreadable": 400,
}


@pytest.fixture
def client(client, cast):
    client.force_login(cast.member)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("kind", STATUS)
def test_a_page_fails_kindly(client, kind):
    response = client.get(f"/fail/{kind}/")
    text = response.content.decode()
    assert response.status_code == STATUS[kind]
    assert response["Content-Type"].startswith("text/html")
    assert "回首页" in text
    assert f"<span>{STATUS[kind]}-" in text
    for inside in (SECRET, "Traceback", "OperationalError", "/fail/", "Django"):
        assert inside not in text


@pytest.mark.parametrize("kind", STATUS)
def test_the_api_fails_in_the_same_words(client, kind):
    response = client.get(f"/api/fail/{kind}/")
    assert response.status_code == STATUS[kind]
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == STATUS[kind]
    assert problem["type"] == f"urn:partyhub:{problem['code']}"
    assert problem["instance"].startswith("urn:uuid:")
    assert SECRET not in response.content.decode()


@pytest.mark.parametrize("kind", ["unavailable", "locked", "deadlock"])
@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_busy_database_says_when_to_come_back(client, prefix, kind):
    response = client.get(f"{prefix}/fail/{kind}/")
    assert (response.status_code, response["Retry-After"]) == (503, "10")


@pytest.mark.parametrize("path", ["/", "/api/closed/"])
def test_a_database_that_fails_before_the_view_is_as_polite(client, path):
    def locked(execute, sql, params, many, context):
        raise OperationalError("database is locked")

    with connection.execute_wrapper(locked):
        response = client.get(path)
    assert (response.status_code, response["Retry-After"]) == (503, "10")


def test_the_reference_leads_to_the_log_line(client, caplog):
    with caplog.at_level(logging.INFO):
        text = client.get("/fail/broken/").content.decode()
    reference = text.partition("<span>500-")[2].partition("</span>")[0]
    logged = [line.msg for line in caplog.records if line.name.startswith("django_structlog")]
    failures = [line for line in logged if line["event"] == "request_failed"]
    assert len(reference) == 8
    assert [line["request_id"][:8] for line in failures] == [reference]


def test_login_codes_and_people_stay_out_of_the_log(client, caplog, cast):
    with caplog.at_level(logging.INFO):
        client.get("/page/?code=one-time-code")
    lines = [line.msg for line in caplog.records if line.name.startswith("django_structlog")]
    assert [line["request"] for line in lines] == ["GET /page/", "GET /page/"]
    assert not any("user_id" in line or "ip" in line for line in lines)


def test_htmx_gets_only_the_note(client):
    response = client.get("/fail/conflict/", headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert response.content.decode().startswith('<p class="p-note red" role="alert">')
    assert "刚被别人约走了。" in response.content.decode()


def test_a_program_that_asks_a_page_for_json_gets_a_problem(client):
    response = client.get("/fail/conflict/", headers={"Accept": "application/json"})
    assert response.json()["code"] == "conflict"


def test_an_address_nobody_has(client):
    assert client.get("/nowhere/").status_code == 404
    assert client.get("/api/nowhere/").json()["code"] == "not_found"


def test_a_body_too_large(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    response = client.post("/form/", "a=" + "b" * 20, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 413
    assert "内容太大了" in response.content.decode()
    response = client.post(
        "/api/groups/", '{"people": [{"name": "许知夏"}]}', content_type="application/json"
    )
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("&".join(f"f{n}=" for n in range(2000)), "application/x-www-form-urlencoded"),
        ("--x\r\nnonsense", "multipart/form-data"),
        ("--x\r\nnonsense", "multipart/form-data; boundary=" + "é" * 300),
    ],
    ids=["too many fields", "no boundary", "bad boundary"],
)
def test_a_malformed_form(client, body, content_type):
    response = client.post("/form/", body, content_type=content_type)
    assert response.status_code == 400
    assert "请回到上一页再试" in response.content.decode()


@pytest.mark.parametrize("host", ["evil.example", "a b"])
def test_a_forged_host(client, host):
    assert client.get("/page/", headers={"Host": host}).status_code == 400


def test_a_method_the_page_does_not_know(client):
    response = client.post("/get-only/")
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert "请回到上一页" in response.content.decode()


def test_a_form_that_lay_open_too_long(client, cast):
    client.handler.enforce_csrf_checks = True
    response = client.post("/page/")
    assert response.status_code == 403
    assert "请刷新后再提交一次" in response.content.decode()


class TestApi:
    def test_validation_names_each_field(self, client):
        response = client.post(
            "/api/groups/",
            {"people": [{"name": "许知夏"}, {"name": "周周周周"}, {}]},
            content_type="application/json",
        )
        problem = response.json()
        assert (response.status_code, problem["code"]) == (422, "invalid")
        assert [error["pointer"] for error in problem["errors"]] == ["/people/1/name", "/people/2/name"]

    def test_validation_of_the_whole(self, client):
        response = client.post("/api/groups/", "[1]", content_type="application/json")
        assert response.status_code == 422
        assert [error["pointer"] for error in response.json()["errors"]] == ["/"]

    def test_broken_json(self, client):
        response = client.post("/api/groups/", "{", content_type="application/json")
        assert (response.status_code, response.json()["code"]) == (400, "parse_error")

    def test_signed_out(self, client):
        client.logout()
        response = client.get("/api/closed/")
        assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
        assert "WWW-Authenticate" in response

    def test_wrong_method(self, client):
        response = client.get("/api/groups/")
        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
        assert response["Allow"] == "POST, OPTIONS"

    def test_wrong_kind_of_body(self, client):
        response = client.post("/api/groups/", "<a/>", content_type="application/xml")
        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")

    def test_too_often(self, client):
        response = client.get("/api/fail/throttled/")
        assert (response.status_code, response.json()["code"]) == (429, "too_many")
        assert response["Retry-After"] == "30"


@pytest.mark.parametrize(
    ("text", "busy"),
    [
        ("database is locked", True),
        ("canceling statement due to lock timeout", True),
        ('connection failed: connection to server at "127.0.0.1", port 1 failed', True),
        ("no such column: x", False),
    ],
)
def test_only_what_passes_is_called_busy(text, busy):
    assert (as_domain_error(OperationalError(text)) is not None) is busy
