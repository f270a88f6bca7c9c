from math import inf, nan
from typing import Any

import pytest

from sluice.domain.errors import InvalidExperiment
from sluice.domain.experiment.goal import Goal, GoalKind


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": ""}, "needs the name"),
        ({"cap": 0}, "a number above 0, got 0"),
        ({"kind": GoalKind.MEAN, "cap": inf}, "a number above 0, got inf"),
        ({"kind": GoalKind.MEAN, "cap": nan}, "a number above 0, got nan"),
        ({"cap": 100}, "its cap is 1, got 100"),
        ({"minimum_effect": -0.1}, "at least 0 and below the cap of one reward, 1, got -0.1"),
        ({"minimum_effect": 1}, "got 1"),
        ({"minimum_effect": nan}, "got nan"),
    ],
)
def test_a_goal_that_cannot_decide_is_refused_with_the_reason(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidExperiment, match=reason):
        Goal(**{"name": "bought", **fields})


def test_a_goal_survives_its_json_form() -> None:
    goal = Goal("seconds", GoalKind.MEAN, higher_is_better=False, minimum_effect=0.5, cap=60, silence_is_zero=False)

    assert Goal.from_dict(goal.to_dict()) == goal


def test_what_a_goal_leaves_out_is_the_usual() -> None:
    assert Goal.from_dict({"name": "bought", "kind": "binary"}) == Goal("bought")
