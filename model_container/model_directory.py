"""What does a model directory hold? ``model.onnx`` and, unless it is to be inferred, ``signature.json``."""

import json
from dataclasses import dataclass
from pathlib import Path

from model_container.errors import ModelUnusable
from model_container.graph import check_signature, infer_signature
from model_container.predictor import Predictor
from sluice.domain.errors import InvalidSignature
from sluice.domain.signature import Signature


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that can answer, and the contract it answers by."""

    signature: Signature
    predictor: Predictor


def load(directory: Path, *, allow_cpu: bool = False) -> LoadedModel:
    """Load a model directory; ``allow_cpu`` serves on the CPU when the GPU it should run on cannot be used.

    Raises ModelUnusable with one line that says what to mend.
    """
    graph = directory / "model.onnx"
    if not graph.is_file():
        raise ModelUnusable(f"{graph} does not exist")
    predictor = Predictor(graph, allow_cpu=allow_cpu)
    stored = directory / "signature.json"
    if stored.exists():
        signature = _read(stored)
        check_signature(signature, predictor.inputs, predictor.outputs)
    else:
        signature = infer_signature(directory.resolve().name, predictor.inputs, predictor.outputs)
    return LoadedModel(signature, predictor)


def _read(path: Path) -> Signature:
    try:
        form = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"{path} cannot be read: {error}") from error
    try:
        return Signature.from_dict(form)
    except InvalidSignature as error:
        raise ModelUnusable(f"{path}: {error}") from error
