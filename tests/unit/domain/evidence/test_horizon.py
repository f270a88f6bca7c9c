import random
from statistics import fmean, median

import pytest

from sluice.domain.evidence.counts import Epoch, EventKind, Tally
from sluice.domain.evidence.horizon import Horizon, Step, expected
from sluice.domain.evidence.judgement import Rules, Verdict, judge

ERRORS, SLOW, BREACHES = EventKind
ONLY_ERRORS = Rules(floor_rates={ERRORS: 0.001})
PLAN = [Step(2, 0.1), Step(2, 0.3), Step(0, 0.5)]


def at(requests_per_minute: float, error_rate: float, rules: Rules = ONLY_ERRORS) -> Horizon:
    return expected(rules, PLAN, requests_per_minute=requests_per_minute, base_rates={ERRORS: error_rate})


def simulated(times_worse: float, verdict: Verdict, *, runs: int) -> list[int]:
    """Minutes to the verdict at 1,000 requests a minute and 2 % errors."""
    generator, minutes = random.Random(5), []  # noqa: S311  a simulation
    for _ in range(runs):
        epochs: list[Epoch] = []
        while not epochs or judge(ONLY_ERRORS, epochs, minutes=len(epochs)).verdict is not verdict:
            share = 0.1 if len(epochs) < 2 else 0.3 if len(epochs) < 4 else 0.5
            challenger = Tally(round(1000 * share), {ERRORS: poisson(generator, 20 * share * times_worse)})
            champion = Tally(round(1000 * (1 - share)), {ERRORS: poisson(generator, 20 * (1 - share))})
            epochs.append(Epoch(share, challenger, champion))
            if len(epochs) == 100:
                break
        minutes.append(len(epochs))
    return minutes


def poisson(generator: random.Random, mean: float) -> int:
    """Arrivals in one unit of time at exponential distances."""
    arrivals, clock = 0, generator.expovariate(mean)
    while clock < 1:
        arrivals, clock = arrivals + 1, clock + generator.expovariate(mean)
    return arrivals


def test_the_time_to_roll_back_is_what_a_simulation_takes() -> None:
    (errors,) = at(1000, 0.02).kinds

    assert errors.minutes_to_roll_back == pytest.approx(median(simulated(2.0, Verdict.FAIL, runs=60)), rel=0.3)


def test_the_time_to_promote_is_about_the_mean_of_a_simulation() -> None:
    minutes = simulated(1.0, Verdict.PASS, runs=60)

    assert at(1000, 0.02).minutes_to_promote == pytest.approx(fmean(minutes), rel=0.3)


def test_a_tenth_of_the_traffic_takes_ten_times_as_long() -> None:
    plenty, little = (
        expected(ONLY_ERRORS, [Step(0, 0.5)], requests_per_minute=requests, base_rates={ERRORS: 0.02})
        for requests in (1000, 100)
    )

    assert plenty.minutes_to_promote
    assert little.minutes_to_promote == pytest.approx(10 * plenty.minutes_to_promote, rel=0.05)


def test_a_decision_takes_so_many_events_whatever_their_rate() -> None:
    few, many = at(10_000, 0.005).kinds[0], at(1000, 0.05).kinds[0]

    assert few.events_to_roll_back
    assert few.events_to_roll_back == pytest.approx(many.events_to_roll_back, rel=0.1)
    assert 80 < few.events_to_roll_back < 200


def test_nothing_is_promoted_before_the_minutes_and_requests_it_needs() -> None:
    minutes = Rules(floor_rates={ERRORS: 0.001}, min_minutes=12)
    requests = Rules(floor_rates={ERRORS: 0.001}, min_requests=100_000)

    assert at(100_000, 0.02, minutes).minutes_to_promote == pytest.approx(12, rel=0.02)
    assert (at(10_000, 0.02, requests).minutes_to_promote or 0) > 20


def test_where_evidence_cannot_come_in_time_that_is_said() -> None:
    horizon = at(0.5, 0.002)

    assert horizon.minutes_to_promote is None
    assert horizon.kinds[0].minutes_to_roll_back is None
    assert str(horizon) == (
        "errors at 0.200%: an equal version passes after more than 30 days; "
        "one 2 times worse would not be rolled back within 30 days"
    )


def test_what_stays_below_the_floor_passes_and_is_never_rolled_back() -> None:
    (breaches,) = expected(Rules(floor_rates={BREACHES: 0.001}), PLAN, requests_per_minute=6000, base_rates={}).kinds

    assert breaches.minutes_to_promote
    assert breaches.minutes_to_promote < 10
    assert breaches.minutes_to_roll_back is None
    assert str(breaches).endswith("one 2 times worse is below the floor and would not be rolled back")


def test_a_rollout_is_promoted_when_the_slowest_kind_is() -> None:
    horizon = expected(Rules(), PLAN, requests_per_minute=600, base_rates={ERRORS: 0.005, SLOW: 0.05})

    minutes = {kind.kind: kind.minutes_to_promote or 0 for kind in horizon.kinds}
    assert horizon.minutes_to_promote == minutes[ERRORS] == max(minutes.values())


@pytest.mark.parametrize(
    ("minutes", "said"), [(0.2, "a minute"), (24, "24 minutes"), (300, "5 hours"), (3 * 24 * 60, "3 days")]
)
def test_times_are_said_as_people_say_them(minutes: float, said: str) -> None:
    patient = Rules(floor_rates={ERRORS: 0.001}, min_minutes=minutes)

    horizon = expected(patient, [Step(0, 0.5)], requests_per_minute=1e7, base_rates={ERRORS: 0.02})

    assert f"an equal version passes after {said}; one 2 times worse is rolled back after a minute, " in str(horizon)


@pytest.mark.parametrize(
    ("plan", "requests_per_minute"), [([], 10), (PLAN, 0), ([Step(1, 0.0)], 10), ([Step(1, 1.0)], 10)]
)
def test_where_nothing_is_compared_nothing_is_expected(plan: list[Step], requests_per_minute: float) -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        expected(Rules(), plan, requests_per_minute=requests_per_minute, base_rates={})
