"""Does a local cloud serve this folder, and where is it?"""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from local_cloud.problem import LocalCloudRunning

_NAME = "local.json"


@dataclass(frozen=True, slots=True)
class State:
    """What a running local cloud says about itself.

    Attributes:
        pid: Of its parent process.
        api_url: Where the HTTP API answers.
        aws_url: Where the AWS APIs answer.
        environment: Variables that point an AWS client at it.
        speed: Seconds of its clock per second of the wall.
        started: Its time at its start, in seconds since 1970.
        origin: What the monotonic clock, which is the same in all processes of a machine, said then.

    """

    pid: int
    api_url: str
    aws_url: str
    environment: Mapping[str, str]
    speed: float = 1.0
    started: float = 0.0
    origin: float = 0.0


class StateFile:
    """``local.json`` in the cloud's folder; there only while it runs.

    A lock, which the system takes back from a process that dies, is what keeps a second cloud out.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / _NAME
        self._lock: IO[str] | None = None

    def claim(self) -> None:
        """Keep others out of the folder. Raises LocalCloudRunning when another is in."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = self._path.with_suffix(".lock").open("w", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            state = read(self._path.parent)
            who = f"process {state.pid}, {state.api_url}" if state else "it is just starting or stopping"
            raise LocalCloudRunning(
                f"a local cloud already serves {self._path.parent} ({who}): use that one, or stop it with Ctrl-C"
            ) from error
        self._lock = lock

    def write(self, state: State) -> None:
        """Tell where the cloud is; readable by its owner only, for it holds the operator's key."""
        fresh = self._path.with_suffix(".json.new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(state), indent=2), encoding="utf-8")
        fresh.replace(self._path)

    def release(self) -> None:
        """Let others in; harmless when nothing was claimed."""
        if self._lock:
            self._path.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None


def read(home: Path) -> State | None:
    """What the cloud of this folder says; None when there is none alive."""
    try:
        state = State(**json.loads((home / _NAME).read_text(encoding="utf-8")))
        os.kill(state.pid, 0)
    except (FileNotFoundError, ProcessLookupError, ValueError, TypeError):
        return None
    except PermissionError:
        pass  # alive, and somebody else's
    return state
