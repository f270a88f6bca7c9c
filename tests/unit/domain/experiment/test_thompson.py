import json
from dataclasses import replace
from math import inf, nan
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.errors import InvalidReward
from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.goal import Goal, GoalKind
from sluice.domain.experiment.thompson import Belief, Shares, after_batch, share
from sluice.domain.variant import check_weights

BOOKED = Goal("booked")
REVENUE = Goal("revenue", GoalKind.MEAN, cap=1000)
TWO = ("champion", "challenger")
SLOTS = ("champion", "challenger", "challenger-2", "challenger-3")


def shared(beliefs: dict[str, Belief], *, goal: Goal = BOOKED, floor: int = 5, slots: tuple[str, ...] = TWO) -> Shares:
    return share(slots, beliefs, goal=goal, floor_percent=floor, rng=Random(1), draws=500)  # noqa: S311  a simulation


def binary(n: float, total: float) -> Belief:
    return Belief(n, total, total)


def amounts(n: int, mean: float, deviation: float) -> Belief:
    return Belief(n, n * mean, n * (mean**2 + deviation**2))


@pytest.mark.parametrize("goal", [BOOKED, REVENUE], ids=lambda goal: goal.kind)
def test_without_rewards_all_get_about_the_same(goal: Goal) -> None:
    weights = shared({}, goal=goal).weights

    assert weights["champion"] == pytest.approx(50, abs=4)


@pytest.mark.parametrize(
    ("goal", "better", "worse"),
    [
        (BOOKED, binary(1000, 200), binary(1000, 100)),
        (replace(BOOKED, higher_is_better=False), binary(1000, 100), binary(1000, 200)),
        (REVENUE, amounts(500, 12, 3), amounts(500, 10, 3)),
        (replace(REVENUE, higher_is_better=False), amounts(500, 10, 3), amounts(500, 12, 3)),
    ],
)
def test_the_better_variant_gets_all_but_the_floor(goal: Goal, better: Belief, worse: Belief) -> None:
    weights = shared({"champion": worse, "challenger": better}, goal=goal).weights

    assert weights == {"champion": 5, "challenger": 95}


def test_a_slow_reward_is_no_failure_because_only_mature_predictions_are_known() -> None:
    # 20 of 100 mature ones were rewarded; 900 are under way. Counted as failures they would make it 20 of 1,000.
    mature = shared({"champion": binary(1000, 120), "challenger": binary(100, 20)})
    pending_as_failures = shared({"champion": binary(1000, 120), "challenger": binary(1000, 20)})

    assert mature.weights["challenger"] > 90
    assert pending_as_failures.weights["challenger"] == 5


def test_one_who_knows_little_of_a_variant_still_tries_it() -> None:
    weights = shared({"champion": amounts(1000, 10, 3), "challenger": amounts(1, 8, 0)}, goal=REVENUE).weights

    assert 10 < weights["challenger"] < 50


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 4),
    st.lists(
        st.tuples(st.floats(0, 1e6), st.floats(-1e6, 1e9), st.floats(0, 1e12)),
        min_size=4,
        max_size=4,
    ),
    st.sampled_from([BOOKED, REVENUE]),
    st.integers(0, 25),
)
def test_whatever_is_reported_the_weights_can_be_served(
    count: int, reported: list[tuple[float, float, float]], goal: Goal, floor: int
) -> None:
    slots = SLOTS[:count]
    beliefs = {slot: Belief(*sums) for slot, sums in zip(slots, reported, strict=False)}

    weights = share(slots, beliefs, goal=goal, floor_percent=floor, rng=Random(3), draws=20).weights  # noqa: S311  a simulation

    check_weights(weights)
    assert list(weights) == list(slots)
    assert min(weights.values()) >= floor


def test_more_rewards_than_predictions_are_clamped_and_said_and_the_bandit_goes_on() -> None:
    result = shared({"champion": binary(10, 3), "challenger": binary(1, 2)})

    assert result.findings == (
        "challenger has 2 rewards of 1 mature predictions: counted as 1; look for rewards that were counted twice",
    )
    assert sum(result.weights.values()) == 100


def test_rewards_below_zero_of_a_binary_goal_are_clamped_and_said() -> None:
    result = shared({"challenger": Belief(10, -3, 3)})

    assert result.findings[0].startswith("challenger has -3 rewards of 10")
    assert result == shared({"challenger": Belief(10, -3, 3)})


@pytest.mark.parametrize("sums", [(nan, 0, 0), (1, inf, 0), (1, 0, nan), (-1, 0, 0), (1, 1, -1)])
def test_sums_that_are_none_are_refused(sums: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidReward, match="add up to finite numbers"):
        Belief(*sums)


def test_propensities_are_the_weights_as_probabilities() -> None:
    result = Shares({"champion": 95, "challenger": 5}, {"champion": 1, "challenger": 0})

    assert result.propensities == {"champion": 0.95, "challenger": 0.05}


def test_old_batches_fade() -> None:
    beliefs: dict[str, Belief] = {}
    for batch in ({"champion": binary(8, 4)}, {"champion": binary(8, 0), "challenger": binary(2, 2)}):
        beliefs = after_batch(beliefs, batch, discount=0.5)

    assert beliefs == {"champion": Belief(12, 2, 2), "challenger": Belief(2, 2, 2)}


def test_with_discounting_a_variant_that_has_become_the_best_wins() -> None:
    was_best, became_best = (
        {"champion": binary(100, 20), "challenger": binary(100, 10)},
        {
            "champion": binary(100, 20),
            "challenger": binary(100, 30),
        },
    )
    remembered: dict[str, Belief] = {}
    faded: dict[str, Belief] = {}
    for batch in [was_best] * 40 + [became_best] * 10:
        remembered = after_batch(remembered, batch, discount=1)
        faded = after_batch(faded, batch, discount=0.8)

    assert shared(remembered).weights["challenger"] == 5
    assert shared(faded).weights["challenger"] == 95


def test_the_same_seed_gives_the_same_shares() -> None:
    beliefs = {"champion": binary(100, 10), "challenger": binary(100, 12)}

    assert shared(beliefs) == shared(beliefs)


def test_a_floor_that_leaves_nothing_to_share_is_equal_weights() -> None:
    assert shared({"challenger": binary(1000, 900)}, floor=50).weights == {"champion": 50, "challenger": 50}


@pytest.mark.parametrize("floor", [-1, 51])
def test_a_floor_that_is_not_there_to_give_is_refused(floor: int) -> None:
    with pytest.raises(ValueError, match=f"2 variants cannot have {floor} % each"):
        shared({}, floor=floor)


def test_beliefs_come_from_outcomes_and_survive_their_json_form() -> None:
    belief = Belief.of(Sums.of(3) + Sums.of(4))

    assert belief == Belief(2, 7, 25)
    assert Belief.from_dict(json.loads(json.dumps(belief.to_dict()))) == belief
    assert Belief().spread == 0
