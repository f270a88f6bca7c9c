"""Bring a model's traffic to the weights an operator asks for, and wait until they are in effect."""

from collections.abc import Callable, Mapping

from sluice.aws.endpoint import Endpoints
from sluice.aws.state import RoutingStore
from sluice.domain.errors import EndpointBusy, ModelNotFound
from sluice.domain.routing import Routing

_PAUSE_SECONDS = 1.0


def set_weights(
    model: str,
    weights: Mapping[str, int],
    *,
    store: RoutingStore,
    endpoints: Endpoints,
    sleep: Callable[[float], None],
    patience_seconds: float,
) -> Routing:
    """Set the weights of the endpoint, then of the routing table; return the table once both are in effect.

    The endpoint goes first because SageMaker may refuse; the table decides where predictions really go. Asking for
    what is already so changes nothing. Raises ModelNotFound, InvalidWeights, StaleWrite, EndpointNotFound, and
    EndpointBusy when another change is still under way after ``patience_seconds``.
    """
    routing = store.get(model)
    if routing is None:
        raise ModelNotFound(f"{model} has no routing table: it has not been deployed")
    wanted = routing.with_weights(weights)
    patience = _Patience(patience_seconds, sleep)
    _ask(wanted, endpoints, patience)
    if wanted.weights != routing.weights:
        store.put(wanted)
    while not endpoints.describe(wanted.endpoint).routes_by(wanted.weights):
        patience.spend(f"{wanted.endpoint} has not taken the weights yet")
    return wanted


def _ask(wanted: Routing, endpoints: Endpoints, patience: "_Patience") -> None:
    """Have the endpoint accept the weights, unless it has them."""
    while True:
        state = endpoints.describe(wanted.endpoint)
        if state.desired_weights == wanted.weights:
            return None
        try:
            return endpoints.set_weights(wanted.endpoint, wanted.weights)
        except EndpointBusy as busy:
            patience.spend(str(busy))


class _Patience:
    """A number of seconds to wait, spent one pause at a time."""

    def __init__(self, seconds: float, sleep: Callable[[float], None]) -> None:
        self._left = seconds
        self._sleep = sleep

    def spend(self, why: str) -> None:
        """Wait a moment. Raises EndpointBusy with ``why`` when all is spent."""
        if self._left <= 0:
            raise EndpointBusy(why)
        self._left -= _PAUSE_SECONDS
        self._sleep(_PAUSE_SECONDS)
