import random
from math import exp, log

import pytest

from sluice.domain.evidence.counts import Epoch, EventKind, Split, Tally
from sluice.domain.evidence.judgement import Rules, Verdict, judge, log_evidence

ERRORS = EventKind.ERRORS
ONLY_ERRORS = Rules(floor_rates={ERRORS: 0.001})


def an_epoch(share: float, challenger: tuple[int, int], champion: tuple[int, int]) -> Epoch:
    """Requests and errors of each."""
    return Epoch(share, *(Tally(requests, {ERRORS: errors}) for requests, errors in (challenger, champion)))


def test_a_challenger_that_fails_beside_a_faultless_champion_is_rolled_back_on_few_requests() -> None:
    findings = judge(ONLY_ERRORS, [an_epoch(0.05, (25, 5), (475, 0))], minutes=1)

    assert findings.verdict is Verdict.FAIL
    assert findings.reason.startswith(
        "errors: 5 of 25 (20.00%) of the challenger, 0 of 475 (0.00%) of the champion: worse than 1 times the champion"
    )
    assert "100:1 needed" in findings.reason


def test_one_clients_burst_is_no_evidence() -> None:
    findings = judge(ONLY_ERRORS, [an_epoch(0.05, (25, 4), (475, 0))], minutes=1)

    assert findings.verdict is Verdict.INCONCLUSIVE
    assert "looks worse, on fewer than 5 events" in findings.reason


def test_an_incident_that_both_share_is_nobodys_fault() -> None:
    quiet, incident = an_epoch(0.1, (1000, 5), (9000, 45)), an_epoch(0.1, (1000, 400), (9000, 3600))

    assert judge(ONLY_ERRORS, [quiet, incident], minutes=2).verdict is not Verdict.FAIL


def test_a_worse_challenger_below_the_floor_is_not_rolled_back() -> None:
    # 0.05 % against nothing at all: certainly more than the champion, and still good enough.
    findings = judge(ONLY_ERRORS, [an_epoch(0.5, (100_000, 50), (100_000, 0))], minutes=60)

    assert findings.verdict is Verdict.PASS


def test_a_version_without_events_is_promoted_on_enough_requests() -> None:
    few, many = an_epoch(0.5, (500, 0), (500, 0)), an_epoch(0.5, (10_000, 0), (10_000, 0))

    assert judge(ONLY_ERRORS, [few], minutes=60).verdict is Verdict.INCONCLUSIVE
    assert judge(ONLY_ERRORS, [many], minutes=60).verdict is Verdict.PASS


def test_an_equal_version_is_promoted_on_enough_events() -> None:
    findings = judge(ONLY_ERRORS, [an_epoch(0.5, (50_000, 250), (50_000, 250))], minutes=60)

    assert findings.verdict is Verdict.PASS
    assert "not 1.5 times worse, or under the floor (odds of good enough" in findings.findings[0].reason


def test_between_the_boundaries_nothing_is_decided() -> None:
    findings = judge(ONLY_ERRORS, [an_epoch(0.5, (5000, 25), (5000, 22))], minutes=60)

    assert findings.verdict is Verdict.INCONCLUSIVE
    assert "not decided (odds of harm" in findings.reason


@pytest.mark.parametrize("epochs", [[], [an_epoch(0.5, (0, 0), (5, 0))]])
def test_no_data_is_never_a_pass(epochs: list[Epoch]) -> None:
    findings = judge(ONLY_ERRORS, epochs, minutes=60)

    assert findings.verdict is Verdict.INCONCLUSIVE
    assert "not counted in both variants yet" in findings.reason


def test_a_kind_that_was_not_counted_is_never_a_pass() -> None:
    findings = judge(Rules(), [an_epoch(0.5, (50_000, 250), (50_000, 250))], minutes=60)

    assert {finding.subject: finding.verdict for finding in findings.findings} == {
        "errors": Verdict.PASS,
        "slow": Verdict.INCONCLUSIVE,
        "breaches": Verdict.INCONCLUSIVE,
        "sample_ratio": Verdict.PASS,
    }
    assert findings.verdict is Verdict.INCONCLUSIVE


def test_nothing_passes_on_too_few_requests_or_too_early() -> None:
    epochs = [an_epoch(0.5, (90, 30), (90, 60))]

    few = judge(Rules(floor_rates={ERRORS: 0.4}), epochs, minutes=60)
    early = judge(Rules(floor_rates={ERRORS: 0.4}, min_requests=90), epochs, minutes=4.5)
    enough = judge(Rules(floor_rates={ERRORS: 0.4}, min_requests=90), epochs, minutes=5)

    assert "fewer than 100 requests of a variant" in few.reason
    assert "4.5 of at least 5 minutes" in early.reason
    assert (few.verdict, early.verdict, enough.verdict) == (
        Verdict.INCONCLUSIVE,
        Verdict.INCONCLUSIVE,
        Verdict.PASS,
    )


def test_traffic_that_is_not_split_as_asked_for_is_an_error_and_never_a_pass() -> None:
    findings = judge(ONLY_ERRORS, [an_epoch(0.5, (50_000, 250), (5000, 25))], minutes=60)

    assert findings.verdict is Verdict.ERROR
    assert "traffic is not split as asked for" in findings.reason


def test_harm_must_contradict_the_ratio_and_the_floor() -> None:
    small, big = Rules(floor_rates={ERRORS: 0.001}), Rules(floor_rates={ERRORS: 0.1})
    strata = [Split(1000, 50, 1000, 10)]

    assert log_evidence(small, ERRORS, strata).harm > log(100) > 0 > log_evidence(big, ERRORS, strata).harm


def test_evidence_for_good_enough_is_worth_at_most_one_on_average_when_it_is_not() -> None:
    # A challenger at the margin of 1.5 and at the floor: both nulls hold. All outcomes of 6 and 6 requests.
    rules = Rules(floor_rates={ERRORS: 0.3})
    mine, theirs = binomials(6, 0.3), binomials(6, 0.2)

    mean = sum(
        chance * other * exp(log_evidence(rules, ERRORS, [Split(6, x, 6, y)]).promote)
        for x, chance in enumerate(mine)
        for y, other in enumerate(theirs)
    )

    assert mean <= 1


def binomials(trials: int, chance: float) -> list[float]:
    law = [1.0]
    for _ in range(trials):
        law = [a * (1 - chance) + b * chance for a, b in zip([*law, 0.0], [0.0, *law], strict=True)]
    return law


def test_counts_may_come_in_any_order_and_pieces() -> None:
    pieces = [an_epoch(share, (1000, errors), (2000, 2 * errors)) for share, errors in [(0.1, 5), (0.3, 9), (0.1, 7)]]
    whole = [an_epoch(0.3, (1000, 9), (2000, 18)), an_epoch(0.1, (2000, 12), (4000, 24))]

    assert judge(ONLY_ERRORS, pieces, minutes=9) == judge(ONLY_ERRORS, whole, minutes=9)


def test_the_same_model_is_seldom_rolled_back_whatever_the_traffic_does() -> None:
    generator, rolled_back = random.Random(11), 0  # noqa: S311  a simulation

    for _ in range(100):
        epochs: list[Epoch] = []
        for minute in range(30):
            share, rate = (0.1, 0.02) if minute < 10 else (0.5, 0.2)
            mine, theirs = round(200 * share), round(200 * (1 - share))
            errors = [sum(generator.random() < rate for _ in range(requests)) for requests in (mine, theirs)]
            epochs.append(an_epoch(share, (mine, errors[0]), (theirs, errors[1])))
            if judge(ONLY_ERRORS, epochs, minutes=minute + 1).verdict is Verdict.FAIL:
                rolled_back += 1
                break

    assert rolled_back <= 3  # 1 % of 100, and two more
