"""Who keeps asking while versions come and go? Users in threads, each with one question at a time."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Self

from examples.flights.stream import LiveFlight
from sluice.cli.http_client import HttpAnswer, ask
from sluice.cli.target import Target
from sluice.settings.access import Access

MODEL = "flights"
_PAUSE_SECONDS = 0.02


@dataclass(slots=True)
class Seen:
    """What the users saw.

    Attributes:
        versions: Answers by the model version that gave them.
        failures: Answers that were none, by HTTP status.
        nonsense: Answers whose probability of being late is none.
        fallbacks: Answers the champion gave because another variant failed.

    """

    versions: Counter[str] = field(default_factory=Counter)
    failures: Counter[int] = field(default_factory=Counter)
    nonsense: int = 0
    fallbacks: int = 0

    @property
    def questions(self) -> int:
        """How often the API was asked."""
        return self.versions.total() + self.failures.total()

    def add(self, answer: HttpAnswer) -> None:
        """Count an answer."""
        if not answer.is_success:
            self.failures[answer.status] += 1
            return
        self.versions[answer.headers["x-sluice-model-version"]] += 1
        self.fallbacks += "x-sluice-fallback-from" in answer.headers
        self.nonsense += not 0 <= answer.body["predictions"][0]["probabilities"][1] <= 1


class Traffic:
    """Users who ask about one flight after the other, from ``with`` to its end; ``heard`` is told the answers."""

    def __init__(
        self,
        flights: Iterator[LiveFlight],
        target: Target,
        access: Access,
        *,
        users: int,
        heard: Callable[[LiveFlight, HttpAnswer], None] = lambda _flight, _answer: None,
    ) -> None:
        self._flights = flights
        self._heard = heard
        self._target = target
        self._access = access
        self._lock = Lock()
        self._over = Event()
        self._seen = Seen()
        self._users = [Thread(target=self._ask_on, daemon=True) for _ in range(users)]

    def __enter__(self) -> Self:
        for user in self._users:
            user.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for user in self._users:
            user.join()

    def take(self) -> Seen:
        """What was seen since the last time this was asked."""
        with self._lock:
            taken, self._seen = self._seen, Seen()
        return taken

    def _ask_on(self) -> None:
        while not self._over.wait(_PAUSE_SECONDS):
            with self._lock:
                flight = next(self._flights, None)
            if flight is None:
                return
            answer = predict(flight, self._target, self._access)
            with self._lock:
                self._seen.add(answer)
            if answer.is_success:
                self._heard(flight, answer)


def predict(flight: LiveFlight, target: Target, access: Access) -> HttpAnswer:
    """Ask the deployed API over HTTP about one flight."""
    body = json.dumps({"instances": [flight.instance]}).encode()
    return ask(target, access, MODEL, body, unit=flight.unit)
