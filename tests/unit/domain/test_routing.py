from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.errors import InvalidWeights, ModelNotFound
from sluice.domain.routing import Interleaving, Preview, Routing
from tests.builders import a_routing


def test_other_weights_are_the_next_revision() -> None:
    routing = a_routing(champion=90, challenger=10, revision=4)

    shifted = routing.with_weights({"champion": 75, "challenger": 25})

    assert (shifted.weights, shifted.revision) == ({"champion": 75, "challenger": 25}, 5)
    assert (routing.weights, routing.revision) == ({"champion": 90, "challenger": 10}, 4)


def test_a_variant_left_out_of_new_weights_gets_none_of_the_traffic() -> None:
    shifted = a_routing(champion=90, challenger=10).with_weights({"champion": 100})

    assert shifted.weights == {"champion": 100, "challenger": 0}


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        (
            {"champion": 90, "challenger-2": 10},
            r"the endpoint has \['challenger', 'champion'\], not \['challenger-2'\]",
        ),
        ({"champion": 90}, "must sum to 100, got champion 90 \\+ challenger 0 = 90"),
    ],
)
def test_weights_the_endpoint_cannot_have_are_refused(weights: dict[str, int], reason: str) -> None:
    with pytest.raises(InvalidWeights, match=reason):
        a_routing(champion=90, challenger=10).with_weights(weights)


def test_a_declared_variant_joins_without_traffic_and_live_ones_stay() -> None:
    live = a_routing(champion=60, challenger=40, revision=7)
    declared = a_routing(champion=80, challenger=10, challenger_2=10)

    joined = live.with_declared_variants(declared)

    assert joined.weights == {"champion": 60, "challenger": 40, "challenger-2": 0}
    assert joined.versions == {**live.versions, "challenger-2": "3"}
    assert joined.revision == 8


def test_a_declaration_with_nothing_new_changes_nothing() -> None:
    live = a_routing(champion=60, challenger=40)

    assert live.with_declared_variants(a_routing(champion=100)) is live


def test_a_version_is_found_in_its_variant() -> None:
    assert a_routing(champion=90, challenger=10).variant_of_version("2") == "challenger"


def test_a_version_nobody_serves_is_answered_with_those_served() -> None:
    with pytest.raises(ModelNotFound, match=r"flights has no version 9; it serves \['1', '2'\]"):
        a_routing(champion=90, challenger=10).variant_of_version("9")


def test_a_variant_needs_both_a_weight_and_a_version() -> None:
    form = a_routing(champion=90, challenger=10).to_dict()

    with pytest.raises(InvalidWeights, match="each variant has a weight and a version"):
        Routing.from_dict({**form, "versions": {"champion": "1"}})


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 100), st.integers(0, 10**9))
def test_a_table_is_read_back_as_it_was_written(challenger: int, revision: int) -> None:
    routing = a_routing(champion=100 - challenger, challenger=challenger, revision=revision)

    assert Routing.from_dict(routing.to_dict()) == routing


def test_only_a_variant_of_the_table_can_be_previewed() -> None:
    routing = a_routing(champion=100, challenger=0)

    with pytest.raises(InvalidWeights, match="challenger-2 is to be previewed, but there are"):
        replace(routing, preview=Preview("challenger-2", units=frozenset({"tester"})))
    assert Routing.from_dict(replace(routing, preview=Preview("challenger")).to_dict()).preview == Preview("challenger")


BOTH = replace(a_routing(champion=100, challenger=0), interleaving=Interleaving("challenger"))


def test_interleaving_is_read_back_as_written_and_tables_of_before_have_none() -> None:
    form = BOTH.to_dict()

    assert Routing.from_dict(form) == BOTH
    del form["interleaving"]
    assert Routing.from_dict(form).interleaving is None


@pytest.mark.parametrize("treatment", ["champion", "challenger-2"])
def test_the_champion_is_interleaved_with_another_variant_that_is_there(treatment: str) -> None:
    with pytest.raises(InvalidWeights, match=r"beside which there are \['challenger'\]"):
        replace(BOTH, interleaving=Interleaving(treatment))


def test_weights_mean_those_weights_and_nothing_beside_them() -> None:
    assert BOTH.with_weights({"champion": 100}).interleaving is None


def test_a_declared_variant_that_joins_ends_no_interleaving() -> None:
    joined = BOTH.with_declared_variants(a_routing(champion=80, challenger=10, challenger_2=10))

    assert joined.interleaving == Interleaving("challenger")
