"""How is a tab of Chromium asked? By the DevTools protocol over a pipe: JSON, each message ended by a zero byte.

https://chromedevtools.github.io/devtools-protocol/ names the methods. The browser ends when the pipe is closed.
"""

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from tests.functional.chromium import Chromium

_SECONDS = 60
_QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--remote-debugging-pipe")
_OFFLINE = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
Message = dict[str, Any]


class Tab:
    """A tab without a network; what happens in it is kept in ``events``."""

    def __init__(self, pipe: socket.socket) -> None:
        self.events: list[Message] = []
        self._pipe, self._read, self._asked = pipe, b"", 0
        self._session: Message = {}
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")
        self.ask("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)

    def ask(self, method: str, **parameters: Any) -> Message:
        """What a method answers."""
        self._asked += 1
        asked = {"id": self._asked, "method": method, "params": parameters, **self._session}
        self._pipe.sendall(json.dumps(asked).encode() + b"\0")
        while (said := self._next()).get("id") != self._asked:
            self.events.append(said)
        assert "error" not in said, f"{method}: {said}"
        result: Message = said["result"]
        return result

    def named(self, event: str) -> list[Message]:
        """What was said with events of a name, in their order."""
        return [each["params"] for each in self.events if each["method"] == event]

    def wait_for(self, event: str) -> None:
        """Until an event of this name has come."""
        while not self.named(event):
            self.events.append(self._next())

    def _next(self) -> Message:
        while b"\0" not in self._read:
            came = self._pipe.recv(1 << 20)
            assert came, "Chromium has ended"
            self._read += came
        message, self._read = self._read.split(b"\0", 1)
        said: Message = json.loads(message)
        return said


@contextmanager
def a_tab(chromium: Chromium) -> Iterator[Tab]:
    """A tab of a browser of its own, which leaves nothing behind."""
    ours, theirs = socket.socketpair()
    ours.settimeout(_SECONDS)
    with tempfile.TemporaryDirectory() as profile, ours:
        with theirs:
            browser = psutil.Process(_start(chromium, profile, theirs.fileno()))
        try:
            yield Tab(ours)
            ours.close()
            browser.wait(_SECONDS)
        finally:
            if browser.is_running():
                browser.kill()
                browser.wait(_SECONDS)


def _start(chromium: Chromium, profile: str, pipe: int) -> int:
    """Start a browser that reads its file 3 and writes its file 4; its process id."""
    words = [str(chromium.program), *_QUIET, *_OFFLINE, f"--user-data-dir={profile}"]
    homes = {"HOME": profile, "XDG_CACHE_HOME": profile, "XDG_CONFIG_HOME": profile}
    silent = [(os.POSIX_SPAWN_OPEN, said, os.devnull, os.O_WRONLY, 0) for said in (1, 2)]
    spoken = [(os.POSIX_SPAWN_DUP2, pipe, wanted) for wanted in (3, 4)]
    return os.posix_spawn(words[0], words, chromium.environment | homes, file_actions=[*silent, *spoken])
