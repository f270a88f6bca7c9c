"""ONNX files that nobody here made, with what they answered elsewhere: the `onnx` package's own backend test data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

DATA = Path(onnx.__file__).parent / "backend/test/data"
_RELATIVE, _ABSOLUTE = 1e-3, 1e-6  # as the backend tests themselves compare

Arrays = Mapping[str, "np.ndarray[Any, Any]"]


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """A graph with one recorded exchange.

    Attributes:
        graph: The ONNX file.
        inputs: What was asked, by input.
        outputs: What was answered, by output.

    """

    graph: Path
    inputs: Arrays
    outputs: Arrays

    def instances(self) -> dict[str, Any]:
        """The question as KServe V1 has it."""
        names = list(self.inputs)
        rows = zip(*(self.inputs[name].tolist() for name in names), strict=True)
        return {"instances": [row[0] if len(names) == 1 else dict(zip(names, row, strict=True)) for row in rows]}

    def inference(self, datatypes: Mapping[str, str]) -> dict[str, Any]:
        """The question as the Open Inference Protocol has it."""
        tensors = [
            {"name": name, "datatype": datatypes[name], "shape": list(array.shape), "data": array.ravel().tolist()}
            for name, array in self.inputs.items()
        ]
        return {"inputs": tensors}

    def is_answered_by(self, predictions: Any) -> bool:
        """Whether V1 predictions are what was answered."""
        (name,) = self.outputs
        return self._is(name, np.array(predictions, self.outputs[name].dtype).reshape(self.outputs[name].shape))

    def is_inferred_by(self, tensors: Any) -> bool:
        """Whether V2 outputs are what was answered, shapes included."""
        found = {
            tensor["name"]: np.array(tensor["data"], self.outputs[tensor["name"]].dtype).reshape(tensor["shape"])
            for tensor in tensors
        }
        return found.keys() == self.outputs.keys() and all(self._is(name, array) for name, array in found.items())

    def _is(self, name: str, found: "np.ndarray[Any, Any]") -> bool:
        recorded = self.outputs[name]
        if found.shape != recorded.shape:
            return False
        if recorded.dtype.kind != "f":
            return bool((found == recorded).all())
        return bool(np.allclose(found, recorded, rtol=_RELATIVE, atol=_ABSOLUTE))


def recorded(name: str) -> ForeignModel:
    """A model of the backend test data that comes with its inputs and outputs."""
    folder = DATA / name
    graph = onnx.load(folder / "model.onnx").graph
    constants = {tensor.name for tensor in graph.initializer}
    asked = [each.name for each in graph.input if each.name not in constants]
    return ForeignModel(
        folder / "model.onnx",
        {each: _array(folder / f"test_data_set_0/input_{place}.pb") for place, each in enumerate(asked)},
        {each.name: _array(folder / f"test_data_set_0/output_{place}.pb") for place, each in enumerate(graph.output)},
    )


def light(name: str) -> ForeignModel:
    """A whole network; what it was asked is what `onnx.backend.test.runner` makes up for those without inputs."""
    file = DATA / f"light/light_{name}.onnx"
    graph = onnx.load(file).graph
    constants = {tensor.name for tensor in graph.initializer}
    (asked,) = (each for each in graph.input if each.name not in constants)
    shape = [dim.dim_value for dim in asked.type.tensor_type.shape.dim]
    count = int(np.prod(shape))
    question = (np.arange(count).reshape(shape) / count).astype(np.float32)
    answer = _array(file.with_name(f"light_{name}_output_0.pb"))
    return ForeignModel(file, {asked.name: question}, {graph.output[0].name: answer})


def _array(file: Path) -> Any:
    array = numpy_helper.to_array(onnx.TensorProto.FromString(file.read_bytes()))
    return array.astype(str).astype(object) if array.dtype.kind in "OSU" else array


FOREIGN = {
    "convolution": recorded("pytorch-converted/test_Conv2d"),  # its weights are listed as inputs
    "two inputs": recorded("pytorch-operator/test_operator_concat2"),
    "whole numbers": recorded("pytorch-converted/test_Embedding"),
    "texts": recorded("simple/test_strnorm_model_nostopwords_nochangecase"),
    "one row": recorded("simple/test_single_relu_model"),
    "network": light("squeezenet"),
}
