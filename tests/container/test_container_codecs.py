import csv
import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from tritonclient.http import InferResult

from model_container.codecs import csv_rows, json_text, json_v1, json_v2, npy, v2_binary
from model_container.codecs.exchange import OpenInference, Outputs, Query
from model_container.codecs.tensors import DTYPES, Array, to_arrays, to_wire
from model_container.errors import NotAcceptable, UnsupportedMediaType
from sluice.domain.batch import Batch
from sluice.domain.errors import InvalidInput
from sluice.domain.signature import Datatype, Signature, TensorSpec
from tests.container.graphs import MIXED, a_signature

bounded = settings(max_examples=50, deadline=None)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
SHAPES = nps.array_shapes(min_dims=1, max_dims=3, max_side=3)


@st.composite
def tensors(draw: st.DrawFn, datatypes: tuple[Datatype, ...] = tuple(Datatype)) -> tuple[TensorSpec, Array]:
    """A spec with rows of any number, and an array that fits it."""
    datatype = draw(st.sampled_from(datatypes))
    shape = draw(SHAPES)
    if datatype is Datatype.BYTES:
        values = np.empty(shape, dtype=object)
        values.ravel()[:] = [draw(TEXTS) for _ in range(values.size)]
    else:
        finite = {"allow_nan": False, "allow_infinity": False} if datatype.is_float else {}
        values = draw(nps.arrays(DTYPES[datatype], shape, elements=finite or None))
    return TensorSpec("x", datatype, (-1, *shape[1:])), values


def read_back(query: Query, name: str = "x") -> Array:
    return to_arrays(query.batch)[name]


def same(left: Array, right: Array) -> bool:
    return bool(left.shape == right.shape and left.dtype == right.dtype and left.tolist() == right.tolist())


def head(spec: TensorSpec, values: Array) -> dict[str, Any]:
    return {"name": spec.name, "datatype": str(spec.datatype), "shape": list(values.shape)}


@bounded
@given(tensors())
def test_v2_json_carries_every_tensor(drawn: tuple[TensorSpec, Array]) -> None:
    spec, values = drawn
    request = {"inputs": [{**head(spec, values), "data": values.ravel().tolist()}]}

    query = json_v2.decode(a_signature(spec), json_text.read(json.dumps(request).encode()))

    assert same(read_back(query), values)


@bounded
@given(tensors(), st.integers(1, 7))
def test_v2_binary_carries_every_tensor_at_any_offset(drawn: tuple[TensorSpec, Array], width: int) -> None:
    spec, values = drawn
    first, blob = bytes(len(values) * width), to_wire(values, spec.datatype)
    padding = {"name": "padding", "datatype": "UINT8", "shape": [len(values), width]}
    tensors = [
        {**padding, "parameters": {"binary_data_size": len(first)}},
        {**head(spec, values), "parameters": {"binary_data_size": len(blob)}},
    ]
    header = json.dumps({"inputs": tensors}).encode()
    signature = a_signature(TensorSpec("padding", Datatype.UINT8, (-1, -1)), spec)

    query = v2_binary.decode(signature, header + first + blob, str(len(header)))

    assert same(read_back(query), values)


@bounded
@given(tensors())
def test_v1_carries_every_tensor(drawn: tuple[TensorSpec, Array]) -> None:
    spec, values = drawn

    query = json_v1.decode(a_signature(spec), {"instances": values.tolist()})

    assert same(read_back(query), values)


@bounded
@given(tensors())
def test_csv_carries_every_tensor(drawn: tuple[TensorSpec, Array]) -> None:
    spec, values = drawn
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(values.reshape(len(values), -1).tolist())

    query = csv_rows.decode(a_signature(spec), text.getvalue().encode())

    assert same(read_back(query), values)


@bounded
@given(tensors(), st.sampled_from(["C", "F"]))
def test_npy_carries_every_tensor_in_either_order(drawn: tuple[TensorSpec, Array], order: Any) -> None:
    spec, values = drawn
    # NumPy's own texts lose trailing NULs; there are none here.
    sent = np.array(values.tolist(), dtype=str if spec.datatype is Datatype.BYTES else values.dtype, order=order)
    file = io.BytesIO()
    np.save(file, sent, allow_pickle=False)

    query = npy.decode(a_signature(spec), file.getvalue())

    assert same(read_back(query), values)


def answered(spec: TensorSpec, values: Array) -> tuple[Signature, Query, Outputs]:
    signature = a_signature(spec, outputs=(TensorSpec("y", spec.datatype, spec.shape),))
    return (
        signature,
        Query(Batch(len(values), ()), ("y",), OpenInference(None, frozenset(), frozenset())),
        {"y": values},
    )


@bounded
@given(tensors(tuple(datatype for datatype in Datatype if datatype is not Datatype.BYTES)), st.booleans())
def test_a_v2_answer_is_what_tritonclient_reads(drawn: tuple[TensorSpec, Array], binary: bool) -> None:  # noqa: FBT001  drawn by hypothesis
    spec, values = drawn

    answer = v2_binary.encode(*answered(spec, values), ["y"] if binary else [])

    read = InferResult.from_response_body(answer.body, header_length=answer.json_size)
    assert same(read.as_numpy("y"), values)


@bounded
@given(tensors((Datatype.BYTES,)))
def test_a_binary_answer_of_texts_is_what_tritonclient_reads(drawn: tuple[TensorSpec, Array]) -> None:
    spec, values = drawn

    answer = v2_binary.encode(*answered(spec, values), ["y"])

    read = InferResult.from_response_body(answer.body, header_length=answer.json_size).as_numpy("y")
    assert [text.decode() for text in read.ravel()] == values.ravel().tolist()


@bounded
@given(tensors())
def test_a_v1_answer_has_one_value_per_row(drawn: tuple[TensorSpec, Array]) -> None:
    _, values = drawn
    bare = values.size == len(values)

    answer = json_v1.encode({"y": values}, len(values))

    predictions = json.loads(answer.body)["predictions"]
    assert predictions == (values.ravel() if bare else values).tolist()


@bounded
@given(tensors())
def test_a_csv_answer_has_one_line_per_row(drawn: tuple[TensorSpec, Array]) -> None:
    _, values = drawn

    answer = csv_rows.encode({"y": values}, len(values))

    lines = list(csv.reader(io.StringIO(answer.body.decode(), newline="")))
    rows = values.reshape(len(values), -1).tolist()
    expected = [[str(int(cell) if isinstance(cell, bool) else cell) for cell in row] for row in rows]
    assert lines == expected


@bounded
@given(tensors())
def test_an_npy_answer_is_what_numpy_reads(drawn: tuple[TensorSpec, Array]) -> None:
    _, values = drawn

    answer = npy.encode({"y": values})

    read = np.load(io.BytesIO(answer.body), allow_pickle=False)
    assert read.shape == values.shape
    assert read.tolist() == values.tolist()


NPY = b"\x93NUMPY\x01\x00"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=64), st.text("{}[]()'\":, descrfotan_shpTu<f4123", max_size=60))
def test_no_bytes_make_a_reader_crash(body: bytes, header: str) -> None:
    signature = a_signature()
    crafted = NPY + len(header).to_bytes(2, "little") + header.encode() + body

    for decode, text in (
        (npy.decode, crafted),
        (npy.decode, body),
        (csv_rows.decode, body),
        (lambda s, t: json_v1.decode(s, json_text.read(t)), body),
        (lambda s, t: v2_binary.decode(s, t, "8"), body),
    ):
        with pytest.raises((InvalidInput, UnsupportedMediaType)):
            decode(signature, text)


def test_an_npy_header_that_claims_a_terabyte_reserves_nothing() -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (274877906944,), }\n"

    with pytest.raises(InvalidInput, match="reshape"):
        npy.decode(a_signature(), NPY + len(header).to_bytes(2, "little") + header + bytes(12))


def test_an_npy_file_is_never_unpickled() -> None:
    file = io.BytesIO()
    np.save(file, np.array([[{"a": 1}, None, None]], dtype=object), allow_pickle=True)

    with pytest.raises(InvalidInput, match="dtype object"):
        npy.decode(a_signature(), file.getvalue())


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        (np.ones((1, 3), np.float64), None),
        (np.ones((1, 3), np.float16), None),
        (np.ones((1, 3), ">f4"), None),
        (np.ones((1, 3), np.int16), None),
        (np.full((1, 3), 1e300), "NaN or infinity"),
        (np.ones((1, 3), np.int64), "converts safely to FP32"),
        (np.ones((1, 3), np.complex64), "converts safely to FP32"),
        (np.ones((1, 4), np.float32), r"\[-1, 3\]"),
    ],
)
def test_npy_elements_are_converted_only_when_that_is_safe(sent: Array, refused: str | None) -> None:
    file = io.BytesIO()
    np.save(file, sent)

    if refused is None:
        assert same(read_back(npy.decode(a_signature(), file.getvalue())), np.ones((1, 3), np.float32))
    else:
        with pytest.raises(InvalidInput, match=refused):
            npy.decode(a_signature(), file.getvalue())


def test_npy_is_refused_by_models_of_several_inputs_and_for_answers_of_several_outputs() -> None:
    with pytest.raises(UnsupportedMediaType, match="carries one array, the model takes"):
        npy.decode(MIXED, b"")
    with pytest.raises(NotAcceptable, match="carries one array, the answer has"):
        npy.encode({"a": np.zeros(1), "b": np.zeros(1)})


def test_csv_columns_stand_in_the_order_of_the_signature_and_an_empty_cell_is_a_missing_value() -> None:
    body = b'12.5,"Sao Paulo, ""SP""",3,true\n,Bern,-4,0\n'

    arrays = to_arrays(csv_rows.decode(MIXED, body).batch)

    assert arrays["temp"][0, 0] == 12.5
    assert np.isnan(arrays["temp"][1, 0])
    assert arrays["city"].ravel().tolist() == ['Sao Paulo, "SP"', "Bern"]
    assert arrays["count"].ravel().tolist() == [3, -4]
    assert arrays["member"].ravel().tolist() == [True, False]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"1,Bern,3", r"instances\[0\]: expected 4 columns, got 3"),
        (b"1,Bern,3,1\n\n1,Bern,3,1", r"instances\[1\]: expected 4 columns, got 1"),
        (b"1,Bern,,1", r"instances\[0\].count: expected a whole INT64 number"),
        (b"1,Bern,1_0,1", r"instances\[0\].count: expected a whole INT64 number"),
        (b"nan,Bern,3,1", r"instances\[0\].temp: expected a finite FP32 number or null"),
        (b"1,Bern,3,yes", r"instances\[0\].member: expected true or false, got 'yes'"),
        (b"1,\xff,3,1", "body: expected CSV in UTF-8"),
        (b'1,"Bern,3,1', "body: expected CSV in UTF-8, got unexpected end of data"),
        (b"", "instances: expected a list of at least one row"),
    ],
)
def test_csv_that_does_not_fit_is_refused_by_row_and_column(body: bytes, where: str) -> None:
    with pytest.raises(InvalidInput, match=where):
        csv_rows.decode(MIXED, body)


def test_csv_carries_rows_of_any_length_only_for_models_of_one_input() -> None:
    anything = TensorSpec("x", Datatype.FP32, (-1, -1))

    alone = csv_rows.decode(a_signature(anything), b"1,2,3,4\n5,6,7,8\n")

    assert read_back(alone).shape == (2, 4)
    with pytest.raises(UnsupportedMediaType, match="CSV cannot carry input 'x'"):
        csv_rows.decode(a_signature(anything, TensorSpec("z", Datatype.FP32, (-1,))), b"1,2\n")


def test_texts_that_are_not_utf8_are_refused() -> None:
    signature = a_signature(TensorSpec("x", Datatype.BYTES, (-1,)))
    header = json.dumps(
        {"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 5}}]}
    ).encode()

    query = v2_binary.decode(signature, header + b"\1\0\0\0\xff", str(len(header)))

    with pytest.raises(InvalidInput, match=r"inputs\.x: expected UTF-8 text"):
        to_arrays(query.batch)
