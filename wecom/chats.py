"""Group chats the app owns. WeCom has no call to dissolve one or to read it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wecom.app import App, field

LONGEST_NAME = 50
_CHAT_ID = re.compile(r"[0-9a-zA-Z]{1,32}")


@dataclass(frozen=True)
class Chat:
    chat_id: str
    name: str
    owner: str
    userids: tuple[str, ...]


class Chats(App):
    def create_chat(self, *, name: str, owner: str, userids: Sequence[str], chat_id: str) -> str:
        """Open a chat of 2–2,000 members and return its id. Send a first message at once: before it members see
        nothing."""
        self.need("appchat")
        if not _CHAT_ID.fullmatch(chat_id):
            raise ValueError("a chat id is 1 to 32 letters and digits")
        body = {"name": name[:LONGEST_NAME], "owner": owner, "userlist": list(userids), "chatid": chat_id}
        return field(self.post("appchat/create", body), "chatid", str)

    def update_chat(
        self,
        chat_id: str,
        *,
        name: str = "",
        owner: str = "",
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> None:
        """Change what is named, leave the rest."""
        self.need("appchat")
        change = {
            "name": name[:LONGEST_NAME],
            "owner": owner,
            "add_user_list": list(add),
            "del_user_list": list(remove),
        }
        self.post(
            "appchat/update", {"chatid": chat_id} | {key: value for key, value in change.items() if value}
        )

    def chat(self, chat_id: str) -> Chat:
        """The chat as WeCom knows it; ``Permanent`` when there is none."""
        self.need("appchat")
        info = field(self.get("appchat/get", {"chatid": chat_id}), "chat_info", dict)
        return Chat(
            chat_id=chat_id,
            name=str(info.get("name", "")),
            owner=str(info.get("owner", "")),
            userids=tuple(map(str, field(info, "userlist", list))),
        )

    def send_to_chat(self, chat_id: str, message: dict) -> None:
        """Post ``message`` (text, textcard, markdown) into the chat. WeCom gives no message id for it."""
        self.need("appchat")
        self.post("appchat/send", {"chatid": chat_id, "safe": 0, **message})
