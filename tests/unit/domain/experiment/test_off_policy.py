from collections.abc import Iterator
from functools import reduce
from math import inf, nan, sqrt
from random import Random

import pytest

from sluice.domain.errors import PropensityMissing
from sluice.domain.experiment.off_policy import Logged, LogSums, Modelled, OffPolicy, estimate

# Two groups of people, two variants, and what each variant earns with each group. The log draws the challenger for
# 20 % of everybody; the candidate sends group 1 to the challenger and group 0 to the champion.
EARNS = {(0, "champion"): 0.5, (0, "challenger"): 0.1, (1, "champion"): 0.2, (1, "challenger"): 0.6}
PROPENSITY = {"champion": 0.8, "challenger": 0.2}
TRUTH = (EARNS[0, "champion"] + EARNS[1, "challenger"]) / 2


def a_log(n: int, *, seed: int, model: dict[tuple[int, str], float] | None = None) -> Iterator[Logged]:
    rng = Random(seed)  # noqa: S311  a simulation
    for number in range(n):
        group = rng.randrange(2)
        variant = "challenger" if rng.random() < PROPENSITY["challenger"] else "champion"
        chosen = "challenger" if group else "champion"
        modelled = Modelled(model[group, variant], model[group, chosen]) if model else None
        reward = float(rng.random() < EARNS[group, variant])
        yield Logged(f"p-{number}", PROPENSITY[variant], reward, float(variant == chosen), modelled)


def estimated(answers: Iterator[Logged], *, clip: float = inf) -> OffPolicy:
    return estimate(reduce(LogSums.__add__, (LogSums.of(answer, clip=clip) for answer in answers)))


@pytest.mark.parametrize("model", [EARNS, dict.fromkeys(EARNS, 0.9)], ids=["good model", "wrong model"])
def test_all_three_estimates_find_what_the_candidate_would_earn(model: dict[tuple[int, str], float]) -> None:
    result = estimated(a_log(20_000, seed=4, model=model))

    assert result.doubly_robust is not None
    for value in (result.ips, result.self_normalised, result.doubly_robust):
        assert value.estimate == pytest.approx(TRUTH, abs=4 * value.standard_error)
        assert value.standard_error < 0.02
    assert result.findings == ()


def test_a_good_reward_model_takes_noise_away() -> None:
    result = estimated(a_log(5000, seed=4, model=EARNS))

    assert result.doubly_robust is not None
    assert result.doubly_robust.standard_error < 0.8 * result.ips.standard_error
    assert result.self_normalised.standard_error < result.ips.standard_error


def test_intervals_hold_the_truth_as_often_as_they_promise() -> None:
    results = [estimated(a_log(400, seed=seed, model=EARNS)) for seed in range(100)]

    for name in ("ips", "self_normalised", "doubly_robust"):
        covered = sum(getattr(one, name).low <= TRUTH <= getattr(one, name).high for one in results)
        assert covered >= 88


def test_the_logging_policy_itself_is_worth_what_it_earned() -> None:
    rewards = [1.0, 0.0, 1.0, 1.0]

    result = estimated(Logged(f"p-{n}", 0.5, reward, 0.5) for n, reward in enumerate(rewards))

    assert (result.ips.estimate, result.self_normalised.estimate) == (0.75, 0.75)
    assert result.ips.standard_error == pytest.approx(0.5 / sqrt(4))
    assert (result.answers, result.effective) == (4, 4)


@pytest.mark.parametrize("propensity", [None, 0, -0.1, 1.1, nan])
def test_an_answer_without_a_usable_propensity_is_refused_by_name(propensity: float | None) -> None:
    with pytest.raises(PropensityMissing, match=f"prediction p-7 was logged with propensity {propensity}"):
        Logged("p-7", propensity, 1, 1)


@pytest.mark.parametrize(("reward", "match"), [(nan, 1), (1, 1.5), (1, -1)])
def test_rewards_and_matches_that_are_none_are_refused(reward: float, match: float) -> None:
    with pytest.raises(ValueError, match="match is a probability"):
        Logged("p-7", 0.5, reward, match)


@pytest.mark.parametrize("sums", [LogSums(), LogSums.of(Logged("p", 0.5, 1, 0))], ids=["no log", "no match"])
def test_a_log_that_never_did_what_the_candidate_does_says_nothing(sums: LogSums) -> None:
    assert sums.effective == 0
    with pytest.raises(PropensityMissing, match=f"none of {sums.n} logged answers"):
        estimate(sums)


def test_few_effective_answers_are_a_finding_however_many_were_logged() -> None:
    rare = [Logged(f"p-{n}", 0.01, 1, float(n < 3)) for n in range(300)]

    result = estimated(iter(rare))

    assert result.effective == pytest.approx(3)
    assert result.findings[0].startswith("only 3 effective answers of 300")


def test_weights_are_cut_at_the_clip_and_that_is_a_finding() -> None:
    answers = [Logged("p-1", 0.01, 1, 1), *(Logged(f"q-{n}", 0.5, 0, 0.5) for n in range(200))]

    whole, cut = estimated(iter(answers)), estimated(iter(answers), clip=10)

    assert cut.ips.estimate == pytest.approx(10 / 201)
    assert whole.ips.estimate == pytest.approx(100 / 201)
    assert cut.effective > whole.effective
    assert cut.findings == ("1 of 201 weights were cut: the estimate leans towards what was logged",)


def test_propensities_that_are_not_those_of_the_log_give_themselves_away() -> None:
    wrong = (Logged(one.prediction_id, 0.25, one.reward, one.match) for one in a_log(5000, seed=4))

    assert "the weights average" in estimated(wrong).findings[0]


def test_without_a_model_for_each_answer_there_is_no_doubly_robust_estimate() -> None:
    with_model, without = Logged("p-1", 0.5, 1, 1, Modelled(0.5, 0.5)), Logged("p-2", 0.5, 1, 1)

    assert estimated(iter([with_model, with_model])).doubly_robust is not None
    assert estimated(iter([with_model, without])).doubly_robust is None


def test_one_answer_has_no_interval() -> None:
    result = estimated(iter([Logged("p-1", 0.5, 1, 1)]))

    assert (result.ips.low, result.ips.high) == (-inf, inf)
