import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local_cloud.processes import Child, free_port

PARENT = """
import os, sys, time
from pathlib import Path
from local_cloud.processes import Child
sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
child = Child(sleeper, environment=os.environ, log=Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0]
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int, *, within_seconds: float = 5) -> bool:
    deadline = time.monotonic() + within_seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_a_stopped_child_is_gone_and_its_output_is_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    child = Child(
        [sys.executable, "-c", "print('hello', flush=True); import time; time.sleep(60)"],
        environment=os.environ,
        log=log,
    )
    while "hello" not in log.read_text():
        time.sleep(0.01)

    child.stop()

    assert not child.is_running
    assert child.exit_code == -signal.SIGTERM


def test_a_child_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    code = f"{ignore}; print('up', flush=True); time.sleep(60)"
    child = Child([sys.executable, "-c", code], environment=os.environ, log=log)
    while "up" not in log.read_text():
        time.sleep(0.01)

    child.stop(grace_seconds=0.1)

    assert child.exit_code == -signal.SIGKILL


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
def test_a_child_does_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "child.log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    parent.kill()
    parent.wait()

    assert wait_until_gone(child)
    parent.stdout.close()


def test_free_ports_can_be_bound() -> None:
    assert 1024 < free_port() < 65536
