from math import comb, exp, log

import pytest

from sluice.domain.evidence.counts import Epoch, Tally
from sluice.domain.evidence.finding import Verdict
from sluice.domain.evidence.srm import deviation, judge_shares, log_e, log_e_of_counts


def an_epoch(share: float, challenger: int, champion: int) -> Epoch:
    return Epoch(share, Tally(challenger), Tally(champion))


def test_one_request_tells_nothing_and_two_what_the_formula_says() -> None:
    # Prior Beta(1, 1): two of two have probability 1/3 instead of 1/4.
    assert log_e_of_counts((1, 0), (0.5, 0.5), concentration=2.0) == pytest.approx(0.0)
    assert log_e_of_counts((2, 0), (0.5, 0.5), concentration=2.0) == pytest.approx(log((1 / 3) / (1 / 4)))


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5])
def test_at_the_shares_asked_for_evidence_is_worth_one_on_average(share: float) -> None:
    mean = sum(
        comb(40, mine)
        * share**mine
        * (1 - share) ** (40 - mine)
        * exp(log_e_of_counts((mine, 40 - mine), (share, 1 - share)))
        for mine in range(41)
    )

    assert mean == pytest.approx(1.0)


def test_three_variants_are_tested_alike() -> None:
    assert log_e_of_counts((300, 300, 300), (1 / 3, 1 / 3, 1 / 3)) < 0
    assert log_e_of_counts((4000, 3000, 3000), (1 / 3, 1 / 3, 1 / 3)) > log(1000)


def test_strata_multiply() -> None:
    one, two = an_epoch(0.1, 150, 900), an_epoch(0.5, 480, 500)

    assert log_e([one, two, one]) == pytest.approx(log_e([one + one]) + log_e([two]))


def test_a_deviation_is_relative_to_what_was_asked_for() -> None:
    assert deviation([an_epoch(0.1, 150, 850)]) == pytest.approx(0.5)
    assert deviation([an_epoch(0.1, 100, 900), an_epoch(0.5, 400, 600)]) == pytest.approx(-1 / 6)
    assert deviation([]) == 0


def test_a_challenger_that_gets_half_of_its_traffic_is_an_error() -> None:
    finding = judge_shares([an_epoch(0.1, 500, 9500)], floor=0.2)

    assert finding.verdict is Verdict.ERROR
    assert "challenger got -50.0% of the requests it was to get" in finding.reason


def test_a_sure_but_small_deviation_holds_nobody_up() -> None:
    finding = judge_shares([an_epoch(0.5, 55_000, 45_000)], floor=0.2)

    assert finding.log_e_harm > finding.harm_boundary
    assert finding.verdict is Verdict.PASS


def test_a_great_but_unsure_deviation_holds_nobody_up() -> None:
    assert judge_shares([an_epoch(0.5, 6, 2)], floor=0.2).verdict is Verdict.PASS


def test_without_requests_the_shares_are_not_known() -> None:
    assert judge_shares([], floor=0.2).verdict is Verdict.INCONCLUSIVE
