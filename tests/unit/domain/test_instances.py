from typing import Any

import pytest

from sluice.domain.errors import InvalidInput, Violation
from sluice.domain.instances import parse_instances
from sluice.domain.signature import Datatype, Signature, TensorSpec
from tests.builders import a_signature

FLIGHT = a_signature(
    TensorSpec("carrier", Datatype.BYTES, (-1, 1)),
    TensorSpec("temp", Datatype.FP32, (-1, 1), optional=True),
    TensorSpec("hour", Datatype.UINT8, (-1,)),
)
IMAGE = a_signature(TensorSpec("pixels", Datatype.FP64, (-1, 2, -1)))
A_FLIGHT = {"carrier": "UA", "temp": 12.5, "hour": 7}


def violations(signature: Signature, payload: Any) -> tuple[Violation, ...]:
    with pytest.raises(InvalidInput) as refused:
        parse_instances(signature, payload)
    return refused.value.violations


def test_rows_become_one_column_an_input() -> None:
    batch = parse_instances(FLIGHT, {"instances": [A_FLIGHT, {"carrier": "Zürich", "temp": None, "hour": 255}]})

    carrier, temp, hour = batch.tensors
    assert batch.rows == 2
    assert (carrier.shape, carrier.data) == ((2, 1), [b"UA", "Zürich".encode()])
    assert (temp.shape, temp.data[0]) == ((2, 1), 12.5)
    assert str(temp.data[1]) == "nan"
    assert (hour.shape, hour.data) == ((2,), [7, 255])


def test_a_model_with_one_input_takes_bare_values_and_objects() -> None:
    batch = parse_instances(a_signature(), {"instances": [1.5, {"x": 2}], "signature_name": "serving_default"})

    assert (batch.rows, batch.tensors[0].data) == (2, [1.5, 2])


def test_a_row_of_many_elements_is_a_nested_list() -> None:
    batch = parse_instances(IMAGE, {"instances": [[[1, 2, 3], [4, 5, 6]]]})

    assert (batch.tensors[0].shape, batch.tensors[0].data) == ((1, 2, 3), [1, 2, 3, 4, 5, 6])


def test_an_optional_field_may_be_left_out() -> None:
    batch = parse_instances(FLIGHT, {"instances": [{"carrier": "UA", "hour": 7}]})

    assert str(batch.tensors[1].data[0]) == "nan"


def test_a_missing_string_is_the_empty_one() -> None:
    note = a_signature(TensorSpec("note", Datatype.BYTES, (-1,), optional=True))

    assert parse_instances(note, {"instances": [None, "late"]}).tensors[0].data == [b"", b"late"]


def test_an_input_without_rows_takes_a_single_one() -> None:
    threshold = a_signature(TensorSpec("threshold", Datatype.FP32, ()))

    assert parse_instances(threshold, {"instances": [0.5]}).tensors[0].shape == ()
    assert violations(threshold, {"instances": [0.5, 0.6]})[0].where == "instances"


@pytest.mark.parametrize(
    ("payload", "violation"),
    [
        ([], ("body", 'an object {"instances": [...]}', "a list")),
        (None, ("body", 'an object {"instances": [...]}', "null")),
        ({"inputs": []}, ("body", 'an object {"instances": [...]}', "an object")),
        ({"instances": []}, ("instances", "a list of at least one row", "[]")),
        ({"instances": {}}, ("instances", "a list of at least one row", "an object")),
        ({"instances": [A_FLIGHT], "extra": True}, ("extra", 'no other key than "instances"', "true")),
        (
            {"instances": [A_FLIGHT, 3]},
            ("instances[1]", "an object with the fields ['carrier', 'hour', 'temp']", "3"),
        ),
        (
            {"instances": [{**A_FLIGHT, "gate": "B2"}]},
            ("instances[0].gate", "one of the fields ['carrier', 'hour', 'temp']", "'B2'"),
        ),
        (
            {"instances": [A_FLIGHT, {"carrier": "UA", "temp": 1}]},
            ("instances[1].hour", "a whole UINT8 number from 0 to 255", "nothing: the field is missing"),
        ),
        ({"instances": [{**A_FLIGHT, "carrier": 5}]}, ("instances[0].carrier", "a string", "5")),
        ({"instances": [{**A_FLIGHT, "carrier": "\ud800"}]}, ("instances[0].carrier", "a string", r"'\ud800'")),
        (
            {"instances": [{**A_FLIGHT, "temp": "12"}]},
            ("instances[0].temp", "a finite FP32 number or null", "'12'"),
        ),
        (
            {"instances": [{**A_FLIGHT, "temp": [1, 2]}]},
            ("instances[0].temp", "a finite FP32 number or null", "a list"),
        ),
        (
            {"instances": [{**A_FLIGHT, "hour": None}]},
            ("instances[0].hour", "a whole UINT8 number from 0 to 255", "null"),
        ),
    ],
)
def test_a_row_that_does_not_fit_is_answered_with_place_expectation_and_finding(
    payload: Any, violation: tuple[str, str, str]
) -> None:
    assert violations(FLIGHT, payload) == (Violation(*violation),)


@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        (Datatype.FP32, True),
        (Datatype.FP32, 3.5e38),
        (Datatype.FP32, 10**400),
        (Datatype.FP32, float("inf")),
        (Datatype.FP64, float("nan")),
        (Datatype.FP64, 2**1024),
        (Datatype.FP16, -65520.0),
        (Datatype.UINT8, 256),
        (Datatype.UINT8, -1),
        (Datatype.UINT8, 1.0),
        (Datatype.UINT8, True),
        (Datatype.INT64, 2**63),
        (Datatype.BOOL, 1),
        (Datatype.BOOL, None),
        (Datatype.BYTES, b"raw"),
    ],
)
def test_a_value_its_datatype_cannot_hold_is_refused(datatype: Datatype, value: Any) -> None:
    (violation,) = violations(a_signature(TensorSpec("x", datatype, (-1,))), {"instances": [value]})

    assert violation.where == "instances[0]"


@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        (Datatype.FP32, 3.4028235e38),  # the largest FP32 as most languages print it
        (Datatype.FP64, 1.7976931348623157e308),
        (Datatype.FP64, 10**300),
        (Datatype.FP16, 65504),
        (Datatype.INT64, -(2**63)),
        (Datatype.UINT64, 2**64 - 1),
        (Datatype.BOOL, False),
    ],
)
def test_the_largest_values_of_a_datatype_are_taken(datatype: Datatype, value: Any) -> None:
    batch = parse_instances(a_signature(TensorSpec("x", datatype, (-1,))), {"instances": [value]})

    assert batch.tensors[0].data == [value]


@pytest.mark.parametrize(
    "row", [[], [[]], [[], []], [[1], [2], [3]], [[1, 2], [3]], [[1], 2], [[[1]], [[2]]], {"pixels": None}, 5, None]
)
def test_nesting_that_is_not_the_shape_is_refused(row: Any) -> None:
    (violation,) = violations(IMAGE, {"instances": [row]})

    assert violation.expected == "a list of shape [2, -1], each a finite FP64 number"


def test_a_missing_list_is_said_to_be_missing_although_its_elements_may_be() -> None:
    history = a_signature(
        TensorSpec("history", Datatype.FP32, (-1, 3), optional=True), TensorSpec("hour", Datatype.INT8, (-1,))
    )

    (violation,) = violations(history, {"instances": [{"hour": 1}]})

    assert violation.got == "nothing: the field is missing"


def test_rows_of_different_lengths_are_refused() -> None:
    (violation,) = violations(IMAGE, {"instances": [[[1], [2]], [[1, 2], [3, 4]]]})

    assert str(violation) == ("instances[*].pixels: expected the same shape in every row, got shapes [(2, 1), (2, 2)]")


def test_a_graph_with_a_fixed_number_of_rows_says_so() -> None:
    fixed = a_signature(TensorSpec("x", Datatype.FP32, (4,)))

    (violation,) = violations(fixed, {"instances": [1, 2, 3]})

    assert str(violation) == "instances: expected exactly 4 (the graph fixes the number of rows), got 3"


def test_at_most_ten_violations_are_listed() -> None:
    found = violations(FLIGHT, {"instances": [{**A_FLIGHT, "hour": -row} for row in range(1, 100)]})

    assert [violation.where for violation in found] == [f"instances[{row}].hour" for row in range(10)]


def test_names_and_values_of_any_length_stay_readable() -> None:
    (violation,) = violations(a_signature(), {"instances": [1], "\ud800" + "n" * 10**6: "v" * 10**6})

    assert violation.where.startswith("\\ud800nnn")
    assert len(violation.where) < 250
    assert len(violation.got) == 60


def test_a_number_too_long_to_print_is_described() -> None:
    (violation,) = violations(a_signature(), {"instances": [10**5000]})

    assert violation.got == "a whole number of hundreds of digits"
