import pytest

from sluice.aws.state import RoutingStore
from sluice.domain.errors import EndpointBusy, EndpointNotFound, InvalidWeights, ModelNotFound
from sluice.domain.routing import Routing
from sluice.service.set_weights import set_weights
from tests.builders import Clock, ScriptedEndpoints, a_routing, a_state

HALF = {"champion": 50, "challenger": 50}
OLD, NEW = a_state(champion=90, challenger=10), a_state(champion=50, challenger=50)
SHIFTING = a_state("Updating", desired={"champion": 50, "challenger": 50}, champion=90, challenger=10)
BUSY = EndpointBusy("sluice-flights is being changed")


@pytest.fixture(autouse=True)
def live(store: RoutingStore) -> Routing:
    routing = a_routing(champion=90, challenger=10)
    store.put(routing)
    return routing


def shift(store: RoutingStore, endpoints: ScriptedEndpoints, clock: Clock, *, patience_seconds: float = 10) -> Routing:
    return set_weights(
        "flights", HALF, store=store, endpoints=endpoints, sleep=clock.sleep, patience_seconds=patience_seconds
    )


def test_weights_go_to_the_endpoint_then_to_the_table_and_are_waited_for(store: RoutingStore) -> None:
    endpoints, clock = ScriptedEndpoints(OLD, SHIFTING, SHIFTING, NEW), Clock()

    routing = shift(store, endpoints, clock)

    assert endpoints.calls == [("sluice-flights", HALF)]
    assert (routing.weights, routing.revision) == (HALF, 1)
    assert store.get("flights") == routing
    assert clock.slept == [1, 1]


def test_weights_that_are_already_so_change_nothing(store: RoutingStore, live: Routing) -> None:
    endpoints, clock = ScriptedEndpoints(OLD), Clock()

    routing = set_weights(
        "flights", live.weights, store=store, endpoints=endpoints, sleep=clock.sleep, patience_seconds=0
    )

    assert endpoints.calls == []
    assert routing.weights == live.weights
    assert store.get("flights") == live


def test_a_table_that_lags_behind_its_endpoint_is_mended(store: RoutingStore) -> None:
    endpoints, clock = ScriptedEndpoints(NEW), Clock()

    shift(store, endpoints, clock)

    written = store.get("flights")
    assert endpoints.calls == []
    assert written is not None
    assert written.weights == HALF


def test_a_busy_endpoint_is_asked_again(store: RoutingStore) -> None:
    endpoints, clock = ScriptedEndpoints(OLD, OLD, OLD, NEW, refusals=[BUSY, BUSY]), Clock()

    shift(store, endpoints, clock)

    assert len(endpoints.calls) == 3
    assert clock.slept == [1, 1]


def test_an_endpoint_that_stays_busy_is_given_up_on_and_the_table_left_alone(
    store: RoutingStore, live: Routing
) -> None:
    endpoints, clock = ScriptedEndpoints(OLD, refusals=[BUSY] * 9), Clock()

    with pytest.raises(EndpointBusy, match="sluice-flights is being changed"):
        shift(store, endpoints, clock, patience_seconds=3)

    assert clock.slept == [1, 1, 1]
    assert store.get("flights") == live


def test_weights_that_do_not_come_into_effect_are_not_reported_as_done(store: RoutingStore) -> None:
    endpoints, clock = ScriptedEndpoints(OLD, SHIFTING, OLD), Clock()  # SageMaker took the change back

    with pytest.raises(EndpointBusy, match="sluice-flights has not taken the weights yet"):
        shift(store, endpoints, clock, patience_seconds=3)


def test_a_model_that_was_never_deployed_is_not_found(store: RoutingStore) -> None:
    with pytest.raises(ModelNotFound, match="churn has no routing table"):
        set_weights(
            "churn", HALF, store=store, endpoints=ScriptedEndpoints(None), sleep=Clock().sleep, patience_seconds=0
        )


def test_an_endpoint_that_is_gone_is_said_to_be_gone(store: RoutingStore) -> None:
    with pytest.raises(EndpointNotFound, match="there is no endpoint sluice-flights"):
        shift(store, ScriptedEndpoints(None), Clock())


def test_weights_that_cannot_be_served_never_reach_the_endpoint(store: RoutingStore) -> None:
    endpoints = ScriptedEndpoints(OLD)

    with pytest.raises(InvalidWeights):
        set_weights(
            "flights",
            {"champion": 50, "challenger-2": 50},
            store=store,
            endpoints=endpoints,
            sleep=Clock().sleep,
            patience_seconds=0,
        )

    assert endpoints.calls == []
