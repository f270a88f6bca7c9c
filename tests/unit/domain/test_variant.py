import pytest

from sluice.domain.errors import InvalidWeights
from sluice.domain.variant import check_weights, in_order, is_slot


@pytest.mark.parametrize("name", ["champion", "challenger", "challenger-2", "challenger-9"])
def test_the_slots_have_fixed_names(name: str) -> None:
    assert is_slot(name)


@pytest.mark.parametrize(
    "name", ["Champion", "challenger_2", "challenger-1", "challenger-10", "champion-2", "champion\n", "", "shadow"]
)
def test_other_names_are_no_slots(name: str) -> None:
    assert not is_slot(name)


def test_the_champion_is_listed_first() -> None:
    assert in_order({"challenger-2", "champion", "challenger"}) == ["champion", "challenger", "challenger-2"]


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        ({"champion": 90, "canary": 10}, r"variants are champion, challenger.*got \['canary'\]"),
        ({"challenger": 100}, "a champion is needed"),
        ({}, "a champion is needed"),
        ({"champion": 110, "challenger": -10}, r"from 0 to 100, got \{'champion': 110, 'challenger': -10\}"),
        ({"champion": 0, "challenger": 0}, r"sum to 100, got champion 0 \+ challenger 0 = 0"),
        ({"champion": 90, "challenger": 11}, r"sum to 100, got champion 90 \+ challenger 11 = 101"),
    ],
)
def test_weights_that_cannot_be_served_are_refused_with_the_reason(weights: dict[str, int], reason: str) -> None:
    with pytest.raises(InvalidWeights, match=reason):
        check_weights(weights)


def test_a_champion_may_have_no_traffic() -> None:
    check_weights({"champion": 0, "challenger": 100})
