"""Is a model's answer fit to be passed on? Guardrails on the shape and the range of what came back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sluice.domain.signature import TensorSpec


def defect(answer: Any, *, rows: int, outputs: Sequence[TensorSpec] = ()) -> str | None:
    """What is wrong with a decoded V1 or V2 answer to a request of so many rows; None when nothing is.

    ``outputs`` is what the signature promises: their bounds hold. Tensors sent as bytes are not looked into. Whether
    numbers are finite is checked where they are made, by the container.
    """
    if not isinstance(answer, dict):
        return "the answer is not a JSON object"
    bounded = {spec.name: spec for spec in outputs if spec.is_bounded}
    if "predictions" in answer:
        alone = outputs[0].name if len(outputs) == 1 else ""
        return _defect_v1(answer["predictions"], rows) or _out_of_bounds_v1(answer["predictions"], bounded, alone)
    if "outputs" in answer:
        return _defect_v2(answer["outputs"], rows) or _out_of_bounds_v2(answer["outputs"], bounded)
    return "the answer has neither predictions nor outputs"


def _defect_v1(predictions: Any, rows: int) -> str | None:
    if not isinstance(predictions, list):
        return "predictions is not a list"
    if len(predictions) != rows:
        return f"{len(predictions)} predictions for {rows} rows"
    return None


def _defect_v2(outputs: Any, rows: int) -> str | None:
    if not isinstance(outputs, list) or not outputs:
        return "outputs is not a list of tensors"
    for output in outputs:
        shape = output.get("shape") if isinstance(output, dict) else None
        if not isinstance(shape, list):
            return "an output has no shape"
        if shape and shape[0] != rows:
            return f"output {output.get('name')} has {shape[0]} rows for {rows}"
    return None


def _out_of_bounds_v1(predictions: Sequence[Any], bounded: Mapping[str, TensorSpec], alone: str) -> str | None:
    """A row is the value of the only output, or an object of all outputs by name."""
    for spec in bounded.values():
        for row, prediction in enumerate(predictions):
            value = prediction.get(spec.name) if isinstance(prediction, dict) else prediction
            if isinstance(prediction, dict) or spec.name == alone:
                wrong = _out_of_bounds(value, spec)
                if wrong is not None:
                    return f"predictions[{row}]: {wrong}"
    return None


def _out_of_bounds_v2(outputs: Sequence[Mapping[str, Any]], bounded: Mapping[str, TensorSpec]) -> str | None:
    for output in outputs:
        spec = bounded.get(str(output.get("name")))
        wrong = _out_of_bounds(output.get("data"), spec) if spec else None
        if wrong is not None:
            return wrong
    return None


def _out_of_bounds(value: Any, spec: TensorSpec) -> str | None:
    low = float("-inf") if spec.minimum is None else spec.minimum
    high = float("inf") if spec.maximum is None else spec.maximum
    for number in _numbers(value):
        if not low <= number <= high:
            return f"{spec.name} is {number}, the signature promises {low} to {high}"
    return None


def _numbers(value: Any) -> Iterator[float]:
    """Every number in nested lists."""
    if isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, int | float):
        yield value
