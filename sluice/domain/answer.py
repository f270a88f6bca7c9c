"""Is a model's answer fit to be passed on? Guardrails on the shape of what came back."""

from typing import Any


def defect(answer: Any, *, rows: int) -> str | None:
    """What is wrong with a decoded V1 or V2 answer to a request of so many rows; None when nothing is.

    Whether numbers are finite is checked where they are made, by the container.
    """
    if not isinstance(answer, dict):
        return "the answer is not a JSON object"
    if "predictions" in answer:
        return _defect_v1(answer["predictions"], rows)
    if "outputs" in answer:
        return _defect_v2(answer["outputs"], rows)
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
