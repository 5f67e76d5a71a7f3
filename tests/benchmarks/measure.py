"""What is measured. Each function returns the figures of one row of the table."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import requests
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

ROOT = Path(__file__).resolve().parent.parent.parent
THREADS, REQUESTS = 8, 60


def session_of(user) -> str:
    """A signed-in session, as sign-in leaves it."""
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    now = timezone.now().timestamp()
    store["signed_in_at"] = store["seen_at"] = int(now)
    store.create()
    return store.session_key


@contextmanager
def served(application: str, **environment: str):
    """The given WSGI application under granian with two workers; yields its address and its process group."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    command += ["--workers", "2", "--blocking-threads", "4", "--no-ws", application]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}/"
        _wait_for(address)
        yield address, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            requests.get(address, timeout=5, allow_redirects=False)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{address} did not answer")


def load(address: str, cookies: list[dict]) -> dict:
    """480 requests by eight clients at once: requests per second and milliseconds."""
    times: list[float] = []
    bad: list[int] = []

    def one_client(number: int) -> None:
        with requests.Session() as http:
            for turn in range(REQUESTS):
                began = time.perf_counter()
                answer = http.get(
                    address, cookies=cookies[(number * REQUESTS + turn) % len(cookies)], timeout=30
                )
                times.append((time.perf_counter() - began) * 1000)
                if answer.status_code != 200 or answer.history:
                    bad.append(answer.status_code)

    began = time.perf_counter()
    clients = [threading.Thread(target=one_client, args=[number]) for number in range(THREADS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    seconds = time.perf_counter() - began
    times.sort()
    return {
        "per_second": round(len(times) / seconds, 1),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(len(times) * 0.95)], 1),
        "not_200": len(bad),
    }


def home_page(users) -> dict:
    """The home page of 40 different people, beside a bare view with as many queries."""
    client = Client()
    counts = []
    for user in users[:10]:
        client.force_login(user)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        counts.append(len(queries))
    cookies = [{settings.SESSION_COOKIE_NAME: session_of(user)} for user in users[:40]]
    with served("partyhub.wsgi:application") as (address, _):
        load(address, cookies)
        page = load(address, cookies)
    with served("tests.benchmarks.bare:application", BARE_QUERIES=str(max(counts))) as (address, _):
        load(address, [{}])
        bare = load(address, [{}])
    ratio = round(bare["per_second"] / page["per_second"], 2)
    return {
        "queries_min": min(counts),
        "queries_max": max(counts),
        "page": page,
        "bare": bare,
        "bare_to_page": ratio,
    }


def branch_rights(user) -> dict:
    """``Branch.objects.where`` and the people it opens, in milliseconds per call."""
    from accounts.models import Branch, User

    def per_call(query) -> float:
        began = time.perf_counter()
        for _ in range(20):
            query()
        return round((time.perf_counter() - began) * 50, 2)

    return {
        "branches": Branch.objects.count(),
        "where_ms": per_call(lambda: list(Branch.objects.where(user, "accounts.view_person"))),
        "people_count_ms": per_call(lambda: User.objects.visible_to(user).count()),
        "people_page_ms": per_call(lambda: list(User.objects.visible_to(user)[:50])),
    }


def roster_import(by, branch, rows: int) -> dict:
    """Preview and apply a workbook of new people in a process of its own, whose peak memory counts."""
    code = f"from tests.benchmarks.roster import run; run({by.pk}, {branch.pk}, {rows})"
    command = [sys.executable, "-c", "import django; django.setup(); " + code]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def outbox(branches, users, messages: int) -> dict:
    """Half the messages as announcements to a thousand people each, half one by one, through the sandbox."""
    from notifications.delivery.worker import deliver
    from notifications.models import Call, Message, Recipient, State
    from notifications.outbox import enqueue
    from tests import sandbox as stand_in
    from tests.benchmarks.university import directory
    from wecom.client import portal

    process, sandbox = stand_in.start()
    try:
        settings.WECOM_API_BASE = sandbox.url
        sandbox.reset(settings.SITE_URL, callback_mode="hold")
        sandbox.control("seed", **directory(branches, users))
        sandbox.configure(account_cap=100_000)
        began = time.perf_counter()
        groups = [
            users[start % len(users) : start % len(users) + 1000] for start in range(0, messages // 2, 1000)
        ]
        for number, group in enumerate(groups):
            enqueue(kind="account_bound", recipients=group, key=f"bench-all-{number}", link="/me/")
        for number in range(messages // 2):
            enqueue(
                kind="account_bound",
                recipients=[users[number % len(users)]],
                key=f"bench-{number}",
                link="/me/",
            )
        planned = Recipient.objects.count()
        enqueued = time.perf_counter()
        while deliver(portal()):
            pass
        seconds = time.perf_counter() - enqueued
        visible = sum(len(sandbox.messages(user.number.lower())) for user in users[:200])
        wanted = Recipient.objects.filter(person__in=users[:200]).count()
        return {
            "messages": Message.objects.count(), "recipients": planned,
            "enqueue_seconds": round(enqueued - began, 1), "deliver_seconds": round(seconds, 1),
            "per_second": round(planned / seconds), "calls": Call.objects.count(),
            "not_sent": Recipient.objects.exclude(state=State.SENT).count(),
            "dropped": len(sandbox.dropped()), "sample_wanted": wanted, "sample_visible": visible,
        }  # fmt: skip
    finally:
        stand_in.stop(process, sandbox)
