"""Any JSON value and any bytes are either a batch that fits the signature, or InvalidInput: nothing else is raised."""

import json
import struct
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.batch import Batch, element_count
from sluice.domain.errors import InvalidInput
from sluice.domain.instances import parse_instances
from sluice.domain.open_inference import parse_infer_request, split_header
from sluice.domain.signature import Datatype, Signature, TensorSpec
from tests.builders import a_signature

bounded = settings(max_examples=100, deadline=None)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, 10**400, -(10**3000), 1e308])
    | st.floats()
    | st.text(max_size=4)
    | st.just("\ud800")
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
dims = st.sampled_from([-1, -1, 1, 2])


@st.composite
def specs(draw: st.DrawFn, name: str) -> TensorSpec:
    datatype = draw(st.sampled_from(Datatype))
    optional = draw(st.booleans()) and (datatype.is_float or datatype is Datatype.BYTES)
    return TensorSpec(name, datatype, (-1, *draw(st.lists(dims, max_size=2))), optional)


signatures = st.builds(a_signature, specs("x"), specs("y")) | st.builds(a_signature, specs("x"))
shapes = st.lists(st.integers(-1, 3) | st.just(10**18) | scalars, max_size=4) | scalars
tensors = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["x", "x", "y", "z"]) | scalars,
        "datatype": st.sampled_from(Datatype).map(str) | scalars,
        "shape": shapes,
    },
    optional={"data": st.lists(scalars, max_size=4) | values, "parameters": st.just({"binary_data_size": 4}) | values},
)


def assert_fits(signature: Signature, batch: Batch) -> None:
    assert [tensor.spec for tensor in batch.tensors] == list(signature.inputs)
    for tensor in batch.tensors:
        assert tensor.shape[0] == batch.rows
        assert tensor.spec.admits(tensor.shape)
        size = tensor.spec.datatype.size if isinstance(tensor.data, memoryview) else 1
        assert len(tensor.data) == element_count(tensor.shape) * size


@bounded
@given(signatures, values | st.fixed_dictionaries({"instances": values | st.lists(values, max_size=3)}))
def test_any_json_is_a_v1_batch_or_refused(signature: Signature, payload: Any) -> None:
    try:
        batch = parse_instances(signature, payload)
    except InvalidInput as refused:
        json.dumps(str(refused), ensure_ascii=False).encode()
        return

    assert_fits(signature, batch)


@bounded
@given(
    signatures,
    values | st.fixed_dictionaries({"inputs": values | st.lists(tensors, max_size=3)}),
    st.none() | st.binary(max_size=24),
)
def test_any_json_and_any_bytes_are_a_v2_batch_or_refused(
    signature: Signature, payload: Any, binary: bytes | None
) -> None:
    try:
        batch = parse_infer_request(signature, payload, None if binary is None else memoryview(binary))
    except InvalidInput as refused:
        json.dumps(str(refused), ensure_ascii=False).encode()
        return

    assert_fits(signature, batch)


@bounded
@given(specs("x"), st.integers(1, 3), st.binary(max_size=64))
def test_any_bytes_are_a_binary_tensor_or_refused(spec: TensorSpec, rows: int, blob: bytes) -> None:
    shape = [rows, *(2 if dim == -1 else dim for dim in spec.row_shape)]
    tensor = {
        "name": "x",
        "datatype": str(spec.datatype),
        "shape": shape,
        "parameters": {"binary_data_size": len(blob)},
    }
    signature = a_signature(spec)

    try:
        batch = parse_infer_request(signature, {"inputs": [tensor]}, memoryview(blob))
    except InvalidInput:
        return

    assert_fits(signature, batch)


@bounded
@given(st.binary(max_size=40), st.integers())
def test_any_header_size_cuts_the_body_or_is_refused(body: bytes, size: int) -> None:
    try:
        header, rest = split_header(body, size)
    except InvalidInput:
        return

    assert header + bytes(rest) == body


@bounded
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=20))
def test_numbers_arrive_as_they_were_sent_in_every_form(numbers: list[float]) -> None:
    signature = a_signature(TensorSpec("x", Datatype.FP32, (-1, 1)))
    blob = struct.pack(f"<{len(numbers)}f", *numbers)
    head = {"name": "x", "datatype": "FP32", "shape": [len(numbers), 1]}

    v1 = parse_instances(signature, {"instances": numbers})
    v2 = parse_infer_request(signature, {"inputs": [{**head, "data": numbers}]})
    nested = parse_infer_request(signature, {"inputs": [{**head, "data": [[number] for number in numbers]}]})
    binary = parse_infer_request(
        signature, {"inputs": [{**head, "parameters": {"binary_data_size": len(blob)}}]}, memoryview(blob)
    )

    assert v1 == v2 == nested
    assert v1.tensors[0].data == numbers
    assert bytes(binary.tensors[0].data) == blob
