"""What do tests of drift on files have in common? A model directory that answers, and tables of rows for it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from onnx import TensorProto, helper
from pyarrow import csv, parquet

from sluice.domain.signature import Datatype, Signature, TensorSpec
from tests.container.graphs import graph, node, value
from tests.drift_builders import CLASSES, some_rows

COLUMN = (-1, 1)
SIGNATURE = Signature(
    model="flights",
    version="5",
    inputs=(
        TensorSpec("temp", Datatype.FP32, COLUMN, optional=True),
        TensorSpec("delay", Datatype.FP32, COLUMN),
        TensorSpec("seats", Datatype.INT64, COLUMN),
        TensorSpec("carrier", Datatype.BYTES, COLUMN),
    ),
    outputs=(TensorSpec("probabilities", Datatype.FP32, (-1, 2)),),
    classes=CLASSES,
)
FIRST_SECOND = 1_370_044_800  # 2013-06-01T00:00:00Z


def a_model_directory(folder: Path, signature: Signature = SIGNATURE) -> Path:
    """A model to which a flight is the likelier late the longer it was delayed before: sigmoid(log(delay) - 2)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "signature.json").write_text(json.dumps(signature.to_dict()), encoding="utf-8")
    (folder / "model.onnx").write_bytes(a_graph(signature).SerializeToString())
    return folder


def a_graph(signature: Signature = SIGNATURE) -> Any:
    number = [
        helper.make_tensor(name, TensorProto.FLOAT, [1], [content]) for name, content in {"two": 2, "one": 1}.items()
    ]
    return graph(
        [
            node("Log", ["delay"], "log"),
            node("Sub", ["log", "two"], "odds"),
            node("Sigmoid", ["odds"], "late"),
            node("Sub", ["one", "late"], "on_time"),
            node("Concat", ["on_time", "late"], "probabilities", axis=1),
        ],
        [value(spec.name, spec.datatype, ["rows", 1]) for spec in signature.inputs],
        [value("probabilities", Datatype.FP32, ["rows", 2])],
        tuple(number),
    )


NUMBERS = replace(SIGNATURE, outputs=(TensorSpec("minutes", Datatype.FP32, COLUMN),), classes=())


def a_regression(folder: Path) -> Path:
    """A model directory that says by how many minutes a flight will be late: 10 log(delay)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "signature.json").write_text(json.dumps(NUMBERS.to_dict()), encoding="utf-8")
    model = graph(
        [node("Log", ["delay"], "log"), node("Mul", ["log", "ten"], "minutes")],
        [value(spec.name, spec.datatype, ["rows", 1]) for spec in NUMBERS.inputs],
        [value("minutes", Datatype.FP32, ["rows", 1])],
        (helper.make_tensor("ten", TensorProto.FLOAT, [1], [10]),),
    )
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return folder


def late_by(table: dict[str, Any], *, seed: int, noise: float = 3.0, shift: float = 0.0) -> Any:
    """By how many minutes the flights of a table were late: as the model says, less ``shift``, with noise."""
    said = 10 * np.log(table["delay"].astype(np.float64))
    return said - shift + np.random.default_rng(seed).normal(0, noise, len(said))


def a_table(rows: int, *, seed: int, **columns: Any) -> dict[str, Any]:
    """``some_rows`` with the hour each flight left, a minute after the one before, and whether it was late."""
    generator = np.random.default_rng(seed)
    table = some_rows(rows, seed=seed)
    late = 1 / (1 + np.exp(2 - np.log(table["delay"].astype(np.float64))))
    times = FIRST_SECOND + 60 * np.arange(rows)
    return table | {"label": (generator.random(rows) < late).astype(np.int64), "left": times} | columns


def write(file: Path, table: dict[str, Any]) -> Path:
    """Write a table as its name says."""
    file.parent.mkdir(parents=True, exist_ok=True)
    columns = pa.table({name: pa.array(column, from_pandas=True) for name, column in table.items()})
    if file.suffix == ".parquet":
        parquet.write_table(columns, file)
    else:
        csv.write_csv(columns, file)
    return file
