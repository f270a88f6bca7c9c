import json
import random
from math import inf, log, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.evidence.mean import Bounds, Moments, difference, half_width

observations = st.lists(st.integers(-1000, 1000), max_size=20)


def moments(values: list[int] | list[float]) -> Moments:
    return Moments(len(values), float(sum(values)), float(sum(value**2 for value in values)))


@settings(max_examples=60, deadline=None)
@given(observations, observations)
def test_summaries_add_up_to_the_summary_of_all(some: list[int], others: list[int]) -> None:
    assert moments(some) + moments(others) == moments(some + others)
    assert moments(some) + Moments() == moments(some)
    assert Moments.from_dict(json.loads(json.dumps(moments(some).to_dict()))) == moments(some)


def test_mean_and_variance_are_those_of_the_observations() -> None:
    summary = moments([1, 2, 3, 6])

    assert (summary.mean, summary.variance) == (3.0, 3.5)


@pytest.mark.parametrize("fields", [(-1, 0.0, 0.0), (1, 0.0, -1.0), (0, 1.0, 1.0), (0, 0.0, 1.0)])
def test_what_no_observations_could_give_is_refused(fields: tuple[int, float, float]) -> None:
    with pytest.raises(ValueError, match="no summary"):
        Moments(*fields)


def test_the_width_is_the_papers_formula() -> None:
    # rho = 1/10, n = 100, sigma = 1: n rho^2 + 1 = 2.
    alpha = 0.05
    tuned_for = 100 * (2 * log(1 / alpha) + log(1 + 2 * log(1 / alpha)))

    width = half_width(1.0, 100, alpha=alpha, bounds=Bounds.BOTH, tuned_for=tuned_for)

    assert width == pytest.approx(sqrt(2 * 2 / 100 * log(sqrt(2) / alpha)))


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_an_interval_that_may_as_well_be_wrong_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="above 0 and below"):
        half_width(1.0, 100, alpha=alpha, bounds=Bounds.LOWER, tuned_for=5000)


def test_one_bound_is_nearer_than_two() -> None:
    one, two = (half_width(1.0, 5000, alpha=0.05, bounds=each, tuned_for=5000) for each in (Bounds.LOWER, Bounds.BOTH))

    assert one < two


def test_the_interval_is_about_the_difference_of_the_means() -> None:
    treatment, control = Moments(1000, 500.0, 500.0), Moments(2000, 600.0, 600.0)

    both = difference(treatment, control, alpha=0.05)
    lower = difference(treatment, control, alpha=0.05, bounds=Bounds.LOWER)
    upper = difference(treatment, control, alpha=0.05, bounds=Bounds.UPPER)

    assert both
    assert lower
    assert upper
    assert both.estimate == pytest.approx(0.2)
    assert 0.1 < both.low < lower.low < 0.2 < upper.high < both.high < 0.3
    assert (lower.high, upper.low) == (inf, -inf)


@pytest.mark.parametrize(
    "arm", [Moments(), Moments(99, 50.0, 50.0), Moments(500, 0.0, 0.0), Moments(500, 500.0, 500.0)]
)
def test_too_few_or_all_equal_observations_give_no_interval(arm: Moments) -> None:
    known = Moments(1000, 500.0, 500.0)

    assert difference(arm, known, alpha=0.05) is None
    assert difference(known, arm, alpha=0.05) is None


def test_the_interval_holds_at_all_looks_together() -> None:
    generator, missed = random.Random(3), 0  # noqa: S311  a simulation

    for _ in range(100):
        treatment = control = Moments()
        for _ in range(40):
            treatment += moments([generator.expovariate(1.0) for _ in range(50)])
            control += moments([generator.expovariate(1.0) for _ in range(50)])
            interval = difference(treatment, control, alpha=0.1, tuned_for=1000)
            if interval and not interval.low <= 0 <= interval.high:
                missed += 1
                break

    assert missed <= 10
