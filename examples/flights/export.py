"""How does a trained pipeline become a model directory? The same bytes for the same pipeline, every time."""

import json
from operator import attrgetter
from pathlib import Path
from typing import Any

from onnx import ModelProto
from skl2onnx import convert_sklearn
from skl2onnx.common._registration import get_converter
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline

from examples.flights.features import signature
from sluice.domain.signature import Datatype, TensorSpec

# The newest operators the graph may use: old enough for every runtime that may serve it.
OPSETS = {"": 17, "ai.onnx.ml": 3}
_TYPES = {Datatype.BYTES: StringTensorType, Datatype.FP32: FloatTensorType, Datatype.INT64: Int64TensorType}


def save(pipeline: Pipeline, version: str, model_dir: Path) -> None:
    """Write a trained pipeline as a model directory."""
    write(to_onnx(pipeline, version), version, model_dir)


def write(model: ModelProto, version: str, model_dir: Path) -> None:
    """Write ``model.onnx`` and ``signature.json``."""
    model_dir.mkdir(parents=True, exist_ok=True)
    (model_dir / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    text = json.dumps(signature(version).to_dict(), indent=2)
    (model_dir / "signature.json").write_text(text + "\n", encoding="utf-8")


def to_onnx(pipeline: Pipeline, version: str) -> ModelProto:
    """The pipeline as a graph with the signature's inputs and outputs."""
    contract = signature(version)
    graph = convert_sklearn(
        pipeline,
        name=f"{contract.model}-{version}",  # else a random one
        initial_types=[_typed(spec) for spec in contract.inputs],
        final_types=[_typed(spec) for spec in contract.outputs],
        options={id(pipeline): {"zipmap": False}},
        custom_conversion_functions={HistGradientBoostingClassifier: _convert_trees},
        target_opset=OPSETS,
    )
    graph.opset_import.sort(key=attrgetter("domain"))  # else in the order of string hashes, which differ by process
    return graph


def _typed(spec: TensorSpec) -> tuple[str, object]:
    return spec.name, _TYPES[spec.datatype]([None if dim < 0 else dim for dim in spec.shape])


def _convert_trees(scope: Any, operator: Any, container: Any) -> None:
    get_converter("SklearnHistGradientBoostingClassifier")(scope, operator, _WithoutBooleans(container))


class _WithoutBooleans:
    """A graph under construction whose lists of booleans become integers, as ONNX stores them.

    skl2onnx 1.20.0 tells with booleans where a tree sends missing values; protobuf 7 refuses them.
    """

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, kind: str, inputs: Any, outputs: Any, **attributes: Any) -> None:
        tracks = "nodes_missing_value_tracks_true"
        if tracks in attributes:
            attributes[tracks] = list(map(int, attributes[tracks]))
        self._container.add_node(kind, inputs, outputs, **attributes)
