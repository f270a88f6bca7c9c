"""What does an ONNX file take and give, and does it answer? ``python -m model_container inspect`` says it in JSON."""

import json
import logging
import sys
from dataclasses import replace
from pathlib import Path

import onnxruntime

from model_container.errors import ModelUnusable
from model_container.model_directory import load
from model_container.trial import Trial, try_out
from sluice.domain.errors import InvalidSignature
from sluice.domain.signature import Signature

SEED = 2013
_DAMAGED = "it is no ONNX file, or only a part of one: export or copy it again"
_ELSEWHERE = "its weights are in other files: register a directory that holds model.onnx and all of them"
# onnxruntime's errors are told apart by their words; whichever are not known here are passed on as they are.
_ADVICE = {
    "Protobuf parsing failed": _DAMAGED,
    "No graph was found": _DAMAGED,
    "External data": _ELSEWHERE,
    "External initializer": _ELSEWHERE,
    "Unsupported model IR version": "export it for an earlier version of ONNX",
    "*guarantees* support": "export it with an earlier opset",
    "not a registered function/op": "export it with operators of ONNX alone",
    "NOT_IMPLEMENTED": "export it with another opset (onnx.version_converter)",
}
_LONGEST_REASON = 500


def inspect(directory: Path, model: str, version: str | None) -> int:
    """Print the signature of a directory and the notes of its trial; the exit code: 1 with a line that says why not."""
    logging.getLogger("model_container").addHandler(logging.NullHandler())  # what goes wrong is the one line
    try:
        trial = examine(directory, model, version)
    except ModelUnusable as unusable:
        sys.stderr.write(f"model_container: {_advised(str(unusable))}\n")
        return 1
    sys.stdout.write(json.dumps({"signature": trial.signature.to_dict(), "notes": trial.notes}) + "\n")
    return 0


def examine(directory: Path, model: str, version: str | None) -> Trial:
    """Load, infer the signature unless there is one, and try it. Raises ModelUnusable."""
    loaded = load(directory, allow_cpu=True)
    if (directory / "signature.json").exists():
        return try_out(loaded.signature, loaded.predictor, seed=SEED, is_inferred=False)
    try:
        signature = replace(loaded.signature, model=model, version=version or loaded.signature.version)
    except InvalidSignature as wrong:
        raise ModelUnusable(str(wrong)) from wrong
    _refuse_open_inputs(signature)
    return try_out(signature, loaded.predictor, seed=SEED, is_inferred=True)


def _refuse_open_inputs(signature: Signature) -> None:
    for spec in signature.inputs:
        if min(spec.row_shape, default=1) < 1 or spec.shape[0] == 0:
            raise ModelUnusable(
                f"input {spec.name!r} has the shape {list(spec.shape)} in the graph, and only the first dimension, "
                "that of rows, may be -1 (any length): fix the others on export, or in a signature.json of your own"
            )


def _advised(reason: str) -> str:
    words = " ".join(reason.split())
    advice = next((advice for mark, advice in _ADVICE.items() if mark in words), None)
    short = words if len(words) <= _LONGEST_REASON else f"{words[:_LONGEST_REASON]}..."
    return short if advice is None else f"{advice} (onnxruntime {onnxruntime.__version__}: {short})"
