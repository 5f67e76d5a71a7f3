"""What the stand-in remembers, as flat records. Times are seconds since 1970 on the sandbox's own clock."""

from dataclasses import dataclass, field
from typing import Any

PRIVACY_SINCE = (
    1655726400  # 2022-06-20 20:00 in Shanghai: younger apps get no phone, e-mail, portrait, gender
)


@dataclass
class App:
    """One application of the corp. ``agentid`` 0 is the contact-sync assistant, which only handles contacts."""

    agentid: int
    name: str
    secret: str
    description: str = ""
    home_url: str = ""
    domains: list[str] = field(default_factory=list)
    created_at: float = PRIVACY_SINCE + 1
    visible_users: list[str] = field(default_factory=list)
    visible_parties: list[int] = field(default_factory=lambda: [1])
    visible_tags: list[int] = field(default_factory=list)
    trusted_ips: list[str] = field(default_factory=list)
    abilities: list[str] = field(default_factory=list)
    private_fields: list[str] = field(default_factory=list)
    callback_url: str = ""
    callback_token: str = ""
    callback_key: str = ""
    callback_verified: bool = False
    closed: int = 0
    logo: str = ""
    report_location_flag: int = 0
    isreportenter: int = 0
    menu: list[dict] = field(default_factory=list)
    workbench: dict = field(default_factory=dict)
    workbench_data: dict[str, dict] = field(default_factory=dict)

    @property
    def is_contact_sync(self) -> bool:
        return self.agentid == 0

    @property
    def strips_privacy(self) -> bool:
        return self.created_at >= PRIVACY_SINCE


@dataclass
class Department:
    id: int
    name: str
    parentid: int = 0
    order: int = 0
    name_en: str = ""
    department_leader: list[str] = field(default_factory=list)


@dataclass
class User:
    """A member. ``number`` is shown to apps as the extended attribute 学号 or 工号."""

    userid: str
    name: str
    department: list[int]
    order: list[int] = field(default_factory=list)
    position: str = ""
    gender: str = "0"
    number: str = ""
    status: int = 1
    mobile: str = ""
    email: str = ""
    biz_mail: str = ""
    telephone: str = ""
    alias: str = ""
    address: str = ""
    main_department: int = 0
    is_leader_in_dept: list[int] = field(default_factory=list)
    direct_leader: list[str] = field(default_factory=list)
    extattr: dict = field(default_factory=dict)
    extra: dict = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.userid.lower()


@dataclass
class Tag:
    tagid: int
    tagname: str
    agentid: int
    users: list[str] = field(default_factory=list)
    parties: list[int] = field(default_factory=list)


@dataclass
class Token:
    token: str
    agentid: int
    expires_at: float
    revoked: bool = False


@dataclass
class Code:
    """A login code. ``userid`` empty means a person who is no member."""

    code: str
    userid: str
    agentid: int
    host: str
    scope: str
    way: str
    expires_at: float
    used: bool = False


@dataclass
class UserTicket:
    ticket: str
    userid: str
    agentid: int
    expires_at: float


@dataclass
class Message:
    """One accepted send. ``dropped`` names each member whom a limit cut off, with that limit's name."""

    msgid: str
    agentid: int
    msgtype: str
    content: Any
    sent_at: float
    recipients: list[str]
    dropped: dict[str, str] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    chatid: str = ""
    task_id: str = ""
    updates: dict[str, dict] = field(default_factory=dict)
    clicks: dict[str, str] = field(default_factory=dict)
    recalled_at: float = 0
    safe: int = 0


@dataclass
class ResponseCode:
    code: str
    msgid: str
    agentid: int
    issued_at: float
    used: bool = False


@dataclass
class Chat:
    chatid: str
    name: str
    owner: str
    userlist: list[str]
    agentid: int
    created_at: float


@dataclass
class Media:
    media_id: str
    type: str
    name: str
    content_type: str
    content: str  # base64
    created_at: float


@dataclass
class Calendar:
    cal_id: str
    agentid: int
    fields: dict


@dataclass
class Schedule:
    schedule_id: str
    agentid: int
    fields: dict
    sequence: int = 0
    status: int = 0


@dataclass
class Living:
    livingid: str
    agentid: int
    fields: dict
    status: int = 0
    viewers: list[dict] = field(default_factory=list)


@dataclass
class Job:
    jobid: str
    type: str
    result: list[dict]
    created_at: float


@dataclass
class Event:
    """A callback to an app with every attempt to deliver it."""

    id: int
    agentid: int
    name: str
    xml: str
    created_at: float
    state: str = "waiting"  # waiting, held, delivered, failed, unconfigured
    attempts: list[dict] = field(default_factory=list)
    msgid: str = ""
    userid: str = ""


@dataclass
class Fault:
    id: int
    path: str
    kind: str
    errcode: int = 0
    status: int = 0
    seconds: float = 0
    agentid: int | None = None
    times: int | None = None  # None: until removed
    after: bool = False  # do the work first, then answer badly


@dataclass
class Settings:
    """Switches of the stand-in itself."""

    account_cap: int = 5000
    require_wecom_browser: bool = False
    callback_mode: str = "push"  # or "hold": keep events for the test to deliver
    callback_retries: int = 3
    callback_retry_delay: float = 1.0
    callback_copies: int = 1
    forbidden_words: list[str] = field(default_factory=list)
    session_cookies: list[str] = field(default_factory=lambda: ["session"])
    contact_sync_is_legacy: bool = False
