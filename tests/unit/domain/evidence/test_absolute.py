from math import comb, exp, log

import pytest

from sluice.domain.evidence.absolute import log_e, log_likelihood_ratios
from sluice.domain.evidence.mixture import Side


def test_a_likelihood_ratio_is_what_the_formula_says() -> None:
    ratios = log_likelihood_ratios(requests=10, events=3, rate=0.1, side=Side.ABOVE, multiples=(2.0,))

    assert ratios == pytest.approx([3 * log(2) + 7 * log(0.8 / 0.9)])


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("rate", [0.001, 0.1, 0.5])
def test_at_the_agreed_rate_evidence_is_worth_one_on_average(side: Side, rate: float) -> None:
    mean = sum(
        comb(15, events)
        * rate**events
        * (1 - rate) ** (15 - events)
        * exp(log_e(requests=15, events=events, rate=rate, side=side))
        for events in range(16)
    )

    assert mean == pytest.approx(1.0)


def test_a_certain_failure_is_no_alternative() -> None:
    assert log_e(requests=1000, events=999, rate=0.5, side=Side.ABOVE) > log(100)


def test_quiet_requests_show_in_the_end_that_the_rate_is_lower() -> None:
    quiet = [log_e(requests=requests, events=0, rate=0.001, side=Side.BELOW) for requests in (0, 1000, 10_000)]

    assert quiet[0] == pytest.approx(0.0)
    assert quiet[0] < quiet[1] < log(20) < quiet[2]
