"""Small graphs, each built for one thing a container must do."""

import json
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from sluice.domain.signature import Datatype, Signature, TensorSpec

TYPES = {
    Datatype.BOOL: TensorProto.BOOL,
    Datatype.UINT8: TensorProto.UINT8,
    Datatype.UINT16: TensorProto.UINT16,
    Datatype.UINT32: TensorProto.UINT32,
    Datatype.UINT64: TensorProto.UINT64,
    Datatype.INT8: TensorProto.INT8,
    Datatype.INT16: TensorProto.INT16,
    Datatype.INT32: TensorProto.INT32,
    Datatype.INT64: TensorProto.INT64,
    Datatype.FP16: TensorProto.FLOAT16,
    Datatype.FP32: TensorProto.FLOAT,
    Datatype.FP64: TensorProto.DOUBLE,
    Datatype.BYTES: TensorProto.STRING,
}


def value(name: str, datatype: Datatype, shape: list[Any] | None) -> Any:
    return helper.make_tensor_value_info(name, TYPES[datatype], shape)


def graph(nodes: list[Any], inputs: list[Any], outputs: list[Any], constants: tuple[Any, ...] = ()) -> Any:
    built = helper.make_graph(nodes, "graph", inputs, outputs, list(constants))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(built, opset_imports=opsets, ir_version=9)


def node(operator: str, inputs: list[str], output: str, **attributes: Any) -> Any:
    return helper.make_node(operator, inputs, [output], **attributes)


def identity(datatype: Datatype = Datatype.FP32, shape: tuple[Any, ...] = ("rows", 3)) -> Any:
    """Answers ``y`` = ``x``."""
    return graph(
        [node("Identity", ["x"], "y")],
        [value("x", datatype, list(shape))],
        [value("y", datatype, list(shape))],
    )


def mixed() -> Any:
    """Four columns of different kinds; answers a score per row, and the city again."""
    column = ["rows", 1]
    return graph(
        [
            node("Cast", ["count"], "counted", to=TensorProto.FLOAT),
            node("Cast", ["member"], "joined", to=TensorProto.FLOAT),
            node("IsNaN", ["temp"], "unknown"),
            node("Where", ["unknown", "zero", "temp"], "known"),
            node("Sum", ["counted", "joined", "known"], "score"),
            node("Identity", ["city"], "place"),
        ],
        [
            value("temp", Datatype.FP32, column),
            value("city", Datatype.BYTES, column),
            value("count", Datatype.INT64, column),
            value("member", Datatype.BOOL, column),
        ],
        [value("score", Datatype.FP32, column), value("place", Datatype.BYTES, column)],
        (helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0]),),
    )


MIXED = Signature(
    model="mixed",
    version="7",
    inputs=(
        TensorSpec("temp", Datatype.FP32, (-1, 1), optional=True),
        TensorSpec("city", Datatype.BYTES, (-1, 1)),
        TensorSpec("count", Datatype.INT64, (-1, 1)),
        TensorSpec("member", Datatype.BOOL, (-1, 1)),
    ),
    outputs=(TensorSpec("score", Datatype.FP32, (-1, 1)), TensorSpec("place", Datatype.BYTES, (-1, 1))),
)


def total() -> Any:
    """Rows of any length; answers each row's sum."""
    return graph(
        [node("ReduceSum", ["x", "axis"], "y", keepdims=0)],
        [value("x", Datatype.FP32, ["rows", "length"])],
        [value("y", Datatype.FP32, ["rows"])],
        (helper.make_tensor("axis", TensorProto.INT64, [1], [1]),),
    )


def logarithm() -> Any:
    """Answers NaN for what is below zero."""
    return graph(
        [node("Log", ["x"], "y")],
        [value("x", Datatype.FP32, ["rows"])],
        [value("y", Datatype.FP32, ["rows"])],
    )


def two_rows_only() -> Any:
    """Says it takes any number of rows, but fails on other than two."""
    return graph(
        [node("Reshape", ["x", "shape"], "y")],
        [value("x", Datatype.FP32, ["rows", 3])],
        [value("y", Datatype.FP32, ["rows", 3])],
        (helper.make_tensor("shape", TensorProto.INT64, [2], [2, 3]),),
    )


def one_number() -> Any:
    """Answers one number whatever the rows."""
    return graph(
        [node("ReduceSum", ["x"], "y", keepdims=0)],
        [value("x", Datatype.FP32, ["rows"])],
        [value("y", Datatype.FP32, [])],
    )


def slow() -> Any:
    """Multiplies two small matrices as many times as its one row says, too small for several cores to help."""
    square = [64, 64]
    body = helper.make_graph(
        [
            node("Identity", ["more"], "still"),
            node("MatMul", ["state", "state"], "squared"),
            node("Mul", ["squared", "nothing"], "next"),
        ],
        "body",
        [
            value("step", Datatype.INT64, []),
            value("more", Datatype.BOOL, []),
            value("state", Datatype.FP32, square),
        ],
        [value("still", Datatype.BOOL, []), value("next", Datatype.FP32, square)],
        [helper.make_tensor("nothing", TensorProto.FLOAT, [1], [0.0])],
    )
    return graph(
        [
            node("Reshape", ["times", "scalar"], "trips"),
            node("ConstantOfShape", ["square"], "start"),
            helper.make_node("Loop", ["trips", "", "start"], ["end"], body=body),
            node("ReduceSum", ["end"], "zero", keepdims=0),
            node("Cast", ["times"], "number", to=TensorProto.FLOAT),
            node("Add", ["number", "zero"], "y"),
        ],
        [value("times", Datatype.INT64, [1])],
        [value("y", Datatype.FP32, [1])],
        (
            helper.make_tensor("scalar", TensorProto.INT64, [0], []),
            helper.make_tensor("square", TensorProto.INT64, [2], square),
        ),
    )


def zip_map() -> Any:
    """What scikit-learn classifiers export unless told otherwise: a map per row."""
    key_values = helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(1, []))
    answer = helper.make_value_info("y", helper.make_sequence_type_proto(key_values))
    return graph(
        [helper.make_node("ZipMap", ["x"], ["y"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])],
        [value("x", Datatype.FP32, ["rows", 2])],
        [answer],
    )


def a_model_directory(folder: Path, model: Any, signature: Signature | None = None) -> Path:
    """A directory as SageMaker unpacks it."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    if signature is not None:
        (folder / "signature.json").write_text(json.dumps(signature.to_dict()))
    return folder


def a_signature(*inputs: TensorSpec, outputs: tuple[TensorSpec, ...] | None = None) -> Signature:
    given = inputs or (TensorSpec("x", Datatype.FP32, (-1, 3)),)
    return Signature("model", "1", given, outputs or (TensorSpec("y", given[0].datatype, given[0].shape),))
