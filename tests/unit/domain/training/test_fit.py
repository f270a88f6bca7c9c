"""Rows that are looked at together fit exactly when each of them does."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.errors import InvalidInput
from sluice.domain.instances import parse_instances
from sluice.domain.signature import Datatype, Signature, TensorSpec
from sluice.domain.training.fit import Wanted, column, misfits, named

INPUTS = (
    TensorSpec("word", Datatype.BYTES, (-1, 1)),
    TensorSpec("maybe", Datatype.BYTES, (-1, 1), optional=True),
    TensorSpec("number", Datatype.FP32, (-1, 1), optional=True),
    TensorSpec("double", Datatype.FP64, (-1, 1)),
    TensorSpec("small", Datatype.UINT8, (-1, 1)),
    TensorSpec("flag", Datatype.BOOL, (-1,)),
)
OUTPUTS = (TensorSpec("y", Datatype.FP32, (-1,)),)
WANTED = Wanted(Signature("m", "1", INPUTS, OUTPUTS))
FIT = {"word": "a", "maybe": None, "number": 1.5, "double": 2, "small": 3, "flag": True}


def one_by_one(rows: list[Any], wanted: Wanted = WANTED) -> set[int]:
    wrong = set()
    for place, row in enumerate(rows):
        try:
            parse_instances(wanted.signature, {"instances": [row]})
        except InvalidInput:
            wrong.add(place)
    return wrong


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 300),
    st.sampled_from([2**70, 10**400, 3.5e38, -3.5e38, 3.4028235677973366e38, float("nan"), float("inf"), 1.5]),
    st.sampled_from(["", "a", "\ud800", [1], ["a"], [], {}]),
)
A_ROW = st.one_of(
    st.just(FIT),
    st.dictionaries(st.sampled_from([*FIT, "odd"]), VALUES).map(lambda changes: {**FIT, **changes}),
    st.dictionaries(st.sampled_from([*FIT]), VALUES),
    VALUES,
)


@settings(max_examples=300)
@given(st.lists(A_ROW, max_size=40))
def test_rows_that_are_looked_at_together_fit_exactly_when_each_does(rows: list[Any]) -> None:
    assert set(misfits(rows, WANTED)) == one_by_one(rows)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"number": "warm"}, "number: expected a finite FP32 number or null, got 'warm'"),
        ({"small": 256}, "small: expected a whole UINT8 number from 0 to 255, got 256"),
        ({"odd": 1}, "odd: expected one of the fields"),
        ({"word": "\ud800"}, "word: expected a string, got '\\ud800'"),
        ({"double": 10**400}, "double: expected a finite FP64 number, got a whole number of hundreds of digits"),
    ],
)
def test_the_reason_names_the_input(changes: dict[str, Any], reason: str) -> None:
    (found,) = misfits([{**FIT, **changes}], WANTED).values()

    assert found.startswith(reason)


def test_an_optional_input_may_not_be_there() -> None:
    without = {name: value for name, value in FIT.items() if name not in {"maybe", "number"}}

    assert misfits([FIT, without], WANTED) == {}
    assert column([FIT, without], INPUTS[2]) == [1.5, None]


def test_what_is_no_row_is_said_to_be_none() -> None:
    (found,) = misfits(["odd"], WANTED).values()

    assert found.startswith("the row: expected an object")


def test_nothing_is_told_of_what_stands_in_rows_of_sensitive_inputs() -> None:
    sensitive = Wanted(WANTED.signature, {"word"})

    assert misfits([{**FIT, "number": "1970-01-01"}], sensitive) == {0: "number: expected a finite FP32 number or null"}
    assert misfits([{**FIT, "1970-01-01": 1}], sensitive)[0].startswith("the row: expected one of the fields")
    assert [spec.name for spec in sensitive.inputs] == [spec.name for spec in INPUTS[1:]]


def test_columns_are_what_a_model_would_read() -> None:
    rows: list[dict[str, Any]] = [FIT, {**FIT, "maybe": "", "number": [2.5], "word": ""}]

    found = {spec.name: column(rows, spec) for spec in INPUTS}

    assert found["maybe"] == [None, None]
    assert found["number"] == [1.5, 2.5]
    assert found["word"] == ["a", ""]


def test_a_models_only_input_may_stand_for_itself() -> None:
    alone = Wanted(Signature("m", "1", (TensorSpec("x", Datatype.FP32, (-1,)),), OUTPUTS))
    rows = [1.5, {"x": 2}, "odd", [3.5]]

    assert set(misfits(rows, alone)) == one_by_one(rows, alone) == {2, 3}
    assert column([named(row, alone) for row in rows[:2]], alone.inputs[0]) == [1.5, 2]
