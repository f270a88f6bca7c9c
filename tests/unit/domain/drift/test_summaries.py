import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import Binning, CategoricalBins, NumericBins, Role, ScoreBins
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import Summary, empty, merged
from sluice.domain.drift.summary_form import summary_from_dict, summary_to_dict
from sluice.domain.drift.wire import decode, encode
from sluice.domain.errors import InvalidReference, InvalidSummary, ReferenceMismatch
from sluice.domain.reference_fit import PREDICTED
from tests.drift_builders import a_reference, a_window, some_answers, some_rows

BINNING = Binning(
    (NumericBins("temp", (0.0, 1.0), -1.0, 9.0), CategoricalBins("carrier", ("AA",), Role.INPUT)),
    ("on_time", "late"),
    (ScoreBins("late", (0.25, 0.5)),),
)
OTHER = Binning((NumericBins("temp", (0.0, 1.5), -1.0, 9.0),))

counts = st.lists(st.integers(0, 2**40) | st.sampled_from([0, 127, 128, 2**14, 2**60]), min_size=18, max_size=18)


def summaries() -> st.SearchStrategy[Summary]:
    return st.builds(lambda rows, row: Summary(BINNING.id, rows, np.array(row)), st.integers(0, 2**40), counts)


def test_a_window_is_counted_feature_by_feature_and_score_by_score() -> None:
    answers = Answers(np.array([[0.8, 0.2], [0.4, 0.6], [0.7, 0.3]]), np.array([0, 1, 1]))

    summary = summarise(BINNING, {"temp": [0.5, None, 99.0], "carrier": ["AA", "UA", "AA"]}, answers)

    assert summary_to_dict(BINNING, summary) == {
        "binning": BINNING.id,
        "rows": 3,
        "features": {
            "temp": {"counts": [0, 1, 1], "missing": 1, "wrong_type": 0, "below": 0, "above": 1, "non_finite": 0},
            "carrier": {"counts": [2, 1], "missing": 0, "wrong_type": 0},
        },
        "scores": {"late": [[1, 0, 0], [0, 1, 1]]},
    }


@pytest.mark.parametrize("probabilities", [[np.nan, np.nan], [np.inf, -np.inf]])
def test_a_row_without_any_probability_has_no_predicted_class(probabilities: list[float]) -> None:
    classes = ("on_time", "late")
    predicted = CategoricalBins(PREDICTED, classes, Role.OUTPUT)
    binning = Binning((predicted,), classes, (ScoreBins("late", (0.5,)),))
    answers = Answers.most_probable(np.array([[0.8, 0.2], probabilities, [0.1, 0.9]]))

    form = summary_to_dict(binning, summarise(binning, {}, answers))

    assert form["features"][PREDICTED] == {"counts": [1, 1, 0], "missing": 1, "wrong_type": 0}
    assert form["scores"]["late"] == [[1, 0], [0, 1]]


def test_a_feature_without_a_column_is_missing_everywhere_and_a_column_without_a_feature_is_not_looked_at() -> None:
    form = summary_to_dict(BINNING, summarise(BINNING, {"carrier": ["AA"] * 5, "extra": [1] * 5}))

    assert form["features"]["temp"]["missing"] == 5
    assert form["scores"]["late"] == [[0, 0, 0], [0, 0, 0]]
    assert summarise(BINNING, {}) == empty(BINNING)


def test_columns_and_answers_agree_about_the_rows() -> None:
    with pytest.raises(ValueError, match="equally many rows"):
        summarise(BINNING, {"temp": [1.0], "carrier": ["AA", "UA"]})
    with pytest.raises(ValueError, match="probabilities of 2 classes"):
        summarise(BINNING, {}, Answers(np.ones((1, 3)), np.array([0])))


@given(summaries(), summaries(), summaries())
@settings(max_examples=30, deadline=None)
def test_summaries_add_up_in_any_order_and_pieces(one: Summary, two: Summary, three: Summary) -> None:
    nothing = empty(BINNING)

    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    assert one + nothing == one
    assert merged(BINNING, [one, two, three]) == one + two + three
    assert merged(BINNING, []) == nothing
    assert one != 7


def test_a_window_in_pieces_is_the_window() -> None:
    rows, (answers, _) = some_rows(700, seed=5), some_answers(700, seed=6)
    binning = a_reference().binning
    cuts = [slice(0, 1), slice(1, 400), slice(400, 400), slice(400, 700)]

    pieces = [summarise(binning, {name: column[cut] for name, column in rows.items()}, answers[cut]) for cut in cuts]

    assert merged(binning, pieces) == summarise(binning, rows, answers)


@given(summaries(), st.sampled_from([True, False]))
@settings(max_examples=60, deadline=None)
def test_bytes_bring_a_summary_back(summary: Summary, compress: Any) -> None:
    assert decode(encode(summary, compress=compress), BINNING) == summary


@given(summaries())
@settings(max_examples=30, deadline=None)
def test_json_brings_a_summary_back(summary: Summary) -> None:
    form = json.loads(json.dumps(summary_to_dict(BINNING, summary)))

    assert summary_from_dict(form, BINNING) == summary


def test_the_bytes_of_a_summary_never_change() -> None:
    summary = Summary(BINNING.id, 300, np.arange(18) * 100)

    assert encode(summary, compress=False).hex() == (
        "01" + BINNING.id + "ac02" + "00" + "64c801ac029003f403d804bc05a0068407e807cc08b009940af80adc0bc00ca40d"
    )
    assert BINNING.id == "5e2fafaeaa764a0d"


def test_a_thousand_rows_of_sixty_features_are_at_most_three_kilobytes() -> None:
    generator = np.random.default_rng(1)
    edges = tuple(np.linspace(-2, 2, 31).tolist())
    numeric = tuple(NumericBins(f"n{place}", edges, -3.0, 3.0) for place in range(50))
    categorical = tuple(CategoricalBins(f"c{place}", tuple("abcdefghijklmnopqrst")) for place in range(10))
    binning = Binning((*numeric, *categorical))
    columns: dict[str, Any] = {bins.name: generator.normal(size=1000) for bins in numeric}
    columns |= {bins.name: generator.choice(list("abcdefghij"), 1000).tolist() for bins in categorical}

    summary = summarise(binning, columns)

    assert len(encode(summary)) <= 2000
    assert len(encode(summary, compress=False)) <= 3000


@given(st.binary(max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    head = bytes.fromhex(BINNING.id)
    for each in (data, b"\x01" + head + data, b"\x02" + head + data, b"\x02" + head + zlib.compress(data)):
        with suppress(InvalidSummary, ReferenceMismatch):
            decode(each, BINNING)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\x01" * 18, "18 counters, got 17"),
        (b"\x01" * 18 + b"\x80", "within a counter"),
        (b"\x01" * 18 + b"\x80" * 9 + b"\x01", "63 bits"),
    ],
)
def test_damaged_counters_are_refused(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidSummary, match=reason):
        decode(b"\x01" + bytes.fromhex(BINNING.id) + body, BINNING)


def test_damaged_compression_is_refused_and_never_inflated_beyond_a_summary() -> None:
    good, head = encode(a_window()), b"\x02" + bytes.fromhex(a_reference().binning.id)
    for wrong in (good[:-3], good + b"x", head + zlib.compress(bytes(10**7)), head + b"nonsense"):
        with pytest.raises(InvalidSummary):
            decode(wrong, a_reference().binning)


def test_counts_of_other_bins_are_never_added_or_read() -> None:
    one, other = empty(BINNING), empty(OTHER)
    refusals: list[Callable[[], object]] = [
        lambda: one + other,
        lambda: merged(BINNING, [one, other]),
        lambda: decode(encode(other), BINNING),
        lambda: summary_to_dict(BINNING, other),
        lambda: summary_from_dict(summary_to_dict(OTHER, other), BINNING),
    ]
    for refused in refusals:
        with pytest.raises(ReferenceMismatch, match="count the window by its own"):
            refused()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"rows": -1}, "rows"),
        ({"rows": True}, "rows"),
        ({"features": []}, "features"),
        ({"features": {}}, "features.temp"),
        ({"features": {"temp": {"counts": [1, 2]}}}, "features.temp.counts"),
        ({"features": {"temp": {"counts": [1, 2, 3], "missing": 0.5}}}, "features.temp.missing"),
        ({"scores": {}}, "scores.late"),
        ({"scores": {"late": [[1, 2, 3], [1, 2, 2**63]]}}, "scores.late"),
    ],
)
def test_json_that_does_not_fit_is_refused_by_place(change: dict[str, Any], where: str) -> None:
    form = summary_to_dict(BINNING, empty(BINNING)) | change

    with pytest.raises(InvalidSummary, match=f"^{where}: "):
        summary_from_dict(form, BINNING)


def test_what_is_no_summary_is_refused() -> None:
    wrong: list[Any] = [None, [], {"rows": 1}]
    for form in wrong:
        with pytest.raises(InvalidSummary):
            summary_from_dict(form, BINNING)
    rows: list[Any] = [np.zeros(3), np.zeros((1, 3), dtype=np.int64), np.array([-1])]
    for row in rows:
        with pytest.raises(InvalidSummary):
            Summary(BINNING.id, 1, row)


def test_a_summary_is_not_changed_by_what_is_added_to_it() -> None:
    summary = empty(BINNING)

    with pytest.raises(ValueError, match="read-only"):
        summary.counts[0] = 1
    with pytest.raises(TypeError):
        hash(summary)


def test_a_binning_that_contradicts_itself_is_refused() -> None:
    temp = NumericBins("temp", (), 0.0, 0.0)
    refusals: list[Callable[[], object]] = [
        lambda: NumericBins("", (), 0.0, 0.0),
        lambda: NumericBins("x", (1.0, 1.0), 0.0, 2.0),
        lambda: NumericBins("x", (float("inf"),), 0.0, 2.0),
        lambda: NumericBins("x", (), 3.0, 2.0),
        lambda: NumericBins("x", (), float("nan"), 2.0),
        lambda: CategoricalBins("x", ("a", "a")),
        lambda: CategoricalBins("x", ("",)),
        lambda: Binning(()),
        lambda: Binning((temp, temp)),
        lambda: Binning((temp,), ("a", "a")),
        lambda: Binning((temp,), ("a", "b"), ()),
        lambda: Binning((temp,), ("a", "b"), (ScoreBins("a", ()),)),
    ]
    for refused in refusals:
        with pytest.raises(InvalidReference):
            refused()


def test_of_three_classes_each_has_scores_and_of_two_the_second() -> None:
    temp = NumericBins("temp", (), 0.0, 0.0)

    three = Binning((temp,), ("a", "b", "c"), tuple(ScoreBins(name, (0.5,)) for name in "abc"))

    assert [at.stop for at in three.scores_at] == [10, 14, 18]
    assert three.size == 18
    assert len({three, BINNING, OTHER}) == 3
