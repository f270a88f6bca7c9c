"""What does an answer say about each row? Its outputs by name, of V1, of V2 and of V2 with binary tensors."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from sluice.domain.answer import defect
from sluice.domain.message import Message
from sluice.domain.replay.inputs import elements, written
from sluice.domain.signature import Datatype, TensorSpec

Elements = list[Any]
Outputs = Mapping[str, list[Elements]]
"""The elements of each row, by output."""


def read_outputs(answer: Message, outputs: Sequence[TensorSpec]) -> Outputs:
    """Read an answer; ``outputs`` name the only output of a V1 answer. Raises ValueError."""
    form = answer.decode()
    try:
        if "predictions" in form:
            return _of_v1(form["predictions"], outputs[0].name)
        return dict(_of_v2(form["outputs"], memoryview(answer.body)[answer.header_size or len(answer.body) :]))
    except (LookupError, TypeError, AttributeError) as wrong:
        raise ValueError(f"not an answer of V1 or V2: {type(wrong).__name__}") from wrong


def fit_outputs(answer: Message, *, rows: int, outputs: Sequence[TensorSpec]) -> Outputs | str:
    """What an answer says about so many rows; in words, why it would not have been passed on."""
    try:
        wrong = defect(answer.decode(), rows=rows, outputs=outputs)
        found = {} if wrong else read_outputs(answer, outputs)
    except ValueError as unreadable:
        return f"the answer cannot be read: {unreadable}"
    return wrong or (found if is_about(found, rows) else f"an output does not go by the {rows} rows")


def is_about(outputs: Outputs, rows: int) -> bool:
    """Whether there is something about each of so many rows."""
    return bool(outputs) and all(len(found) == rows for found in outputs.values())


def _of_v1(predictions: Sequence[Any], alone: str) -> Outputs:
    named = [row if isinstance(row, dict) else {alone: row} for row in predictions]
    names = dict.fromkeys(name for row in named for name in row)
    return {name: [_flat(row[name]) for row in named] for name in names}


def _of_v2(tensors: Sequence[Mapping[str, Any]], binary: memoryview) -> Iterator[tuple[str, list[Elements]]]:
    at = 0
    for tensor in tensors:
        size = tensor.get("parameters", {}).get("binary_data_size")
        if size is None:
            values = _flat(tensor["data"])
        else:
            values = elements(Datatype(tensor["datatype"]), binary[at : at + size])
            at += size
        yield tensor["name"], _rows(values, tensor["shape"])


def _rows(values: Elements, shape: Sequence[int]) -> list[Elements]:
    rows = shape[0] if shape else 1
    if type(rows) is not int or rows < 1 or len(values) != prod(shape):
        raise ValueError(f"{len(values)} elements are no tensor of the shape {shape!r:.60}")
    width = len(values) // rows
    return [values[row * width : (row + 1) * width] for row in range(rows)]


def _flat(value: Any) -> Elements:
    """The elements of nested lists, in their order."""
    if not isinstance(value, list):
        return [written(value)]
    found: Elements = []
    waiting = [iter(value)]
    while waiting:
        for each in waiting[-1]:
            if isinstance(each, list):
                waiting.append(iter(each))
                break
            found.append(written(each))
        else:
            waiting.pop()
    return found
