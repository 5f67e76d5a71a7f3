from urllib.parse import parse_qs, urlsplit

import pytest


class Visitor:
    """A browser that is walked through the sign-in by hand."""

    def __init__(self, client, sandbox):
        self.client = client
        self.sandbox = sandbox

    def leave(self, target="/me/"):
        """Open the door and return the state that is sent to WeCom."""
        answer = self.client.get("/sign-in/", {"next": target})
        assert answer.status_code == 302
        return parse_qs(urlsplit(answer["Location"]).query)["state"][0]

    def come_back(self, state, code):
        return self.client.get("/sign-in/wecom/", {"state": state, "code": code})

    def sign_in(self, userid, target="/me/"):
        state = self.leave(target)
        return self.come_back(state, self.sandbox.code_for(userid))

    @property
    def person(self):
        return self.client.session.get("_auth_user_id")


@pytest.fixture
def visit(client, sandbox):
    return Visitor(client, sandbox)


@pytest.fixture
def known(sandbox, cast):
    """The cast is in WeCom too, under their numbers; 罗旁 is there and in no roster."""
    people = list(vars(cast).values())
    sandbox.seed(
        users=[
            {"userid": person.number, "name": person.name, "department": [1], "number": person.number}
            for person in people
        ]
        + [{"userid": "LuoPang", "name": "罗旁", "department": [1]}]
    )
    return cast
