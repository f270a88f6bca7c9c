from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.model_monitor_import import import_baseline
from sluice.domain.errors import InvalidReference
from tests.model_monitor_baseline import CONSTRAINTS, STATISTICS, sketched


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (("dataset",), {}, "KeyError 'item_count'"),
        (("dataset", "item_count"), -1, "expected a count"),
        (("dataset", "item_count"), 0, "without rows"),
        (("features",), None, "TypeError"),
        (("features", 0, "numerical_statistics", "mean"), "NaN", r"features\[0\]: ValueError expected a number"),
        (("features", 0, "numerical_statistics", "common"), {}, r"features\[0\]: KeyError 'num_present'"),
        (
            ("features", 0, "numerical_statistics", "distribution", "kll", "buckets", 0, "count"),
            0.5,
            "expected a count",
        ),
        (("features", 1, "string_statistics", "distribution"), [], r"features\[1\]: TypeError"),
    ],
)
def test_what_is_no_baseline_is_refused_by_place(place: tuple[Any, ...], value: Any, reason: str) -> None:
    form = deepcopy(STATISTICS)
    inner: Any = form
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value

    with pytest.raises(InvalidReference, match=reason):
        import_baseline(form)


@given(st.none() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.none(), max_size=1), st.data())
@settings(max_examples=80, deadline=None)
def test_any_change_of_a_baseline_is_read_or_refused(value: Any, data: st.DataObject) -> None:
    form: Any = {"statistics": sketched(), "constraints": deepcopy(CONSTRAINTS)}
    inner = form
    while isinstance(inner, dict | list) and inner:
        key = data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(min(len(inner), 5))))
        if inner is not form and (not isinstance(inner[key], dict | list) or data.draw(st.booleans())):
            inner[key] = value
            break
        inner = inner[key]

    with suppress(InvalidReference):
        import_baseline(form["statistics"], form["constraints"])
