"""kombu's file-system broker with atomic writes.

The stock transport opens messages and binding tables under their final names and fills them afterwards; a reader
that comes in between loses the message and kills the worker. Here a file appears under its name only when whole.
"""

import os
import uuid
from pathlib import Path
from time import monotonic

from kombu.transport import filesystem, virtual
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` so that nobody ever sees a part of it, even after a power cut."""
    part = path.with_name(f".{uuid.uuid4()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


class Channel(filesystem.Channel):
    def _put(self, queue, payload, **kwargs):
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        write_whole(Path(self.data_folder_out) / name, str_to_bytes(dumps(payload)))

    def _queue_bind(self, exchange, routing_key, pattern, queue):
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        table_file = self._exchange_file(exchange)
        with (self.control_folder / f"{exchange}.lock").open("w") as guard:
            filesystem.lock(guard, filesystem.LOCK_EX)
            table = self.get_table(exchange)
            if binding not in table:
                write_whole(table_file, str_to_bytes(dumps([binding, *table])))
            filesystem.unlock(guard)


class Transport(filesystem.Transport):
    Channel = Channel
    global_state = virtual.BrokerState()
