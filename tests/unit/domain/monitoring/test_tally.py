import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.repeats import Repeats
from sluice.domain.drift.sliced import Slice
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import empty
from sluice.domain.drift.summary_form import summary_to_dict
from sluice.domain.monitoring.rows import Rows, read_rows
from sluice.domain.monitoring.tally import Tally
from tests.drift_builders import a_reference, a_sliced_reference, a_window, slices_of
from tests.monitoring_builders import answers, requests, side

BINNING = a_reference().binning


def rows_of(count: int, *, seed: int) -> Rows:
    data = {
        "endpointInput": side({"instances": requests(count, seed=seed)}),
        "endpointOutput": side({"predictions": answers(count, seed=seed)}),
    }
    return read_rows(data, BINNING)


def counted(*pieces: Rows) -> Tally:
    tally = Tally(BINNING)
    for piece in pieces:
        tally.add(piece)
    return tally


def test_nothing_counts_as_nothing() -> None:
    assert Tally(BINNING).summary() == empty(BINNING)


def test_captured_rows_count_as_the_same_rows_of_a_table() -> None:
    assert counted(rows_of(1000, seed=10)).summary() == a_window(1000, seed=10)


def test_asked_twice_it_says_the_same() -> None:
    tally = counted(rows_of(10, seed=10))

    assert tally.summary() == tally.summary()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_how_rows_are_cut_into_requests_does_not_matter(sizes: list[int]) -> None:
    asked, said = requests(sum(sizes), seed=3), answers(sum(sizes), seed=3)
    pieces, at = [], 0
    for size in sizes:
        part = slice(at, at + size)
        data = {"endpointInput": side({"instances": asked[part]}), "endpointOutput": side({"predictions": said[part]})}
        pieces.append(read_rows(data, BINNING))
        at += size

    assert counted(*pieces).summary() == counted(rows_of(sum(sizes), seed=3)).summary()


def test_more_rows_than_are_counted_at_once_are_all_counted() -> None:
    assert counted(*[rows_of(1000, seed=10)] * 9).summary().rows == 9000


def test_rows_without_an_answer_have_no_score_and_no_class() -> None:
    silent = read_rows({"endpointInput": side({"instances": requests(5, seed=1)})}, BINNING)

    form = summary_to_dict(BINNING, counted(silent, rows_of(10, seed=10)).summary())

    assert form["rows"] == 15
    assert form["features"]["predicted"]["missing"] == 5
    assert form["features"]["score of late"]["missing"] == 5
    assert sum(map(sum, form["scores"]["late"])) == 10


@pytest.mark.parametrize("probabilities", [[None, None], [float("nan"), float("nan")], [float("inf"), float("-inf")]])
def test_a_row_that_was_answered_with_no_probability_has_no_class(probabilities: list[float | None]) -> None:
    """It would lean to the first class, and tell of a drift of answers where something is broken."""
    said = [*answers(9, seed=1), {"label": 0, "probabilities": probabilities}]
    data = {
        "endpointInput": side({"instances": requests(10, seed=1)}),
        "endpointOutput": side({"predictions": said}),
    }

    form = summary_to_dict(BINNING, counted(read_rows(data, BINNING)).summary())

    assert (sum(form["features"]["predicted"]["counts"]), form["features"]["predicted"]["missing"]) == (9, 1)
    assert sum(map(sum, form["scores"]["late"])) == 9


def test_numbers_of_both_widths_lie_in_the_same_cells() -> None:
    wide = a_reference().binning.features[0]
    edges = np.array(wide.edges)  # type: ignore[union-attr]  # temp is numeric
    written = Rows(len(edges), {"temp": edges.tolist()}, None)
    sent = Rows(len(edges), {"temp": edges.astype(np.float32)}, None)

    assert counted(written).summary() == counted(sent).summary()
    assert counted(written, sent).summary().rows == 2 * len(edges)
    assert counted(written).summary() == summarise(BINNING, {"temp": edges})


@pytest.mark.parametrize(("value", "slot"), [("warm", "wrong_type"), (1e300, "above")])
def test_what_is_no_number_or_too_large_for_the_model_is_counted_as_that(value: object, slot: str) -> None:
    form = summary_to_dict(BINNING, counted(Rows(1, {"temp": [value]}, None)).summary())

    assert form["features"]["temp"][slot] == 1


def test_slices_are_counted_as_the_same_rows_of_a_table() -> None:
    tally = Tally(BINNING, tuple(a_sliced_reference().slices))
    for _ in range(2):
        tally.add(rows_of(5000, seed=10))

    once = slices_of(5000, seed=10)
    assert tally.slices() == {of: summary + summary for of, summary in once.items()}
    assert tally.summary().rows == 10_000


def test_rows_of_other_values_and_of_none_are_in_no_slice() -> None:
    tally = Tally(BINNING, (Slice("carrier", "AA"), Slice("origin", "JFK")))
    tally.add(Rows(4, {"carrier": ["AA", "B6", None, ["AA"]]}, None))

    assert {of: summary.rows for of, summary in tally.slices().items()} == {Slice("carrier", "AA"): 1}
    assert tally.summary().rows == 4


def test_exchanges_are_counted_however_they_are_read() -> None:
    tally = Tally(BINNING)
    for asked, said in zip(requests(30, seed=10), answers(30, seed=10), strict=True):
        tally.read({"endpointInput": side({"instances": [asked]}), "endpointOutput": side({"predictions": [said]})})

    assert tally.summary() == a_window(30, seed=10)


def test_rows_that_come_twice_are_counted_whatever_requests_they_come_in() -> None:
    tally = Tally(BINNING)
    for asked, said in zip(requests(30, seed=10) * 2, answers(60, seed=10), strict=True):
        tally.read({"endpointInput": side({"instances": [asked]}), "endpointOutput": side({"predictions": [said]})})
    tally.add(Rows(2, {"temp": np.array([1.5, 1.5], dtype=np.float32), "carrier": ["AA", "AA"]}, None))

    assert tally.repeats() == Repeats(62, 31)
    assert tally.repeats() == Repeats(62, 31)
