import datetime as dt
import threading

import pytest
from django.core.cache import cache

from tests.wecom.stub import Server


@pytest.fixture(scope="session")
def _server():
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def stub(_server, settings, db):
    """A WeCom that says what the test tells it to; the settings point at it and nothing is remembered."""
    _server.stub.reset()
    settings.WECOM_API_BASE = _server.stub.url
    cache.clear()
    return _server.stub


@pytest.fixture
def clock(time_machine):
    """Now, but it can be shifted."""
    time_machine.move_to(dt.datetime.now(dt.UTC))
    return time_machine
