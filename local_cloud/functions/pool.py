"""Which worker takes this event: an idle one, a new one, or the next that becomes free?"""

import threading
import time
from collections.abc import Callable

from local_cloud.functions.invocation import Invocation, InvocationRefused
from local_cloud.functions.sandbox import Sandbox, SandboxGone

#: Lambda would start a worker for every overlapping event; this is one machine.
WORKERS_PER_FUNCTION = 4


class Pool:
    """The workers of one function in one configuration. Thread-safe."""

    def __init__(self, start: Callable[[], Sandbox], *, limit: int = WORKERS_PER_FUNCTION) -> None:
        self._start = start
        self._limit = limit
        self._condition = threading.Condition()
        self._idle: list[Sandbox] = []
        self._busy: set[Sandbox] = set()
        self._starting = 0
        self._is_retired = False
        self._is_stopped = False
        self._last_used = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """How long ago it was last used; 0 while it is."""
        return 0.0 if self._busy or self._starting else time.monotonic() - self._last_used

    @property
    def pids(self) -> list[int]:
        """The worker processes."""
        with self._condition:
            return [sandbox.pid for sandbox in (*self._idle, *self._busy)]

    def invoke(self, payload: bytes, *, arn: str) -> Invocation:
        """Have a worker handle the event; waits when all are busy.

        Raises:
            InvocationRefused: The cloud is stopping.

        """
        while True:
            sandbox = self._take()
            try:
                return sandbox.invoke(payload, arn=arn)
            except SandboxGone:
                continue
            finally:
                self._give_back(sandbox)

    def retire(self) -> None:
        """Stop the idle workers now and the busy ones after their event."""
        with self._condition:
            self._is_retired = True
            idle, self._idle = self._idle, []
        for sandbox in idle:
            sandbox.close()

    def stop(self) -> None:
        """Kill all workers; who waits for one is refused, who is being served gets Runtime.ExitError."""
        self.retire()
        with self._condition:
            self._is_stopped = True
            self._condition.notify_all()
            for sandbox in self._busy:
                sandbox.kill()
            self._condition.wait_for(lambda: not self._busy and not self._starting)

    def _take(self) -> Sandbox:
        with self._condition:
            while not self._idle and len(self._busy) + self._starting >= self._limit and not self._is_stopped:
                self._condition.wait()
            if self._is_stopped:
                raise InvocationRefused("the local cloud is stopping")
            if self._idle:
                sandbox = self._idle.pop()
                self._busy.add(sandbox)
                return sandbox
            self._starting += 1
        try:
            sandbox = self._start()
        except BaseException:
            self._started(None)
            raise
        self._started(sandbox)
        return sandbox

    def _started(self, sandbox: Sandbox | None) -> None:
        with self._condition:
            self._starting -= 1
            if sandbox is None:
                self._condition.notify_all()
                return
            self._busy.add(sandbox)
            if self._is_stopped:
                sandbox.kill()

    def _give_back(self, sandbox: Sandbox) -> None:
        with self._condition:
            self._last_used = time.monotonic()
            if sandbox.is_running and not self._is_retired:
                self._busy.discard(sandbox)
                self._idle.append(sandbox)
                self._condition.notify_all()
                return
        sandbox.close()
        with self._condition:
            self._busy.discard(sandbox)
            self._condition.notify_all()
