from dataclasses import replace

import numpy as np

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.number_outcomes import count_number_outcomes
from sluice.domain.drift.outcomes import count_outcomes, no_outcomes
from sluice.domain.drift.part import without
from sluice.domain.drift.sliced import Slice, SlicedReference
from sluice.domain.monitoring.compare import compare, compare_slices, is_compared, nothing_compared
from sluice.domain.monitoring.labelled import Labelled
from sluice.domain.monitoring.window import Window
from tests.drift_builders import a_reference
from tests.feedback_builders import T0, answered, said
from tests.monitoring_builders import hour
from tests.number_builders import a_number_reference

BINNING = a_reference().binning
WINDOW = Window("flights", "1", "champion", hour(9))
NOTHING = no_outcomes(BINNING)
NUMBERS = a_number_reference().binning
NO_NUMBERS = nothing_compared(NUMBERS)


def labelled(label: int, late: float, number: int = 1) -> Labelled:
    return Labelled(WINDOW, f"p-{number}", 1, label, (1 - late, late))


def number(true: float, said: float, place: int = 1) -> Labelled:
    return Labelled(WINDOW, f"n-{place}", 1, true, (said,))


def test_a_label_belongs_to_the_hour_the_version_and_the_slot_of_the_answer() -> None:
    attempt = answered("p-1", at=T0, scores=(0.25, 0.75))

    assert Labelled.of(said("p-1", 1.0, "label"), attempt) == labelled(1, 0.75)


def test_labels_are_counted_as_everywhere() -> None:
    labels = [labelled(1, 0.75), labelled(0, 0.75), labelled(0, 0.125)]
    scores = np.array([each.scores for each in labels], dtype=np.float32)

    counted = compare(BINNING, NOTHING, labels)

    assert counted == count_outcomes(BINNING, Answers.most_probable(scores), np.array([1, 0, 0]))
    assert (counted.rows, counted.wrong) == (3, 1)


def test_what_is_taken_back_was_never_there() -> None:
    one, other = labelled(1, 0.3), labelled(0, 0.6, 2)

    both = compare(BINNING, NOTHING, [one, other])

    assert compare(BINNING, both, [replace(one, is_taken_back=True)]) == compare(BINNING, NOTHING, [other])
    assert compare(BINNING, NOTHING, [replace(one, is_taken_back=True), one]) == NOTHING


def test_what_was_never_counted_is_not_taken_back() -> None:
    """It was counted by the bins of an earlier reference."""
    one, other = labelled(1, 0.3), labelled(0, 0.6, 2)

    after = compare(BINNING, NOTHING, [replace(one, is_taken_back=True), other])

    assert after == compare(BINNING, NOTHING, [other])


def test_answers_with_other_classes_than_the_reference_are_left_out() -> None:
    three = replace(labelled(1, 0.5), scores=(0.25, 0.25, 0.5))

    assert compare(BINNING, NOTHING, [three, labelled(1, 0.75)]).rows == 1
    assert compare(BINNING, NOTHING, [three]) == NOTHING


def test_numbers_are_counted_as_everywhere_and_taken_back_exactly() -> None:
    one, other = number(20.5, 21.25), number(-3.125, 40.0, 2)

    both = compare(NUMBERS, NO_NUMBERS, [one, other])

    assert both == count_number_outcomes(NUMBERS, [21.25, 40.0], np.array([20.5, -3.125]))
    assert (both.rows, both.wrong) == (2, 1)
    assert compare(NUMBERS, both, [replace(one, is_taken_back=True)]) == compare(NUMBERS, NO_NUMBERS, [other])
    assert compare(NUMBERS, NO_NUMBERS, [replace(one, is_taken_back=True), one]) == NO_NUMBERS
    assert compare(NUMBERS, NO_NUMBERS, [replace(one, is_taken_back=True)]) == NO_NUMBERS


def test_a_number_is_no_class_and_scores_are_no_number() -> None:
    every = [labelled(1, 0.75), number(1.0, 0.5)]

    assert compare(BINNING, NOTHING, every).rows == 1
    assert compare(NUMBERS, NO_NUMBERS, every).rows == 1


def test_labels_are_compared_where_the_reference_knows_answers() -> None:
    inputs = without(SlicedReference(a_number_reference()), ["minutes"]).whole.binning

    assert [is_compared(each) for each in (BINNING, NUMBERS, inputs)] == [True, True, False]
    assert nothing_compared(BINNING) == NOTHING


def test_labels_are_counted_in_each_slice_of_their_row_and_a_slice_without_any_is_gone() -> None:
    b6, jfk, aa = Slice("carrier", "B6"), Slice("origin", "JFK"), Slice("carrier", "AA")
    first, second = replace(labelled(1, 0.75), slices=(b6, jfk)), replace(labelled(0, 0.25, 2), slices=(b6,))
    before = compare_slices(BINNING, {}, [first, second, labelled(1, 0.5, 3)])

    after = compare_slices(BINNING, before | {aa: before[b6]}, [replace(first, is_taken_back=True)])

    assert before == {b6: compare(BINNING, NOTHING, [first, second]), jfk: compare(BINNING, NOTHING, [first])}
    assert after == {b6: compare(BINNING, NOTHING, [second]), aa: before[b6]}
