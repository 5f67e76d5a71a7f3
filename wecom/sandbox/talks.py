"""Conversations as a member sees them: with each app, and in each group chat."""

from dataclasses import dataclass, field

from wecom.sandbox import callbacks, drawing
from wecom.sandbox.cards import INTERACTIVE
from wecom.sandbox.corp import corp
from wecom.sandbox.records import Message, User

PAUSE = 300  # seconds of silence after which the time is shown again


@dataclass
class Talk:
    """``kind`` is app or chat, ``name`` its id in the address."""

    kind: str
    name: str
    title: str
    messages: list[Message]
    unread: int = 0
    people: list[User] = field(default_factory=list)

    @property
    def at(self) -> float:
        return self.messages[-1].sent_at if self.messages else 0

    @property
    def preview(self) -> str:
        return summary(self.messages[-1]) if self.messages else "还没有消息"


def of(member: User) -> list[Talk]:
    """All conversations, the latest first."""
    by_app: dict[int, list[Message]] = {}
    for msgid in corp.inboxes.get(member.key, []):
        message = corp.messages[msgid]
        if member.key not in message.dropped:
            by_app.setdefault(message.agentid, []).append(message)
    talks = [Talk("app", str(agentid), corp.apps[agentid].name, found) for agentid, found in by_app.items()]
    for chat in corp.chats.values():
        if member.key in chat.userlist:
            found = [corp.messages[msgid] for msgid in corp.chat_logs.get(chat.chatid, [])]
            found = [m for m in found if member.key in m.recipients and member.key not in m.dropped]
            people = [corp.users[key] for key in chat.userlist if key in corp.users]
            talks.append(Talk("chat", chat.chatid, chat.name, found, people=people))
    for talk in talks:
        talk.unread = sum(member.key not in m.read and not m.recalled_at for m in talk.messages)
    return sorted(talks, key=lambda talk: talk.at, reverse=True)


def mark_read(talk: Talk, member: User) -> None:
    for message in talk.messages:
        if member.key not in message.read:
            message.read.append(member.key)
            corp.changes += 1


def version(member: User) -> str:
    """Changes whenever a conversation looks different."""
    messages = [message for talk in of(member) for message in talk.messages]
    touched = sum(len(m.updates.get(member.key, {})) + bool(m.recalled_at) * 7 for m in messages)
    pressed = sum(len(str(m.updates.get(member.key, ""))) for m in messages)
    return f"{len(messages)}.{touched}.{pressed}"


def summary(message: Message) -> str:
    """One line for the conversation list."""
    if message.recalled_at:
        return "消息已撤回"
    content = message.content
    if message.msgtype in {"text", "markdown"}:
        return drawing.plain(content["content"])[:60]
    if message.msgtype == "template_card":
        return (content.get("main_title") or {}).get("title") or content.get("sub_title_text", "")[:60]
    if message.msgtype in {"news", "mpnews"}:
        return content["articles"][0]["title"]
    return content.get("title") or {"image": "[图片]", "voice": "[语音]", "video": "[视频]"}.get(
        message.msgtype, "[文件]"
    )


@dataclass
class Shown:
    """A message with what this member may still do about it."""

    message: Message
    card: dict
    replaced: str  # words in place of the buttons, once the app has answered
    pressed: str  # the button this member pressed and the app has not answered
    time: bool  # show the time above it
    files: list[str] = field(default_factory=list)

    @property
    def has_icon(self) -> bool:
        """Bubbles stand beside the sender's icon, cards stand alone."""
        bubble = self.message.msgtype in {"text", "markdown"} or self.message.chatid
        return bool(bubble) and not self.message.recalled_at

    @property
    def is_interactive(self) -> bool:
        return self.card.get("card_type") in INTERACTIVE


def shown(talk: Talk, member: User) -> list[Shown]:
    rows, last = [], 0.0
    for message in talk.messages:
        change = message.updates.get(member.key, {})
        is_card = message.msgtype == "template_card"
        card = callbacks.current_card(message, member.key) if is_card else {}
        replaced = change.get("replace_name") or change.get("replace_text") or ""
        pressed = "" if change else message.clicks.get(member.key, "")
        rows.append(
            Shown(message, card, replaced, pressed, message.sent_at - last > PAUSE, _file_names(message))
        )
        last = message.sent_at
    return rows


def _file_names(message: Message) -> list[str]:
    media = corp.media.get(message.content.get("media_id", "")) if isinstance(message.content, dict) else None
    return [media.name] if media else []
