import random
from math import comb, exp, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.evidence.counts import Split
from sluice.domain.evidence.mixture import MULTIPLES, Side
from sluice.domain.evidence.ratio import log_e, log_likelihood_ratios

counts = st.integers(0, 50)
some_splits = st.lists(
    st.builds(Split, st.integers(1, 10_000), counts, st.integers(1, 10_000), counts), min_size=1, max_size=4
)


def binomial(successes: int, trials: int, chance: float) -> float:
    return comb(trials, successes) * chance**successes * (1 - chance) ** (trials - successes)


def test_one_event_is_worth_what_the_formula_says() -> None:
    # Odds 1:3 and a ratio of 2: an event is the challenger's with probability 2/5 instead of 1/4.
    of_challenger = log_likelihood_ratios([Split(10, 1, 30, 0)], boundary=1.0, side=Side.ABOVE, multiples=(2.0,))
    of_champion = log_likelihood_ratios([Split(10, 0, 30, 1)], boundary=1.0, side=Side.ABOVE, multiples=(2.0,))

    assert of_challenger == pytest.approx([log((2 / 5) / (1 / 4))])
    assert of_champion == pytest.approx([log((3 / 5) / (3 / 4))])


def test_below_a_boundary_the_alternatives_are_parts_of_it() -> None:
    # Boundary 2 at equal traffic: 2/3 of the events are the challenger's; at a ratio of 1, one half.
    ratios = log_likelihood_ratios([Split(10, 3, 10, 2)], boundary=2.0, side=Side.BELOW, multiples=(2.0,))

    assert ratios == pytest.approx([3 * log((1 / 2) / (2 / 3)) + 2 * log((1 / 2) / (1 / 3))])


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("boundary", [1.0, 1.5])
@pytest.mark.parametrize("odds", [0.05, 1.0, 9.0])
def test_at_the_boundary_evidence_is_worth_one_on_average(side: Side, boundary: float, odds: float) -> None:
    events, chance = 12, odds * boundary / (1 + odds * boundary)

    mean = sum(
        binomial(mine, events, chance)
        * exp(log_e([Split(odds * 1000, mine, 1000, events - mine)], boundary=boundary, side=side))
        for mine in range(events + 1)
    )

    assert mean == pytest.approx(1.0)


@pytest.mark.parametrize(("side", "truth"), [(Side.ABOVE, 0.7), (Side.BELOW, 2.0)])
def test_inside_the_null_evidence_is_worth_less_than_one_on_average(side: Side, truth: float) -> None:
    mean = sum(
        binomial(mine, 12, truth / (1 + truth)) * exp(log_e([Split(5, mine, 5, 12 - mine)], boundary=1.0, side=side))
        for mine in range(13)
    )

    assert mean < 1


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.8])
@pytest.mark.parametrize(("mine", "theirs"), [(4, 16), (10, 10), (17, 3)])
def test_given_the_requests_evidence_is_worth_at_most_one_on_average(rate: float, mine: int, theirs: int) -> None:
    mean = sum(
        binomial(x, mine, rate)
        * binomial(y, theirs, rate)
        * exp(log_e([Split(mine, x, theirs, y)], boundary=1.0, side=Side.ABOVE))
        for x in range(mine + 1)
        for y in range(theirs + 1)
    )

    assert mean <= 1 + 1e-12


@settings(max_examples=60, deadline=None)
@given(some_splits)
def test_strata_add_up_bet_by_bet(several: list[Split]) -> None:
    together = log_likelihood_ratios(several, boundary=1.5, side=Side.BELOW)
    apart = [log_likelihood_ratios([split], boundary=1.5, side=Side.BELOW) for split in several]

    assert len(together) == len(MULTIPLES)
    assert together == pytest.approx([sum(bets) for bets in zip(*apart, strict=True)], abs=1e-6)


@pytest.mark.parametrize("split", [Split(0, 0, 100, 5), Split(100, 5, 0, 0), Split(100, 0, 100, 0)])
def test_without_events_or_without_a_comparison_nothing_is_said(split: Split) -> None:
    assert log_e([split], boundary=1.0, side=Side.ABOVE) == pytest.approx(0.0)
    assert log_e([], boundary=1.0, side=Side.ABOVE) == pytest.approx(0.0)


def test_a_base_rate_that_moves_while_the_share_grows_says_nothing() -> None:
    # The same model: 10 % of traffic at 0.5 % errors, then 50 % at 2 %. Pooled it looks nearly twice as bad.
    strata = [Split(1000, 5, 9000, 45), Split(5000, 100, 5000, 100)]
    pooled = Split(6000, 105, 14_000, 145)

    assert log_e(strata, boundary=1.0, side=Side.ABOVE) < 0
    assert log_e([pooled], boundary=1.0, side=Side.ABOVE) > log(100)


def test_more_requests_than_asked_for_are_no_harm() -> None:
    # 5 % were asked for, one busy client made it 15 %; errors follow the requests.
    assert log_e([Split(1500, 30, 8500, 170)], boundary=1.0, side=Side.ABOVE) < 0


def test_huge_counts_do_not_overflow() -> None:
    assert log_e([Split(10**9, 10**8, 10**9, 10**6)], boundary=1.0, side=Side.ABOVE) > 10**6


def test_looking_at_every_event_the_same_model_is_seldom_accused() -> None:
    generator, accused, runs = random.Random(7), 0, 300  # noqa: S311  a simulation

    for _ in range(runs):
        mine = theirs = 0
        for _ in range(150):
            is_mine = generator.random() < 0.5
            mine, theirs = mine + is_mine, theirs + (not is_mine)
            if log_e([Split(1, mine, 1, theirs)], boundary=1.0, side=Side.ABOVE) >= log(20):
                accused += 1
                break

    assert accused / runs <= 0.05
