from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.drift.judge import Watched
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import Summary, empty
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.own_drift import own_drift
from tests.drift_builders import a_reference, some_answers, some_rows

RULES = Rules()
REFERENCE = a_reference()
NOTHING = empty(REFERENCE.binning)


def hour(rows: int = 400, *, seed: int, shift: float = 0.0, is_swapped: bool = False) -> Summary:
    """What was asked and answered within an hour; ``shift`` moves the answers, in logits."""
    answers, _ = some_answers(rows, seed=seed, shift=shift)
    if is_swapped:
        answers = Answers.most_probable(answers.probabilities[:, ::-1])
    return summarise(REFERENCE.binning, some_rows(rows, seed=seed), answers)


def watched(*windows: Summary) -> Watched:
    return Watched(REFERENCE, windows)


def test_answers_that_drift_beside_a_quiet_champion_are_the_candidates_own_doing() -> None:
    found = own_drift(watched(hour(seed=10, is_swapped=True)), watched(hour(seed=11)), RULES)

    assert found.verdict is Verdict.FAIL
    assert found.outputs == ("score of late", "predicted")
    assert found.rows == 400
    assert "score of late: median moved from 0.2" in found.reason
    assert "the champion's answers moved by an effect of 0" in found.reason


def test_what_moves_both_is_the_worlds_doing() -> None:
    found = own_drift(watched(hour(seed=10, shift=0.3)), watched(hour(seed=11, shift=0.3)), RULES)

    assert (found.verdict, found.outputs) == (Verdict.PASS, ())
    assert "no drift of its own in 400 rows" in found.reason


def test_beside_a_champion_that_moves_a_candidate_may_move_thrice_as_far_and_no_more() -> None:
    champion = watched(hour(4000, seed=11, shift=0.3))

    near, far = (own_drift(watched(hour(4000, seed=10, shift=shift)), champion, RULES).verdict for shift in (0.7, 2.5))

    assert (near, far) == (Verdict.PASS, Verdict.FAIL)


@pytest.mark.parametrize("seed", range(300, 340, 2))
def test_thrice_as_far_as_a_champion_whose_rows_tell_of_less_is_allowed(seed: int) -> None:
    """How far the champion has moved is an estimate: three times what chance took away from it is no drift."""
    candidate, champion = hour(3000, seed=seed, shift=0.82), hour(3000, seed=seed + 1, shift=0.27)

    assert own_drift(watched(candidate), watched(champion), RULES).verdict is Verdict.PASS


@pytest.mark.parametrize("rows", [(4, 200), (0, 40)], ids=["one in a hundred, then a half", "none, then a tenth"])
def test_a_storm_after_a_share_has_grown_is_still_the_worlds_doing(rows: tuple[int, int]) -> None:
    """Most rows of the candidate are the storm's; most of the champion's are not."""
    few, many = rows
    quiet = [hour(few, seed=seed) if few else NOTHING for seed in range(30)]
    beside = [hour(400 - few, seed=seed) for seed in range(50, 80)]

    found = own_drift(
        watched(*quiet, hour(many, seed=40, shift=1.0)), watched(*beside, hour(400 - many, seed=90, shift=1.0)), RULES
    )

    assert found.verdict is not Verdict.FAIL


def test_wrong_answers_are_found_while_a_share_grows() -> None:
    own = [hour(rows, seed=seed, is_swapped=True) for seed, rows in enumerate((10, 50, 100, 200))]
    beside = [hour(400 - rows, seed=seed) for seed, rows in enumerate((10, 50, 100, 200), start=20)]

    assert own_drift(watched(*own), watched(*beside), RULES).verdict is Verdict.FAIL


def test_hours_that_only_one_has_answered_in_are_not_compared() -> None:
    own = watched(hour(seed=10, is_swapped=True), hour(seed=11))

    assert own_drift(own, watched(NOTHING, hour(seed=12)), RULES).rows == 400


def test_in_a_storm_nobody_can_tell() -> None:
    storm = watched(hour(seed=11, shift=2.5))

    found = own_drift(watched(hour(seed=10, is_swapped=True)), storm, RULES)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "too far to tell whose doing it is" in found.reason


def test_answers_that_are_missing_are_no_answers() -> None:
    without = summarise(REFERENCE.binning, some_rows(400, seed=10))

    found = own_drift(watched(without), watched(hour(seed=11)), RULES)

    assert found.verdict is Verdict.FAIL
    assert "missing values went from 0 % to 100 %" in found.reason


@pytest.mark.parametrize(
    ("rows", "missing", "verdict"),
    [(60, 8, Verdict.PASS), (4000, 120, Verdict.PASS), (4000, 400, Verdict.FAIL)],
    ids=["few rows", "sure, but few of them", "a tenth of many"],
)
def test_missing_answers_are_judged_against_what_is_allowed_too(rows: int, missing: int, verdict: Verdict) -> None:
    window = hour(rows - missing, seed=10) + summarise(REFERENCE.binning, some_rows(missing, seed=12))

    assert own_drift(watched(window), watched(hour(4000, seed=11)), RULES).verdict is verdict


def test_inputs_that_drift_are_not_the_candidates_doing() -> None:
    answers, _ = some_answers(400, seed=10)
    warm = summarise(REFERENCE.binning, some_rows(400, seed=10) | {"temp": np.full(400, 120.0)}, answers)

    assert own_drift(watched(warm), watched(hour(seed=11)), RULES).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("candidate", "champion"),
    [
        ([], []),
        ([NOTHING], [hour(seed=11)]),
        ([hour(49, seed=10, is_swapped=True)], [hour(seed=11)]),
        ([hour(seed=10, is_swapped=True)], [hour(49, seed=11)]),
    ],
    ids=["no hours", "no rows", "few rows of the candidate", "few rows of the champion"],
)
def test_no_data_says_nothing(candidate: Sequence[Summary], champion: Sequence[Summary]) -> None:
    assert own_drift(watched(*candidate), watched(*champion), RULES).verdict is Verdict.INCONCLUSIVE


def test_few_rows_an_hour_are_judged_together() -> None:
    hours = [hour(30, seed=seed, is_swapped=True) for seed in range(8)]

    found = own_drift(watched(*hours), watched(*(hour(200, seed=seed) for seed in range(20, 28))), RULES)

    assert (found.verdict, found.rows) == (Verdict.FAIL, 240)


def test_a_model_without_outputs_that_are_watched_is_not_judged() -> None:
    reference = build_reference(some_rows(500, seed=1), seed=1, choices=Choices(draws=0))
    asked = Watched(reference, [summarise(reference.binning, some_rows(400, seed=2))])

    found = own_drift(asked, asked, RULES)

    assert found.verdict is Verdict.INCONCLUSIVE


def test_versions_of_different_bins_are_each_compared_by_their_own() -> None:
    answers: Any = some_answers(400, seed=10)[0]
    other = a_reference(5_000)
    candidate = Watched(other, [summarise(other.binning, some_rows(400, seed=10), answers)])

    assert other.binning.id != REFERENCE.binning.id
    assert own_drift(candidate, watched(hour(seed=11)), RULES).verdict is Verdict.PASS


@pytest.mark.parametrize("rows", [50, 200, 1000, 3000])
@pytest.mark.parametrize("seed", [100, 200])
def test_two_honest_versions_are_not_accused(rows: int, seed: int) -> None:
    found = own_drift(watched(hour(rows, seed=seed)), watched(hour(rows, seed=seed + 1)), RULES)

    assert found.verdict is Verdict.PASS
