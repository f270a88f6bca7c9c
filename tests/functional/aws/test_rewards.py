"""Counters of rewards, by when their predictions were made."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from moto import mock_aws

from sluice.aws.rewards import Rewards
from sluice.domain.feedback.totals import Totals
from tests.feedback_builders import CHALLENGER, CHAMPION, T0, World, answered, said

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World()


def test_only_predictions_of_whole_buckets_are_read(world: World) -> None:
    for minutes in (0, 4, 5, 12):
        world.index(answered(f"p-{minutes}", at=T0 + minutes * MINUTE), name=str(minutes))
        world.say(said(f"p-{minutes}"))
    rewards = Rewards(world.items)

    def exposed(start: int, end: int) -> int:
        found = rewards.between("flights", "click", start=T0 + start * MINUTE, end=T0 + end * MINUTE)
        assert all(totals.n == totals.exposures for totals in found.values())
        return sum(totals.exposures for totals in found.values())

    assert [exposed(0, 4), exposed(0, 5), exposed(0, 10), exposed(1, 14), exposed(1, 15)] == [0, 2, 3, 1, 2]


def test_versions_of_one_variant_are_told_apart(world: World) -> None:
    later = replace(CHALLENGER, version="3")
    world.index(answered("p-1", CHALLENGER), answered("p-2", later), name="a")
    world.index(answered("p-3", CHAMPION), name="b")
    world.say(said("p-2", 0.5))

    found = Rewards(world.items).between("flights", "click", start=T0, end=T0 + 5 * MINUTE)

    assert found == {
        ("challenger", "2"): Totals(exposures=1),
        ("challenger", "3"): Totals(exposures=1, n=1, total=0.5, total_sq=0.25),
        ("champion", "1"): Totals(exposures=1),
    }


def test_other_goals_and_models_are_not_read(world: World) -> None:
    world.index(answered("p-1"))
    world.say(said("p-1"))
    rewards = Rewards(world.items)

    assert rewards.between("flights", "other", start=T0, end=T0 + 5 * MINUTE) == {
        ("champion", "1"): Totals(exposures=1)
    }
    assert rewards.between("other", "click", start=T0, end=T0 + 5 * MINUTE) == {}


def test_many_rewards_of_one_bucket_are_spread_over_items_and_add_up_exactly(world: World) -> None:
    ids = [f"p-{number}" for number in range(40)]
    world.index(*(answered(each) for each in ids))

    for each in ids:
        world.say(said(each, 0.1))

    counters = {item["sk"]["S"] for item in world.stored() if "REWARDS" in item["pk"]["S"]}
    assert 4 < len(counters) <= 8
    assert world.totals()["1"].total == pytest.approx(4.0, abs=1e-12)
