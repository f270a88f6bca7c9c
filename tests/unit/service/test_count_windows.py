from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.build import Choices
from sluice.domain.drift.column import Codes
from sluice.domain.drift.model_reference import Training, model_reference
from sluice.domain.drift.number_outcomes import count_number_outcomes
from sluice.domain.drift.outcomes import ClassOutcomes
from sluice.domain.drift.part import without
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.sliced import Slice, SlicedReference, coded
from sluice.domain.drift.summary import merged
from sluice.domain.evidence.finding import Verdict
from sluice.service.count_windows import ByRows, ByTime, TooManyWindows, Window, count_windows, without_cut_ends
from sluice.service.drift_rows import Rows, joined
from sluice.service.judge_windows import fitting, judge_windows
from tests.drift_builders import some_answers, some_rows
from tests.drift_files import SIGNATURE
from tests.number_builders import a_number_reference, some_numbers

HOUR = timedelta(hours=1)
T0 = datetime(2013, 6, 1, tzinfo=UTC)
_SECOND = 1_000_000


def a_reference() -> SlicedReference:
    columns = some_rows(4000, seed=1)
    answers, labels = some_answers(4000, seed=2)
    training = Training(columns, answers=answers, labels=labels, slices={"carrier": columns["carrier"]})
    return model_reference(SIGNATURE, training, choices=Choices(draws=0, window_rows=100))


REFERENCE = a_reference()


def rows_from(start: int, rows: int, *, seed: int = 5, **columns: Any) -> Rows:
    """A row a minute, the first so many minutes after T0."""
    answers, labels = some_answers(rows, seed=seed)
    given = some_rows(rows, seed=seed) | columns
    times = int(T0.timestamp()) * _SECOND + (start + np.arange(rows)) * 60 * _SECOND
    labels[::4] = -1
    return Rows(given, {"carrier": coded(given["carrier"])}, times, answers, labels)


def sizes(windows: list[Window]) -> list[int]:
    return [window.counted.summary.rows for window in windows]


def test_without_a_cut_all_rows_are_one_window_without_a_time() -> None:
    (window,) = count_windows(REFERENCE, [rows_from(0, 100), rows_from(100, 30)], ByRows())

    assert (window.start, window.end, window.counted.summary.rows) == (None, None, 130)
    assert window.counted.outcomes is not None
    assert window.counted.outcomes.rows == 75 + 22


def test_rows_with_a_label_are_counted_by_slice_too() -> None:
    pieces = [rows_from(0, 300), rows_from(300, 200, seed=6)]

    (window,) = count_windows(REFERENCE, pieces, ByRows())

    by_slice, whole = window.counted.slice_outcomes, window.counted.outcomes
    assert isinstance(whole, ClassOutcomes)
    assert by_slice.keys() == window.counted.slices.keys()
    confusions = np.stack([each.confusion for each in by_slice.values() if isinstance(each, ClassOutcomes)])
    assert confusions.sum(axis=0).tolist() == whole.confusion.tolist()
    expected = 0
    for piece in pieces:
        codes, labels = piece.slices["carrier"], piece.labels
        assert labels is not None
        expected += int(((codes.codes == codes.categories.index("AA")) & (labels >= 0)).sum())
    assert by_slice[Slice("carrier", "AA")].rows == expected


def test_a_value_that_the_reference_does_not_know_as_a_slice_has_no_outcomes() -> None:
    (window,) = count_windows(REFERENCE, [rows_from(0, 100, carrier=["ZZ"] * 100)], ByRows())

    assert window.counted.outcomes is not None
    assert not window.counted.slice_outcomes


def test_without_labels_slices_have_no_outcomes() -> None:
    rows = replace(rows_from(0, 100), labels=None)

    (window,) = count_windows(REFERENCE, [rows], ByRows())

    assert window.counted.outcomes is None
    assert window.counted.slices
    assert not window.counted.slice_outcomes


def test_windows_of_rows_go_on_from_one_piece_to_the_next() -> None:
    windows = count_windows(REFERENCE, [rows_from(0, 100), rows_from(100, 100), rows_from(200, 50)], ByRows(80))

    assert sizes(windows) == [80, 80, 80, 10]


def test_windows_of_time_lie_in_order_without_gaps_whatever_the_order_of_rows() -> None:
    later, first = rows_from(180, 60), rows_from(0, 90)

    windows = count_windows(REFERENCE, [later, first], ByTime(HOUR))

    assert sizes(windows) == [60, 30, 0, 60]
    assert [(window.start, window.end) for window in windows] == [
        (T0 + n * HOUR, T0 + (n + 1) * HOUR) for n in range(4)
    ]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=5), st.integers(1, 200))
def test_however_rows_come_in_pieces_the_windows_are_the_same(cuts: list[int], size: int) -> None:
    rows = rows_from(0, 300)
    ends = sorted({0, 300, *cuts})
    pieces = [rows.at(np.arange(start, end)) for start, end in pairwise(ends)]

    for cut in (ByRows(size), ByTime(size * timedelta(minutes=1))):
        at_once, in_pieces = (count_windows(REFERENCE, stream, cut) for stream in ([rows], pieces))

        assert at_once == in_pieces
        assert merged(REFERENCE.whole.binning, (window.counted.summary for window in at_once)).rows == 300


def test_slices_are_counted_in_each_window_and_add_up() -> None:
    windows = count_windows(REFERENCE, [rows_from(0, 200)], ByRows(120))

    for window in windows:
        assert merged(REFERENCE.whole.binning, window.counted.slices.values()) == window.counted.summary
    assert Slice("carrier", "AA") in windows[0].counted.slices


def test_no_rows_are_no_windows_and_too_many_windows_are_refused_at_once() -> None:
    assert count_windows(REFERENCE, [], ByRows(5)) == []
    with pytest.raises(TooManyWindows, match="choose longer ones"):
        count_windows(REFERENCE, [rows_from(0, 2), rows_from(10**9, 2)], ByTime(HOUR))


def test_rows_without_times_cannot_be_cut_by_time() -> None:
    with pytest.raises(ValueError, match="without times"):
        count_windows(REFERENCE, [replace(rows_from(0, 5), times=None)], ByTime(HOUR))


@pytest.mark.parametrize(
    ("start", "rows", "kept"),
    [(50, 400, [60] * 6 + [30]), (0, 490, [60] * 8), (0, 480, [60] * 8), (55, 190, [60] * 3), (50, 100, [10, 60, 30])],
)
def test_windows_that_the_datas_ends_cut_off_are_left_out_and_named(start: int, rows: int, kept: list[int]) -> None:
    windows = count_windows(REFERENCE, [rows_from(start, rows)], ByTime(HOUR))

    whole, notes = without_cut_ends(windows)

    assert sizes(whole) == kept
    assert len(notes) == len(windows) - len(whole)
    assert all("is left out" in note for note in notes)


def test_windows_of_rows_have_no_cut_ends() -> None:
    windows = count_windows(REFERENCE, [rows_from(0, 310)], ByRows(100))

    assert without_cut_ends(windows) == (windows, ())


def test_every_window_is_looked_at_with_those_before_it_and_none_after() -> None:
    hot = some_rows(600, seed=7)["temp"] + 8
    windows = count_windows(REFERENCE, [rows_from(0, 1200), rows_from(1200, 600, seed=7, temp=hot)], ByRows(600))
    rules = fitting(Rules(), len(windows))

    looks = list(judge_windows(REFERENCE, windows, rules))

    drifted = [{each.feature for each in look.findings if each.verdict is Verdict.FAIL} for look in looks]
    assert drifted == [set(), set(), {"temp"}]
    assert list(judge_windows(REFERENCE, windows[:2], rules)) == looks[:2]
    slices = {finding.slice for finding in looks[0].findings}
    assert slices == {"", *(f"carrier {name}" for name in ("AA", "B6", "DL", "UA", "WN"))}


@pytest.mark.parametrize(("windows", "levels"), [(0, 1), (1, 1), (2, 2), (7, 3), (8, 4), (1000, 7)])
def test_the_error_is_not_shared_with_looks_there_are_no_windows_for(windows: int, levels: int) -> None:
    assert fitting(Rules(), windows).levels == levels


def test_rows_are_joined_as_they_were_cut() -> None:
    rows = rows_from(0, 50)

    again = joined([rows.at(np.arange(20)), rows.at(np.arange(20, 50))])

    assert [np.asarray(again.columns[name]).tolist() for name in ("delay", "seats", "carrier")] == [
        np.asarray(rows.columns[name]).tolist() for name in ("delay", "seats", "carrier")
    ]
    assert again.answers is not None
    assert rows.answers is not None
    assert np.array_equal(again.answers.probabilities, rows.answers.probabilities)
    assert len(again) == 50


def test_joined_columns_may_differ_in_how_they_were_read() -> None:
    one = Rows({"delay": np.array([1.0]), "carrier": Codes(np.array([0, -1, 2]), ("AA", "UA"))})
    other = Rows({"delay": ["abc", 2.0], "carrier": Codes(np.array([1]), ("WN", "AA"))})

    both = joined([one, other])

    assert both.columns["delay"] == [1.0, "abc", 2.0]
    carrier = both.columns["carrier"]
    assert isinstance(carrier, Codes)
    assert (carrier.categories, carrier.codes.tolist()) == (("AA", "UA", "WN"), [0, -1, 3, 0])
    assert (both.answers, both.times, both.labels) == (None, None, None)


def test_answers_without_labels_and_labels_without_answers_measure_nothing() -> None:
    rows = rows_from(0, 60)

    for part in (replace(rows, labels=None), replace(rows, answers=None)):
        (window,) = count_windows(REFERENCE, [part, part], ByRows())

        assert window.counted.outcomes is None


def test_answers_are_counted() -> None:
    rows = rows_from(0, 60)
    answers = Answers(np.tile([0.1, 0.9], (60, 1)), np.ones(60, dtype=np.int64))

    (window,) = count_windows(REFERENCE, [replace(rows, answers=answers)], ByRows())

    at = REFERENCE.whole.binning.scores_at[0]
    assert window.counted.summary.counts[at].reshape(2, -1).sum(axis=1).tolist() == [0, 60]


def numbers_from(rows: int, *, seed: int = 5) -> Rows:
    said, true = some_numbers(rows, seed=seed)
    true[::4] = np.nan
    return Rows({**some_rows(rows, seed=seed), "minutes": said}, true_numbers=true)


def test_numbers_are_compared_with_what_was_true_window_by_window() -> None:
    reference, rows = SlicedReference(a_number_reference()), numbers_from(100)

    whole = count_windows(reference, [rows], ByRows())
    cut = count_windows(reference, [rows.at(np.arange(60)), rows.at(np.arange(60, 100))], ByRows(50))

    assert rows.true_numbers is not None
    every = count_number_outcomes(reference.whole.binning, rows.columns["minutes"], rows.true_numbers)
    assert whole[0].counted.outcomes == every
    assert every.rows == 75
    both = [window.counted.outcomes for window in cut]
    assert both[0] is not None
    assert both[1] is not None
    assert both[0] + both[1] == every
    assert both[0].rows == 37


def test_numbers_without_a_tolerance_or_without_labels_measure_nothing() -> None:
    reference, rows = SlicedReference(a_number_reference()), numbers_from(60)

    for of, part in ((without(reference, ["minutes"]), rows), (reference, replace(rows, true_numbers=None))):
        (window,) = count_windows(of, [part], ByRows())

        assert window.counted.outcomes is None


def test_true_numbers_are_joined_in_their_order() -> None:
    rows = numbers_from(40)

    again = joined([rows.at(np.arange(25)), rows.at(np.arange(25, 40))])

    assert again.true_numbers is not None
    assert rows.true_numbers is not None
    assert np.array_equal(again.true_numbers, rows.true_numbers, equal_nan=True)
