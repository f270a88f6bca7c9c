"""Is a candidate no worse, worse, or is neither shown? On all rows, in slices, between groups."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.column import Codes
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.answers import judge_answers
from sluice.domain.gate.finding import GateFinding, Subject, worst
from sluice.domain.gate.groups import judge_groups
from sluice.domain.gate.margins import Margins
from sluice.domain.gate.noninferior import Compared, judge
from sluice.domain.gate.overall import judge_overall
from sluice.domain.gate.paired import Difference
from sluice.domain.gate.scored import Scored
from sluice.domain.gate.slices import Unjudged, judge_slices
from sluice.domain.signature import Datatype, TensorSpec
from tests.gate_builders import answers_of, carriers, odds, scored

CLASSES = ("on_time", "late")
PROBABILITIES = TensorSpec("probabilities", Datatype.FP32, (-1, 2))


def compared(estimate: float, error: float, *, more_is_better: bool = False, of: str = "") -> Compared:
    difference = Difference(estimate, error, 29)
    return Compared(Subject.AUC, of, 0.7 + estimate, 0.7, difference, 0.01, 1000, more_is_better=more_is_better)


def by_subject(findings: list[GateFinding]) -> dict[Subject, GateFinding]:
    return {each.subject: each for each in findings}


def probabilities(*rows: Any) -> Answers:
    return Answers.most_probable(np.array(rows, dtype=np.float64))


@pytest.mark.parametrize(
    ("estimate", "error", "verdict"),
    [
        (0.0, 0.001, Verdict.PASS),
        (0.005, 0.002, Verdict.PASS),
        (-0.2, 0.1, Verdict.PASS),
        (0.0, 0.1, Verdict.INCONCLUSIVE),
        (0.005, 0.01, Verdict.INCONCLUSIVE),
        (0.012, 0.01, Verdict.INCONCLUSIVE),
        (0.05, 0.01, Verdict.FAIL),
    ],
)
@pytest.mark.parametrize("more_is_better", [True, False])
def test_the_whole_interval_has_to_be_on_the_right_side_of_the_margin(
    estimate: float, error: float, verdict: Verdict, *, more_is_better: bool
) -> None:
    sign = -1 if more_is_better else 1

    (found,) = judge([compared(sign * estimate, error, more_is_better=more_is_better)], 0.05)

    assert found.verdict is verdict
    assert found.allowed == sign * 0.01


def test_what_is_not_decided_says_its_interval() -> None:
    (undecided,), (worse,) = (judge([compared(0.005, error)], 0.05) for error in (0.01, 0.0001))

    assert undecided.reason == (
        "not shown to be non-inferior: 0.7050, the champion's 0.7000: difference +0.0050, interval -0.0120 to "
        "+0.0220, at most +0.0100 allowed"
    )
    assert worse.reason.startswith("0.7050, the champion's")


@given(st.floats(-0.1, 0.1), st.floats(0, 0.1), st.floats(0, 0.1), st.floats(0, 0.1))
def test_a_wider_margin_makes_no_verdict_worse(estimate: float, error: float, margin: float, more: float) -> None:
    narrow, wide = (
        judge([replace(compared(estimate, error), margin=each)], 0.05)[0].verdict for each in (margin, margin + more)
    )

    assert wide <= narrow


def test_one_of_many_is_accused_on_more_evidence_than_one_alone() -> None:
    accused = compared(0.03, 0.009, of="B6")
    many = [compared(0.0, 0.001, of=str(place)) for place in range(30)]

    assert judge([accused], 0.05)[0].verdict is Verdict.FAIL
    assert judge([accused, *many], 0.05)[0].verdict is Verdict.INCONCLUSIVE


def test_an_equal_model_passes_in_everything() -> None:
    both = scored()
    same = replace(both, candidate=both.champion)

    found = judge_overall(same, Margins())

    assert [each.verdict for each in found] == [Verdict.PASS] * 4
    assert {(each.low, each.high) for each in found} == {(0.0, 0.0)}
    assert [each.subject for each in found] == [Subject.AUC, Subject.LOG_LOSS, Subject.BRIER, Subject.CALIBRATION]


def test_a_model_that_knows_less_fails_where_that_shows() -> None:
    found = by_subject(judge_overall(scored(6000, spoil=1.2), Margins()))

    assert found[Subject.AUC].verdict is Verdict.FAIL
    assert "worse than allowed" in found[Subject.AUC].reason
    assert found[Subject.LOG_LOSS].verdict is Verdict.FAIL


def test_a_model_that_is_as_good_on_few_rows_is_not_shown_to_be() -> None:
    found = judge_overall(scored(300, noise=1.0), Margins())

    assert worst(found) is Verdict.INCONCLUSIVE


def test_labels_of_other_rows_are_told_by_models_that_know_nothing_of_them() -> None:
    both = scored()
    shuffled = replace(both, labels=np.random.default_rng(0).permutation(both.labels))

    found = by_subject(judge_overall(shuffled, Margins()))[Subject.AUC]

    assert found.verdict is Verdict.ERROR
    assert "are the labels those of other rows?" in found.reason


def test_a_champion_that_is_the_wrong_way_round_may_be_replaced() -> None:
    both = scored()

    found = judge_overall(replace(both, champion=1 - both.champion), Margins())

    assert worst(found) is Verdict.PASS


def test_a_class_with_too_few_rows_cannot_be_told_from_the_other() -> None:
    both = scored()
    labels = np.zeros(len(both), dtype=np.int64)
    labels[:19] = 1

    found = by_subject(judge_overall(replace(both, labels=labels), Margins()))[Subject.AUC]

    assert found.verdict is Verdict.ERROR
    assert "too few rows of one class" in found.reason


def test_fewer_rows_than_blocks_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="do not show"):
        judge_overall(scored(9), Margins())


@pytest.mark.parametrize(
    ("rows", "promised", "told"),
    [
        (([0.5, np.nan], [0.4, 0.6]), PROBABILITIES, "of 2 answers 1 are not finite"),
        (([75.0, 25.0], [0.4, 0.6]), PROBABILITIES, "of 2 answers 1 lie outside 0 to 1"),
        (([1.0, 1.0], [0.4, 0.6]), PROBABILITIES, "of 2 answers 1 do not add up to 1"),
        (([1.0, 0.0],), replace(PROBABILITIES, maximum=0.9), "of 1 answers 1 lie outside 0 to 0.9"),
        (([1.0, 0.0], [0.4, 0.6]), replace(PROBABILITIES, minimum=0.0, maximum=1.0), None),
        (([1.0, 0.0],), PROBABILITIES, None),
    ],
)
def test_answers_are_probabilities_or_nothing_is_judged(rows: Any, promised: TensorSpec, told: str | None) -> None:
    found = judge_answers(probabilities(*rows), promised)

    assert found.verdict is (Verdict.PASS if told is None else Verdict.FAIL)
    assert found.reason == (told or f"all {len(rows)} answers are probabilities")


def test_rows_without_a_label_or_a_finite_answer_are_not_scored() -> None:
    labels = np.array([0, -1, 1, 1])
    candidate = probabilities([0.5, 0.5], [0.5, 0.5], [np.nan, 0.5], [0.1, 0.9])

    both, used = Scored.of(labels, candidate, probabilities(*[[0.6, 0.4]] * 4))

    assert used.tolist() == [True, False, False, True]
    assert both.labels.tolist() == [0, 1]
    assert both.candidate_predicted.tolist() == [0, 1]


def poisoned(rows: int = 6000) -> tuple[Scored, Codes]:
    """A candidate that knows all but one carrier better than the champion does, and that one the wrong way round."""
    known, labels = odds(rows, seed=1)
    column = carriers(rows)
    noisy = known + np.random.default_rng(7).normal(0, 0.5, rows)
    is_poisoned = column.codes == 2
    return Scored.of(labels, answers_of(np.where(is_poisoned, -known, known)), answers_of(noisy))[0], column


def test_a_slice_that_was_poisoned_is_named_first_and_alone() -> None:
    both, column = poisoned()

    found, few = judge_slices(both, {"carrier": column}, Margins())

    assert [each.of for each in found if each.verdict is Verdict.FAIL] == ["carrier DL"]
    assert found[0].of == "carrier DL"
    assert [each.verdict for each in found[1:]] == [Verdict.PASS, Verdict.PASS]
    assert few == []


def test_slices_with_few_rows_are_named_not_judged() -> None:
    both = scored(1000)
    column = Codes(np.repeat([0, 1, 2, -1], [800, 150, 30, 20]), (*"abc", "never seen"))

    found, few = judge_slices(both, {"s": column}, Margins(least_slice_rows=100))

    assert [each.of for each in found] == ["s a"]
    assert few == [Unjudged("s b", 150), Unjudged("s c", 30)], "150 rows of one day or two are few, too"


def test_a_column_without_any_large_slice_cannot_be_judged() -> None:
    both = scored(1000)
    column = Codes(np.arange(1000) % 10, tuple("abcdefghij"))

    found, few = judge_slices(both, {"s": column}, Margins())

    assert [(each.verdict, each.of) for each in found] == [(Verdict.ERROR, "s")]
    assert found[0].reason == "no value has 300 labelled rows: nothing can be judged by it"
    assert len(few) == 10


def unfair(rows: int = 6000, *, codes: Any = None) -> tuple[Scored, Codes]:
    """A candidate that answers late to everybody of one carrier."""
    known, labels = odds(rows, seed=1)
    column = carriers(rows, shares=(0.4, 0.4, 0.2)) if codes is None else codes
    candidate = np.where(column.codes == 1, 3.0, known)
    return Scored.of(labels, answers_of(candidate), answers_of(known))[0], column


def test_a_gap_that_grows_is_found_and_named() -> None:
    both, column = unfair()

    found, few = judge_groups(both, {"carrier": column}, CLASSES, Margins())

    failed = {each.of for each in found if each.verdict is Verdict.FAIL}
    assert {"carrier B6, predicted late", "carrier B6, not late but predicted so"} <= failed
    assert found[0].verdict is Verdict.FAIL
    assert {each.of.partition(",")[0] for each in found} == {"carrier AA", "carrier B6", "carrier DL"}
    assert all(each.subject is Subject.FAIRNESS for each in found)
    assert few == [] or {each.rows < 300 for each in few} == {True}


def test_a_gap_that_stays_passes_however_wide_it_is() -> None:
    both, column = unfair()
    same = replace(both, champion=both.candidate, champion_predicted=both.candidate_predicted)

    found, _ = judge_groups(same, {"carrier": column}, CLASSES, Margins())

    assert worst(found) is Verdict.PASS
    assert max(each.champion or 0 for each in found) > 0.5


def test_of_two_groups_each_gap_is_told_once() -> None:
    both, column = unfair(codes=carriers(6000, shares=(0.5, 0.5)))

    found, _ = judge_groups(both, {"carrier": column}, CLASSES, Margins())

    assert {each.of.partition(",")[0] for each in found} == {"carrier AA"}


def test_of_three_classes_each_is_predicted_more_or_less_often() -> None:
    generator = np.random.default_rng(0)
    values = generator.dirichlet([2, 2, 2], 3000)
    labels = generator.integers(0, 3, 3000)
    both, _ = Scored.of(labels, Answers.most_probable(values), Answers.most_probable(values))

    found, _ = judge_groups(both, {"carrier": carriers(3000)}, ("a", "b", "c"), Margins())

    rates = {each.of.partition(", ")[2] for each in found}
    assert rates == {"predicted a", "predicted b", "predicted c", "wrong"}


def test_groups_with_few_rows_or_days_are_named_and_a_column_of_none_but_these_is_no_group() -> None:
    both = scored(600)
    few_rows = Codes(np.repeat([0, 1], [500, 100]), ("a", "b"))
    few_days = Codes(np.repeat([0, 1, 2], [150, 150, 300]), ("a", "b", "c"))

    found, few = judge_groups(both, {"s": few_rows}, CLASSES, Margins())
    late, fewer = judge_groups(both, {"t": few_days}, CLASSES, Margins(least_slice_rows=100))

    assert [(each.of, each.verdict) for each in found] == [("s", Verdict.ERROR)]
    assert ("s a, predicted late", 500) in few
    assert ("t a, wrong", 150) in fewer
    assert any(each.of == "t c, wrong" for each in late)


def test_no_finding_is_no_pass() -> None:
    assert worst([]) is Verdict.INCONCLUSIVE
