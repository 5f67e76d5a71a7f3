"""The ``sandbox`` fixture: the WeCom stand-in as a real process, spoken to over HTTP, fresh for each test."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 20  # seconds


class Sandbox:
    """What a test may ask of the stand-in.

    ``url`` is its address. Members are named by their WeCom userid, apps by ``agentid`` (default: the portal's).
    Every helper answers with plain data as the control API returns it (``docs/sandbox.md``).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False
        self.clock = SimpleNamespace(advance=lambda seconds: self.control("clock", advance=seconds)["now"])

    def control(self, path: str, /, **body):
        """POST to the control API."""
        return self._answer(self.http.post(f"{self.url}/sandbox/{path}", json=body, timeout=10))

    def look(self, path: str, /, **query):
        """GET from the control API."""
        return self._answer(self.http.get(f"{self.url}/sandbox/{path}", params=query, timeout=10))

    def _answer(self, response):
        assert response.status_code == 200, response.text
        return response.json()

    # --- World ----------------------------------------------------------------------------------------------

    def reset(self, portal: str, **settings) -> None:
        self.control("reset", portal=portal, settings=settings)

    def seed(
        self, *, users: list[dict], departments: list[dict] | None = None, featured: list[dict] = ()
    ) -> None:
        """Replace the people. A user needs ``userid``, ``name``, ``department`` and usually ``number``."""
        departments = departments or [{"id": 1, "name": "云溪大学", "parentid": 0, "order": 1}]
        self.control("seed", users=users, departments=departments, featured=list(featured))

    def app(self, **fields) -> dict:
        """Change the portal's app (or the one with ``agentid``): ``visible_parties``, ``abilities``, ``domains`` …"""
        return self.control("apps", **fields)

    def configure(self, **fields) -> dict:
        """Switches of the stand-in: ``account_cap``, ``callback_mode``, ``callback_copies`` …"""
        return self.control("settings", **fields)

    def fault(self, path: str, kind: str = "errcode", **fields) -> dict:
        """Answer ``path`` wrongly: ``fault("message/send", errcode=45009, times=1)``, ``fault("*", "http", status=502)``."""
        return self.control("faults", path=path, kind=kind, **fields)

    def clear_faults(self) -> None:
        self.control("faults/clear")

    def revoke_tokens(self, agentid: int | None = None) -> int:
        return self.control("tokens/revoke", agentid=agentid)["revoked"]

    # --- Looking --------------------------------------------------------------------------------------------

    def messages(self, userid: str = "") -> list[dict]:
        """Messages that reached this member (all messages without a userid), oldest first."""
        return self.look("messages", userid=userid)

    def dropped(self) -> list[dict]:
        """What limits cut off: ``msgid``, ``userid``, ``reason``."""
        return self.look("dropped")

    def calls(self, path: str) -> list[dict]:
        """Calls of one API path since the reset: ``errcode``, ``args``, ``body``, ``agentid``, ``fault``."""
        return self.look("calls", path=path)

    def chats(self) -> list[dict]:
        return self.look("chats")

    def events(self) -> list[dict]:
        """Callbacks to the apps; ``request`` holds a sealed ``query`` and ``body`` for the portal."""
        return self.look("events")

    # --- Acting ---------------------------------------------------------------------------------------------

    def code_for(self, userid: str | None, **fields) -> str:
        """A login code of this member; ``None`` stands for somebody who is no member."""
        return self.control("code", userid=userid, **fields)["code"]

    def click(self, userid: str, msgid: str, key: str, selected: dict[str, list[str]] | None = None) -> dict:
        """Press a button of a card. Returns the event, ready for ``deliver``."""
        return self.control("click", userid=userid, msgid=msgid, key=key, selected=selected or {})

    def event(self, name: str, fields: dict, *, sender: str = "sys", agentid: int | None = None) -> dict:
        """Make any event, for example ``event("change_contact", {"ChangeType": "update_user", "UserID": "x"})``."""
        extra = {"agentid": agentid} if agentid is not None else {}
        return self.control("events", event=name, fields=fields, sender=sender, **extra)

    def deliver(self, client, event: dict, path: str = "/wecom/callback/"):
        """Hand an event to the portal through Django's test client, as WeCom would POST it."""
        request = event["request"]
        return client.post(path, data=request["body"], content_type="text/xml", query_params=request["query"])

    def connect(self, portal: str) -> None:
        """Push callbacks to a running portal (``live_server.url``) and trust its address."""
        self.app(
            domains=[portal.split("://")[1]], home_url=f"{portal}/", callback_url=f"{portal}/wecom/callback/"
        )
        self.configure(callback_mode="push", callback_retry_delay=0.05)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(*options: str, port: int | None = None) -> tuple[subprocess.Popen, Sandbox]:
    """A stand-in process of its own and the helper that speaks to it. It ends with this process at the latest."""
    port = port or _free_port()
    command = [sys.executable, "-m", "wecom.sandbox", "--port", str(port), "--until-eof", *options]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    sandbox = Sandbox(f"http://127.0.0.1:{port}")
    try:
        _wait_until_ready(process, sandbox)
    except BaseException:
        stop(process, sandbox)
        raise
    return process, sandbox


def _wait_until_ready(process: subprocess.Popen, sandbox: Sandbox) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        assert process.poll() is None, "the sandbox process died"
        try:
            sandbox.look("health")
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the sandbox did not answer in time")


def stop(process: subprocess.Popen, sandbox: Sandbox) -> None:
    """End the process and what it started."""
    sandbox.http.close()
    process.stdin.close()
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def sandbox_process():
    process, sandbox = start()
    yield sandbox
    stop(process, sandbox)


@pytest.fixture
def sandbox(sandbox_process, settings):
    """A fresh stand-in that the portal's settings point at. Callbacks are held: give them to ``deliver``."""
    settings.WECOM_SANDBOX_URL = sandbox_process.url
    settings.WECOM_API_BASE = sandbox_process.url
    settings.WECOM_OAUTH_BASE = sandbox_process.url
    settings.WECOM_LOGIN_BASE = sandbox_process.url
    sandbox_process.reset(settings.SITE_URL, callback_mode="hold")
    return sandbox_process
