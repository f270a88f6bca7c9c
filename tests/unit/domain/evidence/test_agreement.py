import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.evidence.agreement import judge_agreement
from sluice.domain.evidence.finding import Finding, Verdict
from sluice.domain.evidence.rules import Rules


def judged(requests: int, differing: float, *, least: float = 0.95) -> Finding:
    return judge_agreement(Rules(), least, requests=requests, differing=differing)


@pytest.mark.parametrize(
    ("requests", "differing", "verdict", "why"),
    [
        (0, 0, Verdict.INCONCLUSIVE, "no answers of both have been compared yet"),
        (99, 0, Verdict.INCONCLUSIVE, "fewer than 100 requests"),
        (200, 0, Verdict.PASS, "more than the 95.00% asked for"),
        (500, 25, Verdict.INCONCLUSIVE, "not decided whether more than the 95.00% asked for"),
        (500, 60, Verdict.FAIL, "less than the 95.00% asked for"),
        (4, 4, Verdict.INCONCLUSIVE, "fewer than 100 requests"),
        (50, 40, Verdict.FAIL, "less than the 95.00% asked for"),
    ],
)
def test_a_share_of_agreement_is_certainly_more_or_less_than_is_asked_for(
    requests: int, differing: float, verdict: Verdict, why: str
) -> None:
    found = judged(requests, differing)

    assert found.verdict is verdict
    assert why in found.reason
    assert f"{requests:,} requests" in found.reason or not requests


def test_the_numbers_stand_in_the_reason() -> None:
    found = judged(500, 60)

    assert found.reason.startswith("agreement: 88.00% in 500 requests: less than the 95.00% asked for (odds of less ")
    assert "100:1 needed" in found.reason
    assert found.harm_boundary == pytest.approx(4.605, 0.001)
    assert found.promote_boundary == pytest.approx(2.996, 0.001)


@given(st.integers(0, 5000), st.floats(0, 1), st.sampled_from([0.5, 0.9, 0.99, 0.9999]))
def test_no_counts_are_both_too_little_and_enough(requests: int, share: float, least: float) -> None:
    found = judged(requests, requests * share, least=least)

    assert found.log_e_promote is not None
    assert not (found.log_e_harm >= found.harm_boundary and found.log_e_promote >= (found.promote_boundary or 0))
    if found.verdict is Verdict.PASS:
        assert share < 1 - least
    if found.verdict is Verdict.FAIL:
        assert share > 1 - least


def test_shares_of_rows_are_no_stronger_evidence_than_whole_requests() -> None:
    """What differs in part, with the same mean: at a boundary as seldom as whole answers, looked at each time."""
    dice, failed = random.Random(7), 0  # noqa: S311  a seed, no secret
    for _ in range(400):
        differing = 0.0
        for requests in range(1, 301):
            differing += dice.choice((0.0, 0.0, 0.1, 0.1))  # 5 % in the mean: exactly what is allowed
            if requests % 20 == 0 and judged(requests, differing).verdict is Verdict.FAIL:
                failed += 1
                break

    assert failed <= 4
