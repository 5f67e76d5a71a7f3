"""The supervisor with real processes: it restarts who dies, gives up on who cannot live, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import threading

from partyhub import supervisor as module
from partyhub.supervisor import Child, Supervisor

SLEEPER = "import time; time.sleep(600)"
FAMILY = (
    "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "open(sys.argv[1], 'w').write(str(p.pid)); p.wait()"
)


def child(tmp_path, code, *arguments):
    return Child("测试", [sys.executable, "-c", code, *arguments], tmp_path / "log", dict(os.environ))


def alive(pid):
    """True for a running process; a dead child nobody has waited for yet counts as gone."""
    result = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(result.stdout.strip()) and not result.stdout.startswith("Z")


def wait_for(condition):
    pause = threading.Event()
    for _ in range(400):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError("did not happen within 20 s")


def supervise(supervisor):
    """Run in a thread (signals are installed in the main thread only) and return it with its result."""
    result = []
    thread = threading.Thread(target=lambda: result.append(supervisor.run(lambda: None)))
    thread.start()
    return thread, result


def test_a_killed_child_comes_back_and_stopping_leaves_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(module.signal, "signal", lambda *args: None)
    pid_file = tmp_path / "grandchild"
    one = child(tmp_path, FAMILY, str(pid_file))
    supervisor = Supervisor([one], lambda text: None)
    thread, result = supervise(supervisor)
    wait_for(lambda: pid_file.exists() and pid_file.read_text())
    first, grandchild = one.process.pid, int(pid_file.read_text())
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: one.process.pid != first and one.is_running)
    assert not alive(grandchild)
    supervisor.stopping = True
    thread.join(30)
    assert result == [0]
    assert not alive(one.process.pid)


def test_a_child_that_keeps_dying_stops_everything_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(module.signal, "signal", lambda *args: None)
    monkeypatch.setattr(module, "QUICK_DEATHS_ALLOWED", 1)
    said = []
    broken, healthy = child(tmp_path, "raise SystemExit(3)"), child(tmp_path, SLEEPER)
    thread, result = supervise(Supervisor([healthy, broken], said.append))
    thread.join(30)
    assert result == [1]
    assert said[-1].startswith("测试 反复起不来")
    assert not healthy.is_running
