"""kombu's file-system broker with an atomic write.

The stock transport opens a message under its final name and fills it afterwards; a reader that comes in
between loses the message and kills the worker. Here a message appears under its name only when complete.
"""

import os
import uuid
from pathlib import Path
from time import monotonic

from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue, payload, **kwargs):
        folder = Path(self.data_folder_out)
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        part = folder / f".{name}.part"
        with part.open("wb") as file:
            file.write(str_to_bytes(dumps(payload)))
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / name)


class Transport(filesystem.Transport):
    Channel = Channel
