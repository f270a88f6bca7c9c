import pytest

from sluice.domain.errors import ModelNotFound, RoutingUnavailable
from sluice.service.routing_cache import RoutingCache
from tests.builders import Clock, ScriptedStore, a_routing

AWAY = RoutingUnavailable("DynamoDB is away")


def a_cache(store: ScriptedStore, clock: Clock) -> RoutingCache:
    return RoutingCache(store, models=["flights", "churn"], fresh_seconds=5, clock=clock)


def test_a_table_is_read_once_in_its_fresh_seconds() -> None:
    clock, store = Clock(), ScriptedStore(a_routing(revision=1), a_routing(revision=2))
    cache = a_cache(store, clock)

    revisions = []
    for pause in (0, 4.9, 0.1, 0):
        clock.sleep(pause)
        revisions.append(cache.get("flights").routing.revision)

    assert revisions == [1, 1, 2, 2]
    assert store.reads == 2


def test_an_old_table_is_served_while_dynamodb_is_away_and_says_so() -> None:
    clock, store = Clock(), ScriptedStore(a_routing(revision=1), AWAY, AWAY, a_routing(revision=2))
    cache = a_cache(store, clock)

    seen = []
    for pause in (0, 5, 1, 5, 5):
        clock.sleep(pause)
        held = cache.get("flights")
        seen.append((held.routing.revision, held.is_stale))

    assert seen == [(1, False), (1, True), (1, True), (1, True), (2, False)]
    assert store.reads == 4  # an absent DynamoDB is asked no more often than a present one


def test_who_holds_no_copy_asks_once_more() -> None:
    store = ScriptedStore(AWAY, a_routing(revision=1))

    held = a_cache(store, Clock()).get("flights")

    assert (held.routing.revision, held.is_stale, store.reads) == (1, False, 2)


def test_without_even_an_old_table_nothing_is_known() -> None:
    store = ScriptedStore(AWAY)

    with pytest.raises(RoutingUnavailable, match="DynamoDB is away"):
        a_cache(store, Clock()).get("flights")

    assert store.reads == 2


def test_a_declared_model_without_a_table_is_not_deployed_yet() -> None:
    cache = a_cache(ScriptedStore(None), Clock())

    with pytest.raises(RoutingUnavailable, match="flights is declared, but its endpoint has not been deployed yet"):
        cache.get("flights")


def test_a_model_of_another_deployment_is_never_looked_up() -> None:
    store = ScriptedStore(a_routing())

    with pytest.raises(ModelNotFound, match=r"there is no model fraud; this deployment serves \['churn', 'flights'\]"):
        a_cache(store, Clock()).get("fraud")

    assert store.reads == 0
