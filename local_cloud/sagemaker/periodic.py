"""What is done again and again beside the traffic?"""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Periodic:
    """A thread that does one thing every ``seconds`` of the wall, until stopped."""

    def __init__(self, action: Callable[[], None], seconds: float, name: str) -> None:
        self._action = action
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; the first time comes after one interval."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is under way; may be called before ``start``."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self._action()
            except Exception:  # noqa: BLE001  the outermost edge of this thread: the next time may do better
                _log.exception("%s failed", self._thread.name)
