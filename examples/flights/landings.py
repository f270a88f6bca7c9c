"""What became of the flights that users asked about? Said to the API as labels, and kept to compare models by.

A flight lands hours after the question; here its label is said some seconds after the answer.
"""

import json
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Self

from examples.flights.stream import LiveFlight
from sluice.cli.http_client import HttpAnswer, post
from sluice.cli.target import Target
from sluice.settings.access import Access

LABEL = "late"
_AT_ONCE = 20  # labels a call
_LANDS_AFTER_SECONDS = 15  # of the wall: until then the prediction is captured, and its label joins it at once
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Landed:
    """A flight with a label, and what was answered about it.

    Attributes:
        flight: The flight.
        version: Who answered.
        probability: Of its being late.

    """

    flight: LiveFlight
    version: str
    probability: float


class Landings:
    """Says the labels of flights that were asked about, from ``with`` to its end."""

    def __init__(self, target: Target, access: Access) -> None:
        self._target = target
        self._access = access
        self._lock = Lock()
        self._over = Event()
        self._unsaid: deque[tuple[float, dict[str, Any]]] = deque()
        self._landed: list[Landed] = []
        self._teller = Thread(target=self._tell_on, daemon=True)

    def __enter__(self) -> Self:
        self._teller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._teller.join()

    def hear(self, flight: LiveFlight, answer: HttpAnswer) -> None:
        """Remember an answer about a flight that landed."""
        if flight.label is None:
            return
        probability = answer.body["predictions"][0]["probabilities"][1]
        landed = Landed(flight, answer.headers["x-sluice-model-version"], probability)
        item = {"prediction_id": answer.headers["x-sluice-prediction-id"], "label": flight.label, "name": LABEL}
        with self._lock:
            self._unsaid.append((monotonic() + _LANDS_AFTER_SECONDS, item))
            self._landed.append(landed)

    def of(self, version: str) -> list[Landed]:
        """What a version answered, in the order of its answers."""
        with self._lock:
            return [landed for landed in self._landed if landed.version == version]

    def _tell_on(self) -> None:
        while not self._over.wait(_PAUSE_SECONDS):
            while not self._over.is_set() and (due := self._due()) and self._tell(due):
                pass

    def _due(self) -> list[dict[str, Any]]:
        """The next flights that have landed."""
        with self._lock:
            several = list(islice(self._unsaid, _AT_ONCE))
            return [item for lands_at, item in several if lands_at <= monotonic()]

    def _tell(self, items: list[dict[str, Any]]) -> bool:
        """Say labels; whether they were taken. Those that were not, by an API that is too busy, are said again."""
        said = post(self._target, self._access, "/v1/feedback", json.dumps({"feedback": items}).encode())
        if said.status != HTTPStatus.ACCEPTED:
            return False
        with self._lock:
            for _ in items:
                self._unsaid.popleft()
        return True
