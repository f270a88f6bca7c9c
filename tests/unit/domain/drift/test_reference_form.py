from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.reference_form import read_reference, reference_from_dict
from sluice.domain.errors import InvalidReference
from tests.drift_builders import a_reference
from tests.number_builders import a_number_reference

FORM = a_reference(2000).to_dict()
NUMBERS = a_number_reference().to_dict()


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (("version",), 2, "version 1 can be read, got .* version 2"),
        (("format",), "x", "can be read"),
        (("features",), {}, "features: expected a list"),
        (("features", 0), 7, r"features\[0\]: a feature: expected an object"),
        (("features", 0, "kind"), "text", r"features\[0\]: kind is numeric or categorical"),
        (("features", 0, "role"), "x", r"features\[0\]: "),
        (("features", 0, "name"), 1, r"features\[0\]: expected a text"),
        (("features", 0, "edges"), [2, 1], r"features\[0\]: temp: edges are finite and grow"),
        (("features", 0, "edges"), None, r"features\[0\]: expected a list of numbers"),
        (("features", 0, "edges", 3), float("nan"), r"features\[0\]: expected a finite number"),
        (("features", 0, "low"), "1", r"features\[0\]: expected a finite number, got '1'"),
        (("features", 0, "counts"), [1], "features.temp.counts: expected 32 whole number"),
        (("features", 0, "above"), -1, "features.temp.above"),
        (("features", 0, "moments"), {"mean": 1}, "features.temp.moments: lacks 'std_dev'"),
        (("features", 0, "moments", "mean"), float("inf"), "features.temp.moments: "),
        (("features", 0, "design"), None, "features.temp.design: a design: expected an object"),
        (("features", 0, "design", "location"), 0.5, "features.temp.design: design effects are 1 or more"),
        (("features", 3, "categories"), "AA", r"features\[3\]: expected a list of texts"),
        (("features", 3, "categories", 0), "ZZ", "binning: expected"),
        (("classes",), ["a"], "scores: one for each of"),
        (("classes", 0), 1, "classes"),
        (("scores", 0), [], r"scores\[0\]: a score: expected an object"),
        (("scores", 0, "counts"), [[1]], "scores.late: expected two lists"),
        (("rows",), 0, "rows: a reference without rows"),
        (("rows",), "9", "rows: expected"),
        (("binning",), "x", "binning: expected"),
        (("outcomes", "confusion"), [], "outcomes: a confusion matrix of 2 classes"),
        (("outcomes", "confusion"), None, "outcomes: "),
        (("outcomes", "scores", 0), 1, "outcomes: outcomes.scores.late: expected two lists"),
        (("outcomes", "brier_micros"), 0.5, "brier_micros"),
        (("tail_table",), {"sizes": [1], "shapes": [], "shape_of": [0]}, "tail_table: a tail table has"),
        (("tail_table",), {"sizes": [1.5], "shapes": [], "shape_of": [0]}, "tail_table: expected a whole number"),
        (("tail_table",), {}, "tail_table: lacks 'sizes'"),
    ],
)
def test_json_that_does_not_fit_is_refused_by_place(place: tuple[Any, ...], value: Any, reason: str) -> None:
    form = deepcopy(FORM)
    inner = form
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value

    with pytest.raises(InvalidReference, match=reason):
        reference_from_dict(form)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (("tolerance",), "x", "tolerance: "),
        (("tolerance",), {"output": "minutes"}, "tolerance: lacks 'most'"),
        (("tolerance", "most"), -1, "tolerance: tolerance: most is 0, or 1e-30 and more, got -1"),
        (("tolerance", "most"), 9, "binning: expected"),
        (("tolerance", "output"), "hours", "tolerance: of an output among the features"),
        (("tolerance",), None, "binning: expected"),
        (("outcomes",), [], "outcomes: "),
        (("outcomes", "within"), -1, "within: expected 1 whole number"),
        (("outcomes", "absolute"), 0.5, "outcomes: expected a whole number, got 0.5"),
        (("outcomes", "signed"), 10**30, "errors no larger than they are"),
    ],
)
def test_numbers_that_do_not_fit_are_refused_by_place(place: tuple[str, ...], value: Any, reason: str) -> None:
    form = deepcopy(NUMBERS)
    inner: Any = form
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value

    with pytest.raises(InvalidReference, match=reason):
        reference_from_dict(form)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), st.lists, max_leaves=3), st.data())
@settings(max_examples=80, deadline=None)
def test_any_change_of_the_json_is_read_or_refused(value: Any, data: st.DataObject) -> None:
    form = deepcopy(data.draw(st.sampled_from([FORM, NUMBERS])))
    inner: Any = form
    while isinstance(inner, dict | list) and inner:
        keys = sorted(inner) if isinstance(inner, dict) else range(len(inner))
        key = data.draw(st.sampled_from(list(keys)))
        if not isinstance(inner[key], dict | list) or data.draw(st.booleans()):
            inner[key] = value
            break
        inner = inner[key]

    with suppress(InvalidReference):
        reference_from_dict(form)


def test_what_is_no_json_is_refused() -> None:
    for text in ("", "{", "[" * 100_000, b"\xff"):
        with pytest.raises(InvalidReference, match="not JSON"):
            read_reference(text)
    with pytest.raises(InvalidReference, match="expected an object"):
        read_reference("[]")
