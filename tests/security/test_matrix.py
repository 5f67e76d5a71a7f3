"""Who gets what from every address (``reliability.md`` C1, C2): a committed table, and what must hold of it.

``WRITE_MATRIX=1`` writes the table anew, ``WRITE_MATRIX=/learning/items`` only the lines of addresses that begin so
(minutes less). Read the difference before committing it: it is the permission review.
"""

import os
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from tests.security.matrix import addresses, patterns
from tests.security.world import NEVER, objects_of, people

TABLE = Path(__file__).with_name("matrix.txt")
COLUMNS = (
    "anonymous", "league", "activist", "member", "teacher", "secretary", "other secretary",
    "college", "university", "editor", "operator", "technical", "auditor",
)  # fmt: skip
OPEN_TO_ALL = {
    "/sign-in/", "/sign-in/choice/", "/sign-in/scan/", "/sign-in/wecom/", "/livez", "/readyz", "/wecom/callback/",
    "/WW_verify_token.txt", "/admin/login/",
}  # fmt: skip


@pytest.fixture
def world(org, settings):
    settings.WECOM_DOMAIN_TOKENS = ["token"]
    sessions = {column: session_of(person) for column, person in people(org).items()}
    return sessions, {"A1": objects_of(org.a1), "B1": objects_of(org.b1)}


def session_of(person) -> str:
    """A sign-in of ``person``, made once: signing in for each of the thousands of addresses takes as long as asking."""
    if person is None:
        return ""
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def ask(client, session, method, path):
    """The answer of ``path`` to whom the session belongs; whatever it wrote is rolled back."""
    client.cookies.clear()
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
    with transaction.atomic():
        response = getattr(client, method.lower())(path)
        if response.streaming:
            list(response.streaming_content)  # to its end, where the test client puts the connection back
        transaction.set_rollback(True)
    return response


def rows(client, world, prefix="/", known=()):
    """Line by line what every address answers: pattern, side, method, a status per column.

    Addresses that do not begin with ``prefix`` keep their ``known`` lines.
    """
    sessions, objects = world
    for pattern in patterns():
        for name, side, path in addresses(pattern, objects):
            for method in ("GET", "POST"):
                if not name.startswith(prefix):
                    yield from (line for line in known if line.startswith(f"{name} | {side} | {method} |"))
                    continue
                statuses = [ask(client, sessions[column], method, path).status_code for column in COLUMNS]
                yield f"{name} | {side} | {method} | {' '.join(map(str, statuses))}"


def test_every_address_answers_everybody_as_the_table_says(client, world):
    client.raise_request_exception = False
    if written := os.environ.get("WRITE_MATRIX"):
        prefix = written if written.startswith("/") else "/"
        known = TABLE.read_text(encoding="utf-8").splitlines()
        found = [f"# {' | '.join(COLUMNS)}", *rows(client, world, prefix, known)]
        TABLE.write_text("\n".join(found) + "\n", encoding="utf-8")
        return
    found = [f"# {' | '.join(COLUMNS)}", *rows(client, world)]
    assert found == TABLE.read_text(encoding="utf-8").splitlines()


def table():
    for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        path, side, method, statuses = (part.strip() for part in line.split("|"))
        yield path, side, method, dict(zip(COLUMNS, map(int, statuses.split()), strict=True))


def test_nobody_breaks_anything():
    assert [row for row in table() if max(row[3].values()) >= 500] == []


def test_only_the_listed_pages_are_open():
    opened = {path for path, _, _, statuses in table() if statuses["anonymous"] < 300}
    assert opened <= OPEN_TO_ALL


def test_a_foreign_row_answers_like_one_that_never_existed():
    answers = {(path, side, method): statuses["secretary"] for path, side, method, statuses in table()}
    shared = {
        "/admin/accounts/dormbuilding/",
        "/admin/accounts/dormroom/",
        "/admin/core/term/",
        "/admin/core/calendarday/",
        "/admin/learning/column/",
    }
    for (path, side, method), status in answers.items():
        if side == "B1" and not any(path.startswith(prefix) for prefix in shared):
            assert status == answers[path, "never", method], path


def test_the_body_of_a_foreign_row_gives_nothing_away(client, world):
    sessions, objects = world
    for pattern in patterns():
        tried = {(name, side): path for name, side, path in addresses(pattern, objects)}
        for name, side in tried:
            if side == "B1":
                foreign, never = (
                    ask(client, sessions["secretary"], "GET", tried[name, which]) for which in ("B1", "never")
                )
                assert foreign.status_code != 404 or _blank(foreign) == _blank(never), name


def _blank(response) -> str:
    """The page without what differs from request to request."""
    text = response.content.decode()
    text = re.sub(
        r'(nonce|value|content)="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27,}|\b\d{3}-[0-9a-f]{8}\b|"X-CSRFToken":"[^"]*"',
        "",
        text,
    )
    return re.sub(rf"/(\d+|{NEVER})/", "/…/", text)
