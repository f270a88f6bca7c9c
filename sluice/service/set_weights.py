"""Bring a model's traffic to the weights an operator asks for, and wait until they are in effect."""

from collections.abc import Callable, Mapping

from sluice.aws.endpoint import Endpoints
from sluice.aws.state import RoutingStore
from sluice.domain.errors import EndpointBusy, ModelNotFound, RoutingUnavailable, StaleWrite
from sluice.domain.routing import Routing

_PAUSE_SECONDS = 1.0
_BY_HAND = "by hand"  # who wrote the table: whoever it is, it is no release


def set_weights(
    model: str,
    weights: Mapping[str, int],
    *,
    store: RoutingStore,
    endpoints: Endpoints,
    sleep: Callable[[float], None],
    patience_seconds: float,
    routing_seconds: float,
) -> Routing:
    """Set the weights of the endpoint, then of the routing table; return the table once both are in effect.

    The endpoint goes first because SageMaker may refuse; the table decides where predictions really go, and those who
    answer them hold an old one for up to ``routing_seconds``, which are waited out when it changed. A release that is
    under way sees a person's hand in the table, and holds; so does an experiment, whose interleaving is over then.
    Asking for what is already so changes nothing; asking again after any failure does what is left to do. Raises
    ModelNotFound, InvalidWeights, EndpointNotFound, StaleWrite, RoutingUnavailable, and EndpointBusy when SageMaker is
    not done after ``patience_seconds``; the last three say which half is done.
    """
    routing = store.get(model)
    if routing is None:
        raise ModelNotFound(f"{model} has no routing table: it has not been deployed")
    changed = routing.with_weights(weights, author=_BY_HAND)
    is_so = changed.weights == routing.weights and routing.interleaving is None
    wanted = routing if is_so else changed
    patience = _Patience(patience_seconds, sleep)
    _ask(wanted, endpoints, patience)
    if wanted is not routing:
        _write(wanted, store)
    waited = _wait(wanted, endpoints, patience)
    if wanted is not routing and waited < routing_seconds:
        sleep(routing_seconds - waited)
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
            patience.spend(f"{busy}; nothing has been changed: do the same again later")


def _write(wanted: Routing, store: RoutingStore) -> None:
    try:
        store.put(wanted)
    except (StaleWrite, RoutingUnavailable) as unwritten:
        half = f"{wanted.endpoint} has accepted the weights, but {unwritten}: doing the same again finishes it"
        raise type(unwritten)(half) from unwritten


def _wait(wanted: Routing, endpoints: Endpoints, patience: "_Patience") -> float:
    """Wait until the endpoint has taken the weights; return how many seconds were slept."""
    before = patience.spent
    while not endpoints.describe(wanted.endpoint).routes_by(wanted.weights):
        patience.spend(
            f"the routing table has the weights, but {wanted.endpoint} has not taken the weights yet: "
            "doing the same again finishes it"
        )
    return patience.spent - before


class _Patience:
    """A number of seconds to wait, spent one pause at a time."""

    def __init__(self, seconds: float, sleep: Callable[[float], None]) -> None:
        self.spent = 0.0
        self._seconds = seconds
        self._sleep = sleep

    def spend(self, why: str) -> None:
        """Wait a moment. Raises EndpointBusy with ``why`` when all is spent."""
        if self.spent >= self._seconds:
            raise EndpointBusy(why)
        self.spent += _PAUSE_SECONDS
        self._sleep(_PAUSE_SECONDS)
