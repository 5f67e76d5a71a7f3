"""The state of the stand-in: one corp in memory, guarded by one lock, saved to a file now and then."""

import json
import os
import secrets
import threading
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from wecom.sandbox import records
from wecom.sandbox.clock import Clock

CORP_ID = "wwpartyhubsandbox"
AGENT_ID = 1000002
SECRET = "sandbox-portal-app-secret"  # noqa: S105
CONTACT_SECRET = "contact-sync-secret-sandbox"  # noqa: S105
CALLBACK_TOKEN = "sandboxCallbackToken"  # noqa: S105
CALLBACK_AES_KEY = "c2FuZGJveC1jYWxsYmFjay1hZXMta2V5LTMyLWJ5dGU"
CALLBACK_PATH = "/wecom/callback/"
CALLS_KEPT = 5000

# Table name → (record, its key). These tables are what a restart keeps.
TABLES = {
    "apps": (records.App, "agentid"),
    "departments": (records.Department, "id"),
    "users": (records.User, "key"),
    "tags": (records.Tag, "tagid"),
    "tokens": (records.Token, "token"),
    "messages": (records.Message, "msgid"),
    "response_codes": (records.ResponseCode, "code"),
    "chats": (records.Chat, "chatid"),
    "media": (records.Media, "media_id"),
    "calendars": (records.Calendar, "cal_id"),
    "schedules": (records.Schedule, "schedule_id"),
    "livings": (records.Living, "livingid"),
}


class Corp:
    """Everything the stand-in knows. Handlers run with ``lock`` held."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.portal = "http://127.0.0.1:8000"
        self.reset()

    def reset(self) -> None:
        """Back to an empty corp with the portal's app and the contact-sync assistant."""
        self.clock.offset = 0.0
        self.settings = records.Settings()
        self.apps: dict[int, records.App] = {}
        self.departments: dict[int, records.Department] = {}
        self.users: dict[str, records.User] = {}
        self.tags: dict[int, records.Tag] = {}
        self.tokens: dict[str, records.Token] = {}
        self.codes: dict[str, records.Code] = {}
        self.user_tickets: dict[str, records.UserTicket] = {}
        self.js_tickets: dict[str, records.Token] = {}
        self.messages: dict[str, records.Message] = {}
        self.response_codes: dict[str, records.ResponseCode] = {}
        self.chats: dict[str, records.Chat] = {}
        self.media: dict[str, records.Media] = {}
        self.calendars: dict[str, records.Calendar] = {}
        self.schedules: dict[str, records.Schedule] = {}
        self.livings: dict[str, records.Living] = {}
        self.jobs: dict[str, records.Job] = {}
        self.events: dict[int, records.Event] = {}
        self.faults: dict[int, records.Fault] = {}
        self.featured: list[dict] = []
        self.seed_mark = ""
        self.calls: deque[dict] = deque(maxlen=CALLS_KEPT)
        self.windows: defaultdict[tuple, deque[float]] = defaultdict(deque)
        self.day_counts: defaultdict[tuple, int] = defaultdict(int)
        self.recent_sends: dict[str, tuple[float, dict]] = {}
        self.task_ids: set[tuple[int, str]] = set()
        self.inboxes: defaultdict[str, list[str]] = defaultdict(list)
        self.chat_logs: defaultdict[str, list[str]] = defaultdict(list)
        self.changes = 0
        self.add_standard_apps()

    def add_standard_apps(self) -> None:
        host = self.portal.split("://", 1)[1]
        self.apps[AGENT_ID] = records.App(
            agentid=AGENT_ID,
            name="学生党支部",
            secret=SECRET,
            description="学习、谈话、活动与个人成长",
            home_url=f"{self.portal}/",
            domains=[host],
            abilities=["workbench"],
            callback_url=self.portal + CALLBACK_PATH,
            callback_token=CALLBACK_TOKEN,
            callback_key=CALLBACK_AES_KEY,
        )
        self.apps[0] = records.App(agentid=0, name="通讯录同步", secret=CONTACT_SECRET)

    # --- Looking up ---------------------------------------------------------------------------------------

    def user(self, userid: str) -> records.User | None:
        """A member by id; WeCom ignores its case."""
        return self.users.get(str(userid).lower())

    def subtree(self, *roots: int) -> set[int]:
        """The departments below ``roots``, themselves included."""
        children = defaultdict(list)
        for department in self.departments.values():
            children[department.parentid].append(department.id)
        found: set[int] = set()
        waiting = [root for root in roots if root in self.departments]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting += children[current]
        return found

    def visible_departments(self, app: records.App) -> set[int]:
        return set(self.departments) if 1 in app.visible_parties else self.subtree(*app.visible_parties)

    def sees(self, app: records.App, user: records.User) -> bool:
        """Is ``user`` in the app's visible range?"""
        if 1 in app.visible_parties or user.key in {name.lower() for name in app.visible_users}:
            return True
        if any(user.key in self.tags[tag].users for tag in app.visible_tags if tag in self.tags):
            return True
        return not self.visible_departments(app).isdisjoint(user.department)

    def members_of(self, departments: set[int]) -> list[records.User]:
        return [user for user in self.users.values() if not departments.isdisjoint(user.department)]

    # --- Keeping ------------------------------------------------------------------------------------------

    def store_message(self, message: records.Message) -> None:
        self.messages[message.msgid] = message
        if message.chatid:
            self.chat_logs[message.chatid].append(message.msgid)
        else:
            for userid in message.recipients:
                self.inboxes[userid].append(message.msgid)

    def save(self, path: Path) -> None:
        """Write all tables to ``path`` in one step: a reader sees the old file or the new one."""
        with self.lock:
            tables = {name: list(getattr(self, name).values()) for name in TABLES}
            rest = {
                "featured": self.featured,
                "seed_mark": self.seed_mark,
                "settings": asdict(self.settings),
                "offset": self.clock.offset,
            }
            text = json.dumps(
                rest | {name: [vars(row) for row in rows] for name, rows in tables.items()},
                ensure_ascii=False,
            )
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_text(text, encoding="utf-8")
        part.replace(path)

    def load(self, path: Path) -> None:
        """Take over what an earlier run saved; the portal's address comes from this run."""
        data = json.loads(path.read_text(encoding="utf-8"))
        with self.lock:
            standard = self.apps[AGENT_ID]
            for name, (record, key) in TABLES.items():
                rows = [record(**row) for row in data[name] if name != "messages"]
                setattr(self, name, {getattr(row, key): row for row in rows})
            for row in data["messages"]:
                self.store_message(records.Message(**row))
            self.task_ids = {(m.agentid, m.task_id) for m in self.messages.values() if m.task_id}
            self.featured, self.seed_mark = data["featured"], data["seed_mark"]
            self.settings = records.Settings(**data["settings"])
            self.clock.offset = data["offset"]
            app = self.apps[AGENT_ID]
            app.home_url, app.domains, app.callback_url = (
                standard.home_url,
                standard.domains,
                standard.callback_url,
            )
            app.callback_verified = False


def new_id(prefix: str = "", length: int = 32) -> str:
    return prefix + secrets.token_urlsafe(length)


corp = Corp()


class Saver(threading.Thread):
    """Writes the corp to its file two seconds after a change."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True, name="saver")
        self.path = path
        self.saved = corp.changes
        self.finished = threading.Event()

    def run(self) -> None:
        while not self.finished.wait(2):
            self.save_if_changed()

    def save_if_changed(self) -> None:
        changes = corp.changes
        if changes != self.saved:
            with suppress(OSError):
                corp.save(self.path)
                self.saved = changes
