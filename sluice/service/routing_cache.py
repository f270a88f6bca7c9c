"""Which routing table to use right now? A copy a few seconds old, and an older one while DynamoDB is away."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sluice.aws.state import RoutingStore
from sluice.domain.errors import ModelNotFound, RoutingUnavailable
from sluice.domain.routing import Routing


@dataclass(frozen=True, slots=True)
class Held:
    """A routing table in hand.

    Attributes:
        routing: The table.
        read_at: When it was last asked for, in the cache's clock.
        stale_because: Why the last attempt to read it failed, if it did.

    """

    routing: Routing
    read_at: float
    stale_because: str | None = None

    @property
    def is_stale(self) -> bool:
        """Whether there may be a newer one."""
        return self.stale_because is not None


class RoutingCache:
    """Reads each model's table at most once every few seconds, whether reading succeeds or not.

    Args:
        store: Where the tables are.
        models: The models this deployment serves; nothing else is looked up.
        fresh_seconds: How long a copy is used before it is read again.
        clock: Seconds, never going back.

    """

    def __init__(
        self, store: RoutingStore, *, models: Collection[str], fresh_seconds: float, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._clock = clock
        self._fresh_seconds = fresh_seconds
        self.models = frozenset(models)
        self._held: dict[str, Held] = {}

    def get(self, model: str) -> Held:
        """The table of a model. Raises ModelNotFound, or RoutingUnavailable when there is not even an old copy."""
        if model not in self.models:
            raise ModelNotFound(f"there is no model {model}; this deployment serves {sorted(self.models)}")
        held, now = self._held.get(model), self._clock()
        if held is None or now - held.read_at >= self._fresh_seconds:
            held = self._held[model] = self._read(model, held, now)
        return held

    def _read(self, model: str, held: Held | None, now: float) -> Held:
        """Read it; whoever holds no copy to go on with asks twice."""
        try:
            routing = self._store.get(model)
        except RoutingUnavailable as away:
            if held is not None:
                return Held(held.routing, now, stale_because=str(away))
            routing = self._store.get(model)
        if routing is None:
            raise RoutingUnavailable(f"{model} is declared, but its endpoint has not been deployed yet")
        return Held(routing, now)
