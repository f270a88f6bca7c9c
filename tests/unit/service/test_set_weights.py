from collections.abc import Mapping
from dataclasses import replace

import pytest

from sluice.aws.state import RoutingStore
from sluice.domain.errors import (
    EndpointBusy,
    EndpointNotFound,
    InvalidWeights,
    ModelNotFound,
    RoutingUnavailable,
    SluiceError,
    StaleWrite,
)
from sluice.domain.routing import Interleaving, Routing
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


class BrokenStore(RoutingStore):
    """Can be read, and refuses to be written."""

    def __init__(self, store: RoutingStore, refusal: SluiceError) -> None:
        super().__init__(store._client, table=store._table)
        self._refusal = refusal

    def put(self, routing: Routing) -> None:  # noqa: ARG002  refused whatever it is
        raise self._refusal


def shift(
    store: RoutingStore,
    endpoints: ScriptedEndpoints,
    clock: Clock,
    weights: Mapping[str, int] = HALF,
    *,
    patience_seconds: float = 10,
) -> Routing:
    return set_weights(
        "flights",
        weights,
        store=store,
        endpoints=endpoints,
        sleep=clock.sleep,
        patience_seconds=patience_seconds,
        routing_seconds=5,
    )


def test_weights_go_to_the_endpoint_then_to_the_table_and_are_waited_for(store: RoutingStore) -> None:
    endpoints, clock = ScriptedEndpoints(OLD, SHIFTING, SHIFTING, NEW), Clock()

    routing = shift(store, endpoints, clock)

    assert endpoints.calls == [("sluice-flights", HALF)]
    assert (routing.weights, routing.revision) == (HALF, 1)
    assert store.get("flights") == routing
    assert clock.slept == [1, 1, 3]  # the endpoint, then the rest of the time for which an old table is held


@pytest.mark.parametrize(("looks", "slept"), [(0, [5]), (5, [1] * 5), (8, [1] * 8)])
def test_weights_are_in_effect_when_the_endpoint_has_them_and_nobody_holds_an_old_table(
    store: RoutingStore, looks: int, slept: list[float]
) -> None:
    endpoints, clock = ScriptedEndpoints(OLD, *[SHIFTING] * looks, NEW), Clock()

    shift(store, endpoints, clock)

    assert clock.slept == slept


def test_weights_that_are_already_so_change_nothing_and_are_not_waited_for(store: RoutingStore, live: Routing) -> None:
    endpoints, clock = ScriptedEndpoints(OLD), Clock()

    routing = shift(store, endpoints, clock, live.weights)

    assert clock.slept == []
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
    assert clock.slept[:2] == [1, 1]


def test_an_endpoint_that_stays_busy_is_given_up_on_and_the_table_left_alone(
    store: RoutingStore, live: Routing
) -> None:
    endpoints, clock = ScriptedEndpoints(OLD, refusals=[BUSY] * 9), Clock()

    with pytest.raises(EndpointBusy, match="sluice-flights is being changed; nothing has been changed"):
        shift(store, endpoints, clock, patience_seconds=3)

    assert clock.slept == [1, 1, 1]
    assert store.get("flights") == live


def test_weights_that_do_not_come_into_effect_are_not_reported_as_done(store: RoutingStore) -> None:
    endpoints, clock = ScriptedEndpoints(OLD, SHIFTING, OLD), Clock()  # SageMaker took the change back

    half = "the routing table has the weights, but sluice-flights has not taken the weights yet"
    with pytest.raises(EndpointBusy, match=f"{half}: doing the same again finishes it"):
        shift(store, endpoints, clock, patience_seconds=3)


@pytest.mark.parametrize("refusal", [StaleWrite("somebody was first"), RoutingUnavailable("DynamoDB is away")])
def test_what_the_endpoint_accepted_and_the_table_did_not_is_said(store: RoutingStore, refusal: SluiceError) -> None:
    half = f"sluice-flights has accepted the weights, but {refusal}: doing the same again finishes it"

    with pytest.raises(type(refusal), match=half):
        shift(BrokenStore(store, refusal), ScriptedEndpoints(OLD, NEW), Clock())


def test_doing_the_same_again_finishes_what_was_left_half_done(store: RoutingStore) -> None:
    endpoints = ScriptedEndpoints(OLD, SHIFTING, SHIFTING, NEW)
    with pytest.raises(EndpointBusy):
        shift(store, endpoints, Clock(), patience_seconds=0)

    routing = shift(store, endpoints, Clock())

    assert len(endpoints.calls) == 1
    assert store.get("flights") == routing
    assert routing.weights == HALF


def test_a_model_that_was_never_deployed_is_not_found(store: RoutingStore) -> None:
    with pytest.raises(ModelNotFound, match="churn has no routing table"):
        set_weights(
            "churn",
            HALF,
            store=store,
            endpoints=ScriptedEndpoints(None),
            sleep=Clock().sleep,
            patience_seconds=0,
            routing_seconds=5,
        )


def test_an_endpoint_that_is_gone_is_said_to_be_gone(store: RoutingStore) -> None:
    with pytest.raises(EndpointNotFound, match="there is no endpoint sluice-flights"):
        shift(store, ScriptedEndpoints(None), Clock())


def test_weights_that_cannot_be_served_never_reach_the_endpoint(store: RoutingStore) -> None:
    endpoints = ScriptedEndpoints(OLD)

    with pytest.raises(InvalidWeights):
        shift(store, endpoints, Clock(), {"champion": 50, "challenger-2": 50})

    assert endpoints.calls == []


def test_weights_that_are_so_already_end_an_interleaving(store: RoutingStore, live: Routing) -> None:
    on = replace(live, interleaving=Interleaving("challenger"), revision=1)
    store.put(on)

    shift(store, ScriptedEndpoints(OLD), Clock(), live.weights)

    assert store.get("flights") == replace(on, interleaving=None, revision=2, author="by hand")
