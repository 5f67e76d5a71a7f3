"""The file broker loses nothing while several senders and a reader are at it."""

import json
import subprocess
import sys

import pytest
from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES

import partyhub.celery  # noqa: F401 - registers the transport

SENDERS, MESSAGES = 3, 200
SENDER = """
import json, sys
from kombu import Connection
import partyhub.celery
sender, messages, queue_name, options = json.loads(sys.argv[1])
with Connection("fsatomic://", transport_options=options) as connection, connection.SimpleQueue(queue_name) as queue:
    for number in range(messages):
        queue.put([sender, number])
"""


@pytest.fixture
def broker(tmp_path):
    for folder in ("messages", "processed", "control"):
        (tmp_path / folder).mkdir()
    return {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "processed_folder": str(tmp_path / "processed"),
        "control_folder": str(tmp_path / "control"),
    }


def connect(options):
    return Connection("fsatomic://", transport_options=options)


@pytest.fixture
def queue_name(request):
    """A name of its own: kombu remembers per process what is bound, whatever the folder."""
    return request.node.name


def test_the_alias_points_to_our_transport():
    assert TRANSPORT_ALIASES["fsatomic"] == "partyhub.broker:Transport"


def test_a_reader_beside_three_senders_gets_every_message(broker, queue_name, settings):
    senders = [
        subprocess.Popen(
            [sys.executable, "-c", SENDER, json.dumps([sender, MESSAGES, queue_name, broker])],
            cwd=settings.BASE_DIR,
        )
        for sender in range(SENDERS)
    ]
    received = []
    with connect(broker) as connection, connection.SimpleQueue(queue_name) as queue:
        while len(received) < SENDERS * MESSAGES:
            message = queue.get(timeout=30)
            received.append(tuple(message.payload))
            message.ack()
    assert [sender.wait(30) for sender in senders] == [0] * SENDERS
    assert sorted(received) == [(sender, number) for sender in range(SENDERS) for number in range(MESSAGES)]


def test_a_half_written_message_is_invisible(broker, queue_name, tmp_path):
    (tmp_path / "messages" / f".1_abc.{queue_name}.msg.part").write_bytes(b'{"half":')
    with connect(broker) as connection, connection.SimpleQueue(queue_name) as queue:
        queue.put("whole")
        assert queue.get(timeout=5).payload == "whole"
        with pytest.raises(queue.Empty):
            queue.get(block=False)
