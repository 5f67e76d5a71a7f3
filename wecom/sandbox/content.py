"""What a message may contain: required parts, sizes in bytes, counts."""

from collections.abc import Callable

from wecom.sandbox import cards
from wecom.sandbox.corp import corp
from wecom.sandbox.errors import ApiError

MEDIA_SECONDS = 3 * 24 * 3600
TEXT_BYTES = 2048


def checked(msgtype: str, body: dict, agentid: int) -> dict:
    """The part of ``body`` named by ``msgtype``, checked and cut as WeCom does."""
    check = CHECKS.get(msgtype)
    if check is None:
        raise ApiError(40008, str(msgtype))
    part = body.get(msgtype)
    if not isinstance(part, dict):
        raise ApiError(44004)
    part = check(part, agentid)
    if any(word and word in str(part) for word in corp.settings.forbidden_words):
        raise ApiError(85002)
    return part


def require(part: dict, name: str, errcode: int, most: int | None = None) -> str:
    """A text that must be there and fit into ``most`` bytes."""
    value = part.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ApiError(errcode, name)
    return fits(part, name, most) if most else value


def fits(part: dict, name: str, most: int) -> str:
    value = part.get(name) or ""
    if len(str(value).encode()) > most:
        raise ApiError(45002, name)
    return value


def media(media_id: str | None) -> None:
    found = corp.media.get(media_id or "")
    if found is None or found.created_at + MEDIA_SECONDS <= corp.clock.now():
        raise ApiError(40007)


def _text(part: dict, agentid: int) -> dict:
    content = require(part, "content", 44004)
    return {"content": content.encode()[:TEXT_BYTES].decode(errors="ignore")}


def _markdown(part: dict, agentid: int) -> dict:
    return {"content": require(part, "content", 44004, TEXT_BYTES)}


def _file(part: dict, agentid: int) -> dict:
    media(part.get("media_id"))
    return part


def _video(part: dict, agentid: int) -> dict:
    fits(part, "title", 128)
    fits(part, "description", 512)
    return _file(part, agentid)


def _textcard(part: dict, agentid: int) -> dict:
    require(part, "title", 41016, 128)
    require(part, "description", 41033, 512)
    link(require(part, "url", 41010, 2048))
    if len(part.get("btntxt") or "") > 4:
        raise ApiError(45002, "btntxt")
    return part


def link(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise ApiError(40054, url[:80])


def _articles(part: dict) -> list[dict]:
    articles = part.get("articles")
    if not isinstance(articles, list) or not articles:
        raise ApiError(44004, "articles")
    if len(articles) > 8:
        raise ApiError(45008)
    for article in articles:
        require(article, "title", 41016, 128)
    return articles


def _news(part: dict, agentid: int) -> dict:
    for article in _articles(part):
        fits(article, "description", 512)
        if not article.get("url") and not article.get("pagepath"):
            raise ApiError(41010)
    return part


def _mpnews(part: dict, agentid: int) -> dict:
    for article in _articles(part):
        media(article.get("thumb_media_id"))
        require(article, "content", 44004, 666 * 1024)
    return part


def _miniprogram(part: dict, agentid: int) -> dict:
    require(part, "appid", 40058)
    require(part, "title", 41016)
    if len(part.get("content_item") or []) > 10:
        raise ApiError(90201)
    return part


def _template_card(part: dict, agentid: int) -> dict:
    return cards.checked(part, agentid)


CHECKS: dict[str, Callable[[dict, int], dict]] = {
    "text": _text,
    "image": _file,
    "voice": _file,
    "video": _video,
    "file": _file,
    "textcard": _textcard,
    "news": _news,
    "mpnews": _mpnews,
    "markdown": _markdown,
    "miniprogram_notice": _miniprogram,
    "template_card": _template_card,
}
