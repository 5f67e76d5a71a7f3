"""What can go wrong in a way a person should be told about: one family, one rendering for pages and API."""

from http import HTTPStatus


class DomainError(Exception):
    """A rule said no. ``str(error)`` is a Chinese sentence for people; ``code`` is stable and for programs.

    Raised by actions, never caught to be hidden: pages show the sentence, the API answers a problem document
    with the same status. ``details`` are machine-readable extras of the API answer and hold no personal data.
    """

    code = "refused"
    status = HTTPStatus.BAD_REQUEST
    message = "这一步现在做不了。"

    def __init__(self, message: str = "", *, code: str = "", **details: object) -> None:
        super().__init__(message or self.message)
        self.code = code or self.code
        self.details = details


class Invalid(DomainError):
    """The input breaks a rule. ``fields`` maps a field name to its sentences."""

    code = "invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    message = "填写的内容有问题，请改好再提交。"

    def __init__(
        self, message: str = "", *, fields: dict[str, list[str]] | None = None, **details: object
    ) -> None:
        super().__init__(message)
        self.details = details
        self.fields = fields or {}


class Unreadable(DomainError):
    """The request itself is broken: no form, no JSON, a forged header."""

    code = "unreadable"
    message = "这个请求看不懂，请回到上一页再试。"


class TooLarge(DomainError):
    """More was sent than we read."""

    code = "too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    message = "内容太大了，请减小一些再提交。"


class WrongMethod(DomainError):
    """The address exists but does not understand this method."""

    code = "wrong_method"
    status = HTTPStatus.METHOD_NOT_ALLOWED
    message = "这个地址不能这样打开，请回到上一页再试。"


class NotAllowed(DomainError):
    """The person may see the thing but not do this to it."""

    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN
    message = "这件事不在你的权限里。"


class Missing(DomainError):
    """The thing does not exist, or not for this person: the two look the same."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND
    message = "没有找到这个内容，可能已经撤下，或者链接不完整。"


class Conflict(DomainError):
    """Somebody was faster, or the thing has changed since the person looked."""

    code = "conflict"
    status = HTTPStatus.CONFLICT
    message = "刚才有人改过这里，请刷新后再看。"


class TooMany(DomainError):
    """A limit per person or per time is reached."""

    code = "too_many"
    status = HTTPStatus.TOO_MANY_REQUESTS
    message = "操作太频繁了，请过一会儿再试。"


class Unavailable(DomainError):
    """Something we depend on does not answer; trying again later may help."""

    code = "unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = "现在有点忙，请过一会儿再试。"


class Broken(DomainError):
    """A mistake of ours. The person learns that it is noted, and nothing about the inside."""

    code = "broken"
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    message = "出了点问题，已经记下来了。请过一会儿再试。"
