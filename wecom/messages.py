"""Messages to members."""

from collections.abc import Sequence
from dataclasses import dataclass

from wecom import errors
from wecom.app import App

LARGEST_AUDIENCE = 1000


@dataclass(frozen=True)
class Sent:
    """What became of a message. ``unreachable`` repeats userids as the caller spelled them.

    ``response_code`` can change the card once, within 72 hours; empty when the card has no buttons.
    """

    msgid: str
    unreachable: frozenset[str]
    response_code: str = ""


class Messages(App):
    def send(self, userids: Sequence[str], message: dict, *, duplicate_check_seconds: int = 1800) -> Sent:
        """Send ``message`` (the ``msgtype`` part, see ``wecom.cards``) to 1–1,000 members.

        Equal content to the same people within ``duplicate_check_seconds`` is shown once; 0 switches that off.
        """
        if not 1 <= len(userids) <= LARGEST_AUDIENCE:
            raise ValueError("a message goes to 1 to 1000 members")
        body = {
            "touser": "|".join(userids),
            "agentid": self.agent_id,
            "enable_duplicate_check": int(duplicate_check_seconds > 0),
            "duplicate_check_interval": duplicate_check_seconds,
            **message,
        }
        try:
            answer = self.post("message/send", body)
        except errors.Unreachable:
            return Sent(msgid="", unreachable=frozenset(userids))
        refused = _names(answer.get("invaliduser")) | _names(answer.get("unlicenseduser"))
        return Sent(
            msgid=str(answer.get("msgid") or ""),
            unreachable=frozenset(userid for userid in userids if userid.lower() in refused),
            response_code=str(answer.get("response_code") or ""),
        )

    def update_card(self, response_code: str, userids: Sequence[str], *, replace_name: str) -> None:
        """Replace the buttons of a card by the words ``replace_name`` for these members."""
        self.post(
            "message/update_template_card",
            {
                "userids": list(userids),
                "agentid": self.agent_id,
                "response_code": response_code,
                "button": {"replace_name": replace_name},
            },
        )

    def recall(self, msgid: str) -> None:
        """Take a message back, within 24 hours."""
        self.post("message/recall", {"msgid": msgid})


def _names(joined: object) -> set[str]:
    """WeCom joins refused userids by a bar and writes them in lower case."""
    return {name.lower() for name in str(joined or "").split("|") if name}
