import json
from itertools import product
from math import comb, exp, log

import pytest

from sluice.domain.evidence import watch
from sluice.domain.evidence.counts import Epoch, EventKind, Tally
from sluice.domain.evidence.finding import Verdict
from sluice.domain.evidence.mixture import log_mean_exp
from sluice.domain.evidence.rules import Rules

ERRORS = EventKind.ERRORS
RULES = Rules(floor_rates={ERRORS: 0.001})


def a_minute(promoted: tuple[int, int], held_back: tuple[int, int]) -> Epoch:
    """Requests and errors of each."""
    return Epoch(0.8, *(Tally(requests, {ERRORS: errors}) for requests, errors in (promoted, held_back)))


GOOD, BAD = a_minute((4800, 24), (1200, 6)), a_minute((4800, 96), (1200, 6))


def minutes_to_alarm(state: tuple[float, ...]) -> int:
    minutes = 0
    while watch.judge(RULES, state).verdict is not Verdict.FAIL:
        state, minutes = watch.step(RULES, state, BAD), minutes + 1
    return minutes


def test_a_version_that_becomes_worse_is_noticed_within_minutes_however_long_it_was_good() -> None:
    state: tuple[float, ...] = ()
    for _ in range(500):
        state = watch.step(RULES, state, GOOD)

    assert watch.judge(RULES, state).verdict is Verdict.INCONCLUSIVE
    assert minutes_to_alarm(state) <= minutes_to_alarm(()) + 1 <= 5


def test_an_alarm_says_its_numbers() -> None:
    state: tuple[float, ...] = ()
    for _ in range(10):
        state = watch.step(RULES, state, BAD)

    assert watch.judge(RULES, state).reason.startswith(
        "errors: has become worse than 1 times the version held back (odds 10^"
    )


def test_the_boundary_is_a_month_of_minutes_shared_among_the_kinds() -> None:
    state = watch.step(Rules(), (), GOOD)

    findings = watch.judge(Rules(), state).findings
    assert [finding.subject for finding in findings] == ["errors", "slow", "breaches"]
    assert {finding.harm_boundary for finding in findings} == {log(3 * 30 * 24 * 60)}


def test_a_rate_below_the_floor_raises_no_alarm() -> None:
    state: tuple[float, ...] = ()
    for _ in range(200):
        state = watch.step(Rules(floor_rates={ERRORS: 0.05}), state, BAD)

    assert watch.judge(Rules(floor_rates={ERRORS: 0.05}), state).verdict is Verdict.INCONCLUSIVE


def test_a_minute_without_requests_or_counts_changes_no_bet_above_even() -> None:
    state = watch.step(RULES, (), BAD)
    nothing = Epoch(0.8, Tally(), Tally())
    uncounted = Epoch(0.8, Tally(100), Tally(100))

    restarted = tuple(max(bet, 0.0) for bet in state)
    assert watch.step(RULES, state, nothing) == restarted
    assert watch.step(RULES, state, uncounted) == restarted


def test_the_watch_begins_without_a_finding() -> None:
    assert watch.judge(RULES, ()).verdict is Verdict.INCONCLUSIVE


def test_a_state_survives_json() -> None:
    state = watch.step(RULES, (), BAD)

    assert tuple(json.loads(json.dumps(state))) == state


def test_a_state_of_other_rules_is_refused() -> None:
    with pytest.raises(ValueError, match="does not go with rules of 3 kinds"):
        watch.step(Rules(), watch.step(RULES, (), GOOD), GOOD)


def test_evidence_grows_by_at_most_one_a_minute_on_average() -> None:
    # What makes the mean time to a false alarm at least the boundary: E[M(t) | M(t-1)] <= M(t-1) + 1 under the null.
    # All outcomes of a minute with 5 and 5 requests at the same rate, from a state that has some evidence.
    rules = Rules(floor_rates={ERRORS: 0.001})
    before = watch.step(rules, (), a_minute((5, 3), (5, 1)))
    half = len(before) // 2

    def evidence(state: tuple[float, ...]) -> float:
        return exp(log_mean_exp(state[:half]))

    mean = sum(
        comb(5, x)
        * comb(5, y)
        * 0.3 ** (x + y)
        * 0.7 ** (10 - x - y)
        * evidence(watch.step(rules, before, a_minute((5, x), (5, y))))
        for x, y in product(range(6), repeat=2)
    )

    assert evidence(before) > 1
    assert mean <= evidence(before) + 1
