from collections.abc import Iterator

import pytest

from bench.rollout_rules import Argo, CloudWatch, Flagger, GrowthBook, Minute, Outcome, Rule, Sluice
from sluice.domain.evidence.counts import EventKind, Tally


def a_tally(requests: int, errors: int) -> Tally:
    return Tally(requests, {EventKind.ERRORS: errors, EventKind.SLOW: requests // 20, EventKind.BREACHES: 0})


def a_minute(share: float, error_rate: float, champions: float = 0.0) -> Minute:
    """10,000 requests, with errors at these rates exactly."""
    mine, theirs = round(10_000 * share), round(10_000 * (1 - share))
    challenger, champion = a_tally(mine, round(mine * error_rate)), a_tally(theirs, round(theirs * champions))
    return Minute(share, challenger, champion, control=a_tally(mine, round(mine * champions)))


def ended(rule: Rule, *error_rates: float, champions: float = 0.0) -> tuple[Outcome | None, int]:
    """The outcome and its minute, at these error rates of the challenger; the last one goes on."""

    def rates() -> Iterator[float]:
        yield from error_rates
        while True:
            yield error_rates[-1]

    for minute, rate in enumerate(rates(), 1):
        outcome = rule.look(a_minute(rule.share, rate, champions))
        if outcome or minute == 100:
            return outcome, minute
    raise AssertionError


def test_flagger_grows_only_on_checks_that_pass_and_forgives_four_that_fail() -> None:
    rule = Flagger()

    assert rule.look(a_minute(0.1, 0.02)) is None
    assert rule.share == 0.1
    assert rule.look(a_minute(0.1, 0.0)) is None
    assert rule.share == 0.2
    assert ended(Flagger(), 0.01) == (Outcome.PROMOTED, 5)
    assert ended(Flagger(), 0.02, 0.02, 0.02, 0.02, 0.0) == (Outcome.PROMOTED, 9)
    assert ended(Flagger(), 0.02) == (Outcome.ROLLED_BACK, 5)


def test_argo_forgives_as_many_failures_as_its_limit() -> None:
    assert ended(Argo(success=0.99, every=1), 0.02, 0.02, 0.02, 0.0) == (Outcome.PROMOTED, 30)
    assert ended(Argo(success=0.99, every=1), 0.02) == (Outcome.ROLLED_BACK, 4)
    assert ended(Argo(success=0.95, every=5), 0.06) == (Outcome.ROLLED_BACK, 20)
    assert ended(Argo(success=0.95, every=5), 0.04) == (Outcome.PROMOTED, 30)


def test_an_alarm_needs_all_of_its_periods_in_a_row() -> None:
    assert ended(CloudWatch(above=0.02, periods=1), 0.01, 0.03, 0.0) == (Outcome.ROLLED_BACK, 2)
    assert ended(CloudWatch(above=0.02, periods=3), 0.03, 0.03, 0.0, 0.03, 0.03, 0.03) == (Outcome.ROLLED_BACK, 6)
    assert ended(CloudWatch(above=0.02, periods=3), 0.03, 0.03, 0.0) == (Outcome.PROMOTED, 30)


def test_a_confidence_sequence_rolls_back_a_difference_and_ships_the_rest_after_an_hour() -> None:
    assert ended(GrowthBook(), 0.04, champions=0.005)[0] is Outcome.ROLLED_BACK
    assert ended(GrowthBook(), 0.005, champions=0.005) == (Outcome.PROMOTED, 60)
    assert ended(GrowthBook(), 0.0) == (Outcome.PROMOTED, 60)


@pytest.mark.parametrize(("pooled", "outcome"), [(False, Outcome.PROMOTED), (True, Outcome.ROLLED_BACK)])
def test_pooling_over_a_ramp_blames_the_challenger_for_a_base_rate_that_moves(pooled: bool, outcome: Outcome) -> None:  # noqa: FBT001
    rule = GrowthBook(pooled=pooled)

    outcomes = {rule.look(a_minute(rule.share, rate, rate)) for rate in [0.005] * 4 + [0.03] * 56}

    assert outcomes == {None, outcome}


def test_sluice_promotes_only_after_its_ramp() -> None:
    assert ended(Sluice(), 0.02, champions=0.02) == (Outcome.PROMOTED, 5)
    assert ended(Sluice(), 0.2, champions=0.02) == (Outcome.ROLLED_BACK, 1)
