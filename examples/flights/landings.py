"""What became of the flights that users asked about? Said to the API as labels, and kept to compare models by.

A flight lands hours after the question; here its label is said a moment after the answer.
"""

import json
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Self

from examples.flights.stream import LiveFlight
from sluice.cli.http_client import HttpAnswer, post
from sluice.cli.target import Target
from sluice.settings.access import Access

LABEL = "late"
_AT_ONCE = 100  # labels the API takes in one call
_PAUSE_SECONDS = 0.5


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
        self._unsaid: list[tuple[str, int]] = []
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
        with self._lock:
            self._unsaid.append((answer.headers["x-sluice-prediction-id"], flight.label))
            self._landed.append(landed)

    def of(self, version: str) -> list[Landed]:
        """What a version answered, in the order of its answers."""
        with self._lock:
            return [landed for landed in self._landed if landed.version == version]

    def _tell_on(self) -> None:
        while not self._over.wait(_PAUSE_SECONDS):
            with self._lock:
                some, self._unsaid = self._unsaid[:_AT_ONCE], self._unsaid[_AT_ONCE:]
            if some:
                self._tell(some)

    def _tell(self, labels: list[tuple[str, int]]) -> None:
        items = [{"prediction_id": prediction, "label": label, "name": LABEL} for prediction, label in labels]
        said = post(self._target, self._access, "/v1/feedback", json.dumps({"feedback": items}).encode())
        if said.status != 202:  # noqa: PLR2004  else what the labels are for would fail for a reason nobody sees
            raise RuntimeError(f"labels were not taken: {said.status} {said.body}")
