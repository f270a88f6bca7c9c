from math import inf

import pytest

from sluice.domain.errors import InvalidPlan
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.stage import Kind, Stage


@pytest.mark.parametrize("preset", ["ab_test", "bandit"])
def test_how_long_rewards_take_is_part_of_the_plan(preset: str) -> None:
    usual, quick = (read_plan({"plan": preset, "goal": "booked", **more}) for more in ({}, {"maturation_minutes": 5}))

    assert (usual.stages[0].maturation_minutes, quick.stages[0].maturation_minutes) == (60, 5)
    assert Stage.from_dict(quick.stages[0].to_dict()) == quick.stages[0]


@pytest.mark.parametrize("minutes", [-1, inf])
def test_rewards_that_never_come_decide_nothing(minutes: float) -> None:
    with pytest.raises(InvalidPlan, match="maturation_minutes are 0 or more"):
        Stage(Kind.AB_TEST, 50, goal="booked", maturation_minutes=minutes)
