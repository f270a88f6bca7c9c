import struct
from typing import Any

import pytest

from sluice.domain.batch import Batch
from sluice.domain.errors import InvalidInput, Violation
from sluice.domain.open_inference import parse_infer_request, split_header
from sluice.domain.signature import Datatype, Signature, TensorSpec
from tests.builders import a_signature

TABLE = a_signature(TensorSpec("x", Datatype.FP32, (-1, 2)))
BOTH = a_signature(TensorSpec("name", Datatype.BYTES, (-1,)), TensorSpec("age", Datatype.UINT8, (-1,)))


def tensor(**changes: Any) -> dict[str, Any]:
    return {"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [1, 2, 3, 4], **changes}


def binary_tensor(size: Any, **changes: Any) -> dict[str, Any]:
    form = tensor(parameters={"binary_data_size": size}, **changes)
    return {name: value for name, value in form.items() if name != "data"}


def a_single(datatype: Datatype, *, optional: bool = False) -> Signature:
    return a_signature(TensorSpec("x", datatype, (-1,), optional=optional))


def parse_binary(datatype: Datatype, shape: list[int], blob: bytes, *, optional: bool = False) -> Batch:
    request = {"inputs": [binary_tensor(len(blob), datatype=str(datatype), shape=shape)]}
    return parse_infer_request(a_single(datatype, optional=optional), request, memoryview(blob))


def violation(signature: Signature, request: Any, binary: bytes | None = None) -> Violation:
    with pytest.raises(InvalidInput) as refused:
        parse_infer_request(signature, request, None if binary is None else memoryview(binary))
    (only,) = refused.value.violations
    return only


@pytest.mark.parametrize("data", [[1, 2, 3, 4], [[1, 2], [3, 4]]], ids=["flat", "nested"])
def test_json_tensors_may_be_flat_or_nested(data: list[Any]) -> None:
    batch = parse_infer_request(TABLE, {"id": "r-1", "inputs": [tensor(data=data)], "outputs": [{"name": "y"}]})

    assert (batch.rows, batch.tensors[0].shape, batch.tensors[0].data) == (2, (2, 2), [1, 2, 3, 4])


def test_tensors_are_found_by_name_in_any_order() -> None:
    age = {"name": "age", "datatype": "UINT8", "shape": [1], "data": [41]}
    name = {"name": "name", "datatype": "BYTES", "shape": [1], "data": ["Ada"]}

    batch = parse_infer_request(BOTH, {"inputs": [age, name]})

    assert [column.data for column in batch.tensors] == [[b"Ada"], [41]]


def test_binary_tensors_follow_each_other_after_the_header() -> None:
    ages, names = bytes([41, 36]), b"\x03\0\0\0Ada\x05\0\0\0Grace"
    inputs = [
        {"name": "age", "datatype": "UINT8", "shape": [2], "parameters": {"binary_data_size": 2}},
        {"name": "name", "datatype": "BYTES", "shape": [2], "parameters": {"binary_data_size": len(names)}},
    ]

    batch = parse_infer_request(BOTH, {"inputs": inputs}, memoryview(ages + names))

    assert [list(column.data) for column in batch.tensors] == [[b"Ada", b"Grace"], [41, 36]]


def test_binary_and_json_tensors_may_be_mixed() -> None:
    inputs = [
        {"name": "age", "datatype": "UINT8", "shape": [1], "parameters": {"binary_data_size": 1}},
        {"name": "name", "datatype": "BYTES", "shape": [1], "data": ["Ada"], "parameters": {}},
    ]

    batch = parse_infer_request(BOTH, {"inputs": inputs}, memoryview(b"\x29"))

    assert [list(column.data) for column in batch.tensors] == [[b"Ada"], [41]]


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        ([], ("body", 'an object {"inputs": [...]}', "a list")),
        ({"instances": [1]}, ("body", 'an object {"inputs": [...]}', "an object")),
        ({"inputs": []}, ("inputs", "a list of at least one tensor", "[]")),
        ({"inputs": {"x": 1}}, ("inputs", "a list of at least one tensor", "an object")),
        (
            {"inputs": [tensor()], "instances": [1]},
            ("instances", "one of the members ['id', 'inputs', 'outputs', 'parameters']", "a list"),
        ),
        ({"inputs": ["x"]}, ("inputs[0]", "an object with name, shape, datatype and data", "'x'")),
        (
            {"inputs": [{"name": "x", "data": [1]}]},
            (
                "inputs[0]",
                "an object with name, shape, datatype and data",
                "an object without ['datatype', 'shape']",
            ),
        ),
        ({"inputs": [tensor(), tensor()]}, ("inputs[1].name", "a name used once", "'x'")),
        ({"inputs": [tensor(name=3)]}, ("inputs[0].name", "a name used once", "3")),
        (
            {"inputs": [tensor(), tensor(name="z")]},
            ("inputs.z", "one of the inputs ['x']", "a tensor the model does not take"),
        ),
        ({"inputs": [tensor(datatype="FP64")]}, ("inputs.x.datatype", "FP32", "'FP64'")),
        ({"inputs": [tensor(datatype={})]}, ("inputs.x.datatype", "FP32", "an object")),
        ({"inputs": [tensor(shape=[2, 3])]}, ("inputs.x.shape", "[-1, 2] (-1: any length but 0)", "[2, 3]")),
        ({"inputs": [tensor(shape=[-1, 2])]}, ("inputs.x.shape", "[-1, 2] (-1: any length but 0)", "[-1, 2]")),
        ({"inputs": [tensor(shape=[0, 2])]}, ("inputs.x.shape", "[-1, 2] (-1: any length but 0)", "[0, 2]")),
        ({"inputs": [tensor(shape=[2.0, 2])]}, ("inputs.x.shape", "[-1, 2] (-1: any length but 0)", "[2.0, 2]")),
        ({"inputs": [tensor(shape=[True, 2])]}, ("inputs.x.shape", "[-1, 2] (-1: any length but 0)", "[true, 2]")),
        ({"inputs": [tensor(shape=4)]}, ("inputs.x.shape", "[-1, 2] (-1: any length but 0)", "4")),
        (
            {"inputs": [tensor(shape=[1] * 9)]},
            ("inputs.x.shape", "[-1, 2] (-1: any length but 0)", "[1, 1, 1, 1, 1, 1, 1, 1, ...]"),
        ),
        (
            {"inputs": [tensor(shape=[10**5000, 2])]},
            ("inputs.x.shape", "[-1, 2] (-1: any length but 0)", "[a whole number of hundreds of digits, 2]"),
        ),
        (
            {"inputs": [tensor(shape=[10**18, 2])]},
            (
                "inputs.x.data",
                "2000000000000000000 elements for the shape [1000000000000000000, 2]",
                "4 elements",
            ),
        ),
        ({"inputs": [tensor(data=None)]}, ("inputs.x.data", "a list of 4 elements", "nothing")),
        ({"inputs": [tensor(data="1234")]}, ("inputs.x.data", "a list of 4 elements", "'1234'")),
        (
            {"inputs": [tensor(data=[1, 2, 3])]},
            ("inputs.x.data", "4 elements for the shape [2, 2]", "3 elements"),
        ),
        ({"inputs": [tensor(data=[1, 2, "3", 4])]}, ("inputs.x.data[2]", "a finite FP32 number", "'3'")),
        (
            {"inputs": [tensor(data=[[1, 2], [3]])]},
            ("inputs.x.data", "lists nested as [2, 2], each a finite FP32 number", "a list"),
        ),
    ],
)
def test_a_tensor_that_does_not_fit_is_answered_with_place_expectation_and_finding(
    request_body: Any, expected: tuple[str, str, str]
) -> None:
    assert violation(TABLE, request_body) == Violation(*expected)


def test_a_missing_tensor_is_named() -> None:
    only_name = {"inputs": [{"name": "name", "datatype": "BYTES", "shape": [1], "data": ["Ada"]}]}

    assert str(violation(BOTH, only_name)) == "inputs.age: expected a UINT8 tensor, got nothing: the tensor is missing"


def test_all_tensors_have_the_same_number_of_rows() -> None:
    age = {"name": "age", "datatype": "UINT8", "shape": [2], "data": [41, 36]}
    name = {"name": "name", "datatype": "BYTES", "shape": [1], "data": ["Ada"]}

    found = violation(BOTH, {"inputs": [age, name]})

    assert (found.where, found.got) == ("inputs", "{'name': 1, 'age': 2}")


@pytest.mark.parametrize("size", [-1, 9, 10**30, True, "8", 8.0, [8]])
def test_a_binary_size_that_lies_is_refused(size: Any) -> None:
    found = violation(a_single(Datatype.FP32), {"inputs": [binary_tensor(size, shape=[2])]}, b"\0" * 8)

    assert (found.where, found.expected) == ("inputs.x.parameters.binary_data_size", "at most the 8 bytes left")


def test_bytes_nobody_asked_for_are_refused() -> None:
    found = violation(a_single(Datatype.FP32), {"inputs": [binary_tensor(4, shape=[1])]}, b"\0" * 8)

    assert str(found) == "body: expected 4 bytes of tensors after the header, got 8 bytes"


@pytest.mark.parametrize(
    ("datatype", "shape", "blob", "finding"),
    [
        (Datatype.FP32, [2], b"\0" * 4, ("8 bytes for the shape [2]", "4 bytes")),
        (Datatype.FP32, [1], struct.pack("<f", float("nan")), ("a finite FP32 number", "NaN or infinity")),
        (Datatype.FP64, [2], struct.pack("<2d", 1, float("-inf")), ("a finite FP64 number", "NaN or infinity")),
        (Datatype.FP16, [1], struct.pack("<e", float("inf")), ("a finite FP16 number", "NaN or infinity")),
        (Datatype.BOOL, [2], b"\x01\x02", ("bytes 0 or 1", "another byte")),
        (Datatype.BYTES, [1], b"\x01\0\0", ("length-prefixed elements", "a length prefix is cut off")),
        (Datatype.BYTES, [1], b"\x04\0\0\0abc", ("length-prefixed elements", "an element is cut off")),
        (Datatype.BYTES, [1], b"\xff\xff\xff\xff", ("length-prefixed elements", "an element is cut off")),
        (Datatype.BYTES, [2], b"\0\0\0\0", ("2 elements for the shape [2]", "1 elements")),
    ],
)
def test_bytes_that_are_not_the_tensor_are_refused(
    datatype: Datatype, shape: list[int], blob: bytes, finding: tuple[str, str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_binary(datatype, shape, blob)

    assert refused.value.violations == (Violation("inputs.x", *finding),)


@pytest.mark.parametrize(("datatype", "code"), [(Datatype.FP16, "e"), (Datatype.FP32, "f"), (Datatype.FP64, "d")])
def test_a_missing_value_is_nan_in_binary_but_never_infinity(datatype: Datatype, code: str) -> None:
    batch = parse_binary(datatype, [2], struct.pack(f"<2{code}", float("nan"), 1.5), optional=True)

    assert batch.rows == 2
    with pytest.raises(InvalidInput):
        parse_binary(datatype, [2], struct.pack(f"<2{code}", float("nan"), float("inf")), optional=True)


def test_finite_numbers_are_taken_although_their_sum_is_not_finite() -> None:
    assert parse_binary(Datatype.FP64, [2], struct.pack("<2d", 1.7e308, 1.7e308)).rows == 2


@pytest.mark.parametrize("size", [0, -3, 4])
def test_a_header_size_outside_the_body_is_refused(size: int) -> None:
    with pytest.raises(InvalidInput, match="Inference-Header-Content-Length: expected the length of the JSON header"):
        split_header(b"{}\0", size)


def test_a_body_is_cut_into_header_and_tensors() -> None:
    header, rest = split_header(b"{}\x01\x02", 2)

    assert (header, bytes(rest)) == (b"{}", b"\x01\x02")
