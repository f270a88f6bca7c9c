from dataclasses import replace

import pytest

from sluice.aws.state import RoutingStore
from sluice.domain.errors import StaleWrite
from sluice.domain.routing import Routing
from sluice.service.declare_routing import declare_release, declare_routing
from tests.builders import a_routing
from tests.functional.release_world import World

DECLARED = replace(a_routing(champion=90, challenger=10), author="deploy")


class RacedStore(RoutingStore):
    """A store where a release writes first, so many times, between our read and our write."""

    def __init__(self, store: RoutingStore, races: int) -> None:
        self._store = store
        self._races = races

    def get(self, model: str) -> Routing | None:
        return self._store.get(model)

    def put(self, routing: Routing) -> None:
        if self._races:
            self._races -= 1
            current = self._store.get(routing.model)
            self._store.put(a_routing() if current is None else replace(current, revision=current.revision + 1))
        self._store.put(routing)


def test_a_new_model_gets_the_declared_table(store: RoutingStore) -> None:
    written = declare_routing(DECLARED, store)

    assert written == DECLARED
    assert store.get("flights") == DECLARED


def test_a_model_that_has_a_table_keeps_it(store: RoutingStore) -> None:
    live = a_routing(champion=60, challenger=40)
    store.put(live)

    written = declare_routing(DECLARED, store)

    assert written == live
    assert store.get("flights") == live


def test_a_slot_the_table_lacks_joins_without_traffic(store: RoutingStore) -> None:
    store.put(a_routing())

    written = declare_routing(DECLARED, store)

    assert (written.weights, written.revision) == ({"champion": 100, "challenger": 0}, 1)
    assert store.get("flights") == written


@pytest.mark.parametrize("races", [1, 2])
def test_a_lost_race_is_read_and_decided_again(store: RoutingStore, races: int) -> None:
    written = declare_routing(DECLARED, RacedStore(store, races))

    assert written.weights == {"champion": 100, "challenger": 0}
    assert store.get("flights") == written


def test_three_lost_races_are_given_up_on(store: RoutingStore) -> None:
    with pytest.raises(StaleWrite, match="the routing table of flights was changed by somebody else"):
        declare_routing(DECLARED, RacedStore(store, races=3))


def test_what_is_declared_of_releases_is_written_by_every_deploy(world: World) -> None:
    declarations = world.services().declarations
    before = declarations.get("flights")

    world.stack.instance_type = "ml.g6.2xlarge"
    world.stack.deploy(champion="v1")

    after = declarations.get("flights")
    assert before is not None
    assert after is not None
    assert after.declaration.shape["InstanceType"] == "ml.g6.2xlarge"
    assert after.config_name == world.endpoint().config.name != before.config_name


def test_a_stack_that_says_nothing_of_releases_changes_nothing(world: World) -> None:
    declarations = world.services().declarations
    before = declarations.get("flights")

    declare_release("flights", None, declarations)

    assert declarations.get("flights") == before
