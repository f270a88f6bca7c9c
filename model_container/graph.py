"""What does an ONNX graph take and give, and does a signature fit it?"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from model_container.errors import ModelUnusable
from sluice.domain.errors import InvalidSignature
from sluice.domain.signature import DYNAMIC, Datatype, Signature, TensorSpec

UNVERSIONED = "unversioned"
_DATATYPES = {
    "tensor(bool)": Datatype.BOOL,
    "tensor(uint8)": Datatype.UINT8,
    "tensor(uint16)": Datatype.UINT16,
    "tensor(uint32)": Datatype.UINT32,
    "tensor(uint64)": Datatype.UINT64,
    "tensor(int8)": Datatype.INT8,
    "tensor(int16)": Datatype.INT16,
    "tensor(int32)": Datatype.INT32,
    "tensor(int64)": Datatype.INT64,
    "tensor(float16)": Datatype.FP16,
    "tensor(float)": Datatype.FP32,
    "tensor(double)": Datatype.FP64,
    "tensor(string)": Datatype.BYTES,
}


class Node(Protocol):
    """An input or output as onnxruntime describes it; a symbolic dimension is a text or None."""

    name: str
    type: str
    shape: Sequence[int | str | None]


def infer_signature(model: str, inputs: Iterable[Node], outputs: Iterable[Node]) -> Signature:
    """The signature of a directory that holds only ``model.onnx``. Raises ModelUnusable."""
    takes = tuple(_spec("input", node) for node in inputs)
    for spec in takes:
        if not spec.shape:
            raise ModelUnusable(
                f"input {spec.name!r} has no row dimension in the graph: declare its shape in signature.json"
            )
    gives = tuple(_spec("output", node) for node in outputs)
    try:
        return Signature(model, UNVERSIONED, takes, gives)
    except InvalidSignature as error:
        raise ModelUnusable(f"the graph cannot be served: {error}") from error


def check_signature(signature: Signature, inputs: Iterable[Node], outputs: Iterable[Node]) -> None:
    """Raise ModelUnusable unless every request the signature lets through fits the graph."""
    takes = {node.name: node for node in inputs}
    gives = {node.name: node for node in outputs}
    if takes.keys() != {spec.name for spec in signature.inputs}:
        named = [spec.name for spec in signature.inputs]
        raise ModelUnusable(f"signature.json names the inputs {named}, the graph takes {list(takes)}")
    for spec in signature.inputs:
        _check(spec, _spec("input", takes[spec.name]), widened=False)
    for spec in signature.outputs:
        if spec.name not in gives:
            raise ModelUnusable(f"signature.json names the output {spec.name!r}, the graph has {list(gives)}")
        _check(spec, _spec("output", gives[spec.name]), widened=True)


def _spec(side: str, node: Node) -> TensorSpec:
    datatype = _DATATYPES.get(node.type)
    if datatype is None:
        raise ModelUnusable(f"{side} {node.name!r} is {node.type}, which cannot be served: {_remedy(node.type)}")
    shape = tuple(dim if isinstance(dim, int) else DYNAMIC for dim in node.shape)
    return TensorSpec(node.name, datatype, shape)


def _remedy(onnx_type: str) -> str:
    if "map(" in onnx_type:
        return "scikit-learn: export with zipmap=False"
    return "cast it on export" if onnx_type.startswith("tensor(") else "export it as a tensor"


def _check(declared: TensorSpec, graph: TensorSpec, *, widened: bool) -> None:
    """Compare; an output may be declared wider than the graph, an input only narrower."""
    if declared.datatype is not graph.datatype:
        raise ModelUnusable(
            f"{declared.name!r} is {declared.datatype} in signature.json but {graph.datatype} in the graph"
        )
    loose = (DYNAMIC,) if widened else ()
    # onnxruntime reports the shape [] for an unknown rank too.
    fits = not graph.shape or (
        len(declared.shape) == len(graph.shape)
        and all(
            have == DYNAMIC or want in (have, *loose) for want, have in zip(declared.shape, graph.shape, strict=True)
        )
    )
    if not fits:
        raise ModelUnusable(
            f"{declared.name!r} has the shape {list(declared.shape)} in signature.json "
            f"but {list(graph.shape)} in the graph (-1: any length)"
        )
