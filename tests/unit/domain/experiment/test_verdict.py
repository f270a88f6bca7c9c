import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.experiment import Experiment, Phase
from sluice.domain.experiment.goal import Goal, GoalKind
from sluice.domain.experiment.observation import Arm, Observation, Stratum
from sluice.domain.experiment.verdict import Conclusion, Verdict, conclude

T0 = datetime(2026, 11, 22, 10, tzinfo=UTC)
HALF = {"champion": 50, "challenger": 50}
THIRDS = {"champion": 34, "challenger": 33, "challenger-2": 33}
BOOKED = Goal("booked")


def an_experiment(goal: Goal = BOOKED, *, weights: dict[str, int] = HALF, **fields: Any) -> Experiment:
    pending = Experiment("e1", "flights", tuple(weights), weights, goal, "s", "ada", **fields)
    return pending.entering(Phase.RUNNING, now=T0)


def binary(n: int, successes: float) -> Sums:
    return Sums(n, successes, successes)


def amounts(n: int, mean: float, deviation: float) -> Sums:
    return Sums(n, n * mean, n * (mean**2 + deviation**2))


def seen(weights: dict[str, int] = HALF, units: dict[str, int] | None = None, **outcomes: Sums) -> Observation:
    sums = {variant.replace("_", "-"): each for variant, each in outcomes.items()}
    return Observation(
        (Stratum(weights, {slot: Arm((units or {}).get(slot, each.n), each) for slot, each in sums.items()}),)
    )


def concluded(
    experiment: Experiment, observation: Observation, *, per_hour: float = 1000, days: float = 1
) -> Conclusion:
    return conclude(experiment, observation, outcomes_per_hour=per_hour, now=T0 + timedelta(days=days))


def test_a_better_treatment_ships_with_its_numbers() -> None:
    conclusion = concluded(an_experiment(), seen(champion=binary(10_000, 1000), challenger=binary(10_000, 1250)))

    assert (conclusion.verdict, conclusion.winner) == (Verdict.SHIP, "challenger")
    assert conclusion.sentence == (
        "Ship challenger: it is better. booked +2.50 points against control, between +1.10 points and +3.90 points, "
        "after 20,000 outcomes."
    )
    interval = conclusion.comparisons[0].interval
    assert interval is not None
    assert interval.low > 0
    assert conclusion.comparisons[0].hours_left == 0


def test_a_worse_treatment_stops() -> None:
    conclusion = concluded(an_experiment(), seen(champion=binary(10_000, 1250), challenger=binary(10_000, 1000)))

    assert (conclusion.verdict, conclusion.winner) == (Verdict.STOP, None)
    assert conclusion.sentence.startswith("Stop challenger: it is worse. booked -2.50 points")


def test_where_less_is_better_less_ships() -> None:
    seconds = Goal("seconds", GoalKind.MEAN, higher_is_better=False, cap=100)
    observation = seen(champion=amounts(5000, 12, 3), challenger=amounts(5000, 11, 3))

    conclusion = concluded(an_experiment(seconds), observation)

    assert conclusion.verdict is Verdict.SHIP
    assert "seconds -1 against control" in conclusion.sentence


def test_a_treatment_that_cannot_reach_what_matters_stops_though_it_is_not_worse() -> None:
    goal = Goal("booked", minimum_effect=0.02)

    conclusion = concluded(an_experiment(goal), seen(champion=binary(50_000, 5000), challenger=binary(50_000, 5100)))

    assert conclusion.verdict is Verdict.STOP
    assert "it does not reach the +2.00 points that matter" in conclusion.sentence


def test_the_undecided_keeps_going_and_says_how_long() -> None:
    conclusion = concluded(an_experiment(), seen(champion=binary(2000, 200), challenger=binary(2000, 230)))

    assert conclusion.verdict is Verdict.KEEP_GOING
    assert conclusion.comparisons[0].hours_left == pytest.approx(14, abs=4)
    assert "not decided yet, about 1" in conclusion.sentence


@pytest.mark.parametrize(
    ("challenger", "per_hour"), [(binary(2000, 200), 1000.0), (binary(2000, 230), 0.0)], ids=["equal", "no traffic"]
)
def test_where_no_end_is_in_sight_it_says_so(challenger: Sums, per_hour: float) -> None:
    observation = seen(champion=binary(2000, 200), challenger=challenger)

    conclusion = concluded(an_experiment(), observation, per_hour=per_hour)

    assert conclusion.comparisons[0].hours_left is None
    assert "no end in sight" in conclusion.sentence


@pytest.mark.parametrize(
    ("goal", "observation", "words"),
    [
        (BOOKED, Observation(), "no outcomes of both variants yet"),
        (BOOKED, seen(champion=binary(4, 2), challenger=Sums()), "no outcomes of both"),
        (BOOKED, seen(champion=binary(99, 0), challenger=binary(120, 99)), "99 outcomes of 100"),
        (BOOKED, seen(champion=binary(5000, 0), challenger=binary(5000, 9)), "9 events of 10"),
        (BOOKED, seen(champion=binary(5000, 5000), challenger=binary(5000, 4991)), "9 events of 10"),
        (
            Goal("revenue", GoalKind.MEAN, cap=9),
            seen(champion=amounts(500, 1, 0), challenger=amounts(500, 2, 1)),
            "all outcomes of a variant are equal",
        ),
    ],
)
def test_too_little_is_never_a_verdict(goal: Goal, observation: Observation, words: str) -> None:
    conclusion = concluded(an_experiment(goal), observation)

    assert conclusion.verdict is Verdict.KEEP_GOING
    assert words in conclusion.sentence
    assert conclusion.comparisons[0].interval is None


@pytest.mark.parametrize("observation", [Observation(), seen(champion=binary(900, 90), challenger=binary(900, 91))])
def test_undecided_at_the_horizon_a_person_decides(observation: Observation) -> None:
    conclusion = concluded(an_experiment(horizon_days=14), observation, days=14)

    assert conclusion.verdict is Verdict.HOLD
    assert conclusion.sentence.startswith("Hold: undecided after 14 days, a person decides.")


def test_units_split_otherwise_than_asked_hold_the_best_of_results() -> None:
    conclusion = concluded(an_experiment(), seen(champion=binary(10_000, 1000), challenger=binary(9_000, 1800)))

    assert (conclusion.verdict, conclusion.winner) == (Verdict.HOLD, None)
    assert "units are not split as the weights say" in conclusion.sentence
    assert "champion 10,000, challenger 9,000" in conclusion.sentence


def test_of_several_better_treatments_the_best_ships() -> None:
    observation = seen(
        THIRDS,
        champion=binary(10_200, 1000),
        challenger=binary(9_900, 1400),
        challenger_2=binary(9_900, 1500),
    )

    conclusion = concluded(an_experiment(weights=THIRDS), observation)

    assert (conclusion.verdict, conclusion.winner) == (Verdict.SHIP, "challenger-2")
    assert [each.verdict for each in conclusion.comparisons] == [Verdict.SHIP, Verdict.SHIP]


def test_one_treatment_out_of_two_that_stops_does_not_stop_the_experiment() -> None:
    observation = seen(
        THIRDS, champion=binary(10_200, 1020), challenger=binary(9_900, 700), challenger_2=binary(9_900, 1010)
    )

    conclusion = concluded(an_experiment(weights=THIRDS), observation)

    assert conclusion.verdict is Verdict.KEEP_GOING
    assert [each.verdict for each in conclusion.comparisons] == [Verdict.STOP, Verdict.KEEP_GOING]


def test_more_treatments_share_alpha_and_get_wider_intervals() -> None:
    sums = {"champion": binary(9000, 900), "challenger": binary(9000, 900)}
    observation = Observation((Stratum(HALF, {slot: Arm(9000, each) for slot, each in sums.items()}),))

    two = concluded(an_experiment(), observation).comparisons[0].interval
    three = concluded(an_experiment(weights=THIRDS), observation).comparisons[0].interval

    assert two is not None
    assert three is not None
    assert three.high > 1.05 * two.high


def test_looking_all_the_time_at_equal_variants_rarely_decides_anything() -> None:
    rng = Random(2026)  # noqa: S311  a simulation
    decided = 0
    for _ in range(60):
        arms = {"champion": Sums(), "challenger": Sums()}
        for _ in range(40):
            arms = {
                slot: sums + binary(100, sum(rng.random() < 0.1 for _ in range(100))) for slot, sums in arms.items()
            }
            if (
                concluded(an_experiment(), seen(champion=arms["champion"], challenger=arms["challenger"])).verdict
                is not Verdict.KEEP_GOING
            ):
                decided += 1
                break

    assert decided <= 3


def test_a_conclusion_can_be_shown_as_json() -> None:
    conclusion = concluded(an_experiment(), seen(champion=binary(2000, 200), challenger=binary(2000, 230)))

    form = json.loads(json.dumps(conclusion.to_dict()))

    assert form["verdict"] == "keep_going"
    assert form["comparisons"][0]["interval"]["estimate"] == pytest.approx(0.015)
