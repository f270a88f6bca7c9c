import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import CategoricalBins, NumericBins, Role
from sluice.domain.drift.build import Choices, Labelled, build_reference
from sluice.domain.drift.design import Design
from sluice.domain.drift.edges import quantile_edges
from sluice.domain.drift.reference import Moments, Reference
from sluice.domain.drift.reference_form import read_reference
from sluice.domain.drift.summary import empty
from sluice.domain.drift.summary_form import summary_to_dict
from sluice.domain.drift.tail_table import TailTable
from sluice.domain.errors import InvalidReference, ReferenceMismatch
from tests.drift_builders import CLASSES, a_reference, a_window, some_answers, some_rows

FEW = Choices(draws=200, window_rows=100)


def feature_of(reference: Reference, name: str) -> Any:
    return next(feature for feature in reference.to_dict()["features"] if feature["name"] == name)


def test_cells_of_a_continuous_feature_are_equally_full() -> None:
    counts = feature_of(a_reference(), "delay")["counts"]

    assert len(counts) == 32
    assert {312, 313} == set(counts)


@given(st.lists(st.integers(0, 9) | st.floats(-1e6, 1e6), min_size=1, max_size=80), st.integers(1, 40))
@settings(max_examples=80, deadline=None)
def test_no_cell_is_empty_whatever_the_ties(values: list[float], cells: int) -> None:
    known = np.array(values, dtype=np.float64)

    edges = quantile_edges(known, cells=cells)

    assert len(edges) < cells
    counts = np.bincount(np.searchsorted(np.array(edges), known, "left"), minlength=len(edges) + 1)
    assert counts.min() > 0


def test_whole_numbers_get_a_cell_each() -> None:
    reference = build_reference({"weekday": list(range(7)) * 30}, seed=1, choices=FEW)

    (bins,) = reference.binning.features
    assert isinstance(bins, NumericBins)
    assert bins.edges == (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    assert feature_of(reference, "weekday")["counts"] == [30] * 7


def test_the_range_leaves_two_in_a_thousand_outside() -> None:
    temp = feature_of(a_reference(), "temp")

    assert 9 <= temp["below"] <= 10
    assert 9 <= temp["above"] <= 10
    assert 150 <= temp["missing"] <= 250


def test_rare_categories_are_counted_as_one() -> None:
    column = ["a"] * 50 + ["b"] * 30 + ["c"] * 30 + ["d"] * 2
    choices = Choices(most_categories=2, draws=0, window_rows=10)

    reference = build_reference({"carrier": column}, seed=1, choices=choices)

    assert feature_of(reference, "carrier")["categories"] == ["a", "b"]
    assert feature_of(reference, "carrier")["counts"] == [50, 30, 32]


def test_numbers_may_be_declared_categories_and_columns_outputs() -> None:
    choices = Choices(frozenset({"weekday"}), frozenset({"price"}), draws=0)

    reference = build_reference({"weekday": [1, 2, 1], "price": [0.5, 1.5, 2.5]}, seed=1, choices=choices)

    weekday, price = reference.binning.features
    assert weekday == CategoricalBins("weekday", ("1", "2"))
    assert price.role is Role.OUTPUT


def test_a_classifier_adds_its_scores_and_predictions_as_outputs() -> None:
    reference = a_reference()

    outputs = [bins.name for bins in reference.binning.features if bins.role is Role.OUTPUT]

    assert outputs == ["score of late", "predicted"]
    assert reference.outcomes is not None
    assert reference.outcomes.rows == 10_000


def test_moments_are_those_of_finite_values() -> None:
    reference = build_reference({"x": [1.0, 2.0, 6.0, np.inf, None]}, seed=1, choices=FEW)

    assert reference.moments == (Moments(3.0, float(np.sqrt(14 / 3)), 1.0, 6.0),)


def test_the_largest_numbers_have_finite_moments() -> None:
    reference = build_reference({"x": [1e308, -1e308, 1e308]}, seed=1, choices=FEW)

    (moments,) = reference.moments
    assert moments is not None
    assert moments.std_dev == pytest.approx(0.9428e308, rel=1e-3)


def test_a_good_reference_lacks_nothing_and_a_small_one_says_what() -> None:
    small = build_reference({"x": [1.0] * 50, "y": [None] * 50}, seed=1, choices=FEW)

    assert a_reference().lacks == ()
    assert [told.split(";")[0] for told in small.lacks] == [
        "50 rows",
        "0 blocks of 100 rows",
        "y has no value in any row: its values cannot be judged",
    ]


def test_equal_data_and_seed_give_equal_references() -> None:
    rows = some_rows(500, seed=4)

    assert build_reference(rows, seed=1, choices=FEW) == build_reference(rows, seed=1, choices=FEW)


@pytest.mark.parametrize(
    ("columns", "choices", "reason"),
    [
        ({}, Choices(), "at least one column"),
        ({"x": []}, Choices(), "at least one column and one row"),
        ({"x": [1], "y": [1, 2]}, Choices(), "equally many rows"),
        ({"x": [[1], [2]]}, Choices(), "x: none of 2 rows holds a category"),
        ({"x": np.array([1.0]), "y": [1, "2"]}, Choices(frozenset({"z"})), r"name columns, got \['z'\]"),
        ({"x": np.zeros((2, 2))}, Choices(), "one value a row"),
        ({"": [1]}, Choices(), "needs a name"),
    ],
)
def test_nothing_and_nonsense_are_refused(columns: dict[str, Any], choices: Choices, reason: str) -> None:
    with pytest.raises(InvalidReference, match=reason):
        build_reference(columns, seed=1, choices=choices)


def test_choices_that_make_no_sense_are_refused() -> None:
    for wrong in ({"most_categories": 0}, {"window_rows": 0}, {"draws": -1}):
        with pytest.raises(InvalidReference):
            Choices(**wrong)  # type: ignore[arg-type]


def test_labels_of_no_class_are_refused() -> None:
    answers = Answers.most_probable(np.array([[0.2, 0.8], [0.6, 0.4]]))
    labelled = Labelled(CLASSES, answers, np.array([0, 2]))

    with pytest.raises(InvalidReference, match="labels: labels are places among 2 classes"):
        build_reference({"x": [1.0, 2.0]}, seed=1, labelled=labelled, choices=FEW)


def test_without_labels_nothing_is_known_of_performance() -> None:
    answers, _ = some_answers(300, seed=1)

    reference = build_reference(some_rows(300, seed=1), seed=1, labelled=Labelled(CLASSES, answers), choices=FEW)

    assert reference.outcomes is None
    assert read_reference(json.dumps(reference.to_dict())) == reference


def test_json_brings_a_reference_back_exactly() -> None:
    answers, labels = some_answers(2000, seed=1)
    reference = build_reference(
        some_rows(2000, seed=1) | {"nothing": [None] * 2000},
        seed=1,
        labelled=Labelled(CLASSES, answers, labels),
        choices=FEW,
    )

    assert read_reference(json.dumps(reference.to_dict())) == reference
    assert read_reference(json.dumps(a_reference().to_dict()).encode()) == a_reference()


def test_a_reference_may_be_rebased_on_an_accepted_window() -> None:
    accepted = a_window(seed=77)

    rebased = a_reference().rebased(accepted)

    assert rebased.summary == accepted
    assert rebased.designs == a_reference().designs
    assert summary_to_dict(rebased.binning, accepted)["rows"] == 1000
    with pytest.raises(ReferenceMismatch):
        build_reference({"x": [1.0]}, seed=1, choices=FEW).rebased(accepted)


def test_parts_of_a_reference_belong_together() -> None:
    reference = a_reference()
    binning, summary, designs = reference.binning, reference.summary, reference.designs
    table = TailTable((50,), (((0.0, 0.0, 0.0, 1.0),),), (0,))
    refusals: list[Callable[[], object]] = [
        lambda: Reference(binning, summary, (), designs),
        lambda: Reference(binning, summary, reference.moments, (Design(),)),
        lambda: Reference(binning, summary, reference.moments, designs, tail_table=table),
        lambda: Reference(binning, empty(binning), reference.moments, designs),
    ]
    for refused in refusals:
        with pytest.raises(InvalidReference):
            refused()
    with pytest.raises(ValueError, match="finite"):
        Moments(float("nan"), 1.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="1 or more"):
        Design(freedom=0.0)
