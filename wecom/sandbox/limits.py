"""WeCom's rate limits. What exceeds a limit on messages is dropped without an error; here it is written down."""

from collections.abc import Iterable

from wecom.sandbox.corp import corp

PER_MINUTE, PER_HOUR = 30, 1000  # messages of one app to one member
RECIPIENTS_PER_ACCOUNT = 200  # per app and day, times the corp's account cap
CHAT_PER_MINUTE, CHAT_PER_DAY = 200, 10_000  # group messages to one member
CHAT_CORP_PER_MINUTE, CHAT_CORP_PER_HOUR = 20_000, 300_000  # recipients of group messages in the corp


def within(key: tuple, limits: Iterable[tuple[int, float]], weight: int = 1) -> bool:
    """Count ``weight`` under ``key`` unless one of ``limits`` (count, seconds) would be exceeded."""
    limits = tuple(limits)
    now = corp.clock.now()
    window = corp.windows[key]
    longest = max(seconds for _, seconds in limits)
    while window and window[0] <= now - longest:
        window.popleft()
    for count, seconds in limits:
        recent = _newer_than(window, now - seconds)
        if recent + weight > count:
            return False
    window.extend([now] * weight)
    return True


def _newer_than(window, moment: float) -> int:
    count = 0
    for at in reversed(window):
        if at <= moment:
            break
        count += 1
    return count


def drop_reason(agentid: int, userid: str) -> str:
    """Why this application message does not reach this member; empty when it does (and is counted)."""
    day = ("app-day", agentid, corp.clock.day())
    if corp.day_counts[day] >= corp.settings.account_cap * RECIPIENTS_PER_ACCOUNT:
        return "app_day"
    key = ("member", agentid, userid)
    if not within(key, [(PER_MINUTE, 60), (PER_HOUR, 3600)]):
        return (
            "member_hour"
            if _newer_than(corp.windows[key], corp.clock.now() - 3600) >= PER_HOUR
            else "member_minute"
        )
    corp.day_counts[day] += 1
    return ""


def chat_drop_reason(userid: str) -> str:
    """The same for a group message."""
    day = ("chat-day", userid, corp.clock.day())
    if corp.day_counts[day] >= CHAT_PER_DAY:
        return "chat_member_day"
    if not within(("chat-member", userid), [(CHAT_PER_MINUTE, 60)]):
        return "chat_member_minute"
    corp.day_counts[day] += 1
    return ""


WORDS = {
    "member_minute": "同一应用对同一成员每分钟最多 30 条",
    "member_hour": "同一应用对同一成员每小时最多 1,000 条",
    "app_day": "应用当天的人次用完了（账号上限 × 200）",
    "chat_member_minute": "同一成员每分钟最多收 200 条群消息",
    "chat_member_day": "同一成员每天最多收 10,000 条群消息",
    "chat_corp": "企业的群消息人次用完了（每分钟 20,000、每小时 300,000）",
    "fault": "操作台要求丢掉",
}
