"""Keeps the processes of an embedded installation alive, and takes all of them down together."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

QUICK_DEATH = 10.0  # seconds
QUICK_DEATHS_ALLOWED = 5
STOP_PATIENCE = 15.0  # seconds between the polite signal and the impolite one


@dataclass
class Child:
    """One process with its own process group, so that its own children go with it."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str]
    process: subprocess.Popen | None = None
    started: float = 0.0
    quick_deaths: int = 0
    restart_at: float = field(default=0.0)

    def start(self) -> None:
        self.started = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own commands
                self.command,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return


class Supervisor:
    """Starts children in order, restarts who dies, gives up when one keeps dying right away."""

    def __init__(self, children: list[Child], say: Callable[[str], None]) -> None:
        self.children = children
        self.say = say
        self.stopping = False

    def run(self, when_started: Callable[[], None]) -> int:
        """Block until a signal asks to stop (returns 0) or a child cannot be kept alive (returns 1)."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask_to_stop)
        try:
            for child in self.children:
                child.start()
            when_started()
            while not self.stopping:
                time.sleep(0.5)
                if not all(self._keep_alive(child) for child in self.children):
                    return 1
            return 0
        finally:
            self._stop_all()

    def _ask_to_stop(self, number, frame) -> None:
        self.stopping = True

    def _keep_alive(self, child: Child) -> bool:
        """Restart ``child`` if it is due; False when it has died too often to go on."""
        now = time.monotonic()
        if child.is_running:
            return True
        if not child.restart_at:
            child.quick_deaths = child.quick_deaths + 1 if now - child.started < QUICK_DEATH else 1
            if child.quick_deaths > QUICK_DEATHS_ALLOWED:
                self.say(f"{child.name} 反复起不来，已经停下。原因在 {child.log} 的最后几行。")
                return False
            child.restart_at = now + 2 ** (child.quick_deaths - 1) / 2
            self.say(f"{child.name} 意外退出，马上重启。")
            # What the dead main left behind (a server's workers) would keep its port busy.
            child.signal(signal.SIGKILL)
        elif now >= child.restart_at:
            child.restart_at = 0.0
            child.start()
        return True

    def _stop_all(self) -> None:
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE
        for child in self.children:
            if child.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                child.signal(signal.SIGKILL)
