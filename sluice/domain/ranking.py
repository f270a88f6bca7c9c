"""In which order does a model put the rows of a request? By one number of each row's answer, the largest first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

from sluice.domain.errors import InvalidInput, Violation
from sluice.domain.signature import DYNAMIC, Datatype, Signature, TensorSpec

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Score:
    """The number of a row's answer that rows are ranked by.

    Attributes:
        output: Name of the output.
        column: Its place in the output's row; None: the row has no other.

    """

    output: str
    column: int | None = None


def scores_of(signature: Signature) -> Mapping[str, Score]:
    """What rows can be ranked by, as callers call it: ``score``, ``probabilities.late``, ``logits[2]``."""
    return {name: score for spec in signature.outputs for name, score in _of_output(spec, signature.classes)}


def _of_output(spec: TensorSpec, classes: tuple[str, ...]) -> Iterator[tuple[str, Score]]:
    if spec.datatype in (Datatype.BOOL, Datatype.BYTES) or not spec.shape:
        return
    if spec.is_scalar_row:
        yield spec.name, Score(spec.name)
    elif len(spec.row_shape) == 1 and DYNAMIC not in spec.row_shape:
        (count,) = spec.row_shape
        for column in range(count):
            named = f".{classes[column]}" if len(classes) == count else f"[{column}]"
            yield f"{spec.name}{named}", Score(spec.name, column)


def score_by(signature: Signature, name: object) -> Score:
    """The number of that name; the only one there is when ``name`` is None. Raises InvalidInput that names them all."""
    scores = scores_of(signature)
    if name is None and len(scores) == 1:
        return next(iter(scores.values()))
    if isinstance(name, str) and name in scores:
        return scores[name]
    more = f" and {len(scores) - _MOST_NAMED} more" if len(scores) > _MOST_NAMED else ""
    expected = f"one of {', '.join(list(scores)[:_MOST_NAMED])}{more}" if scores else "a model with a number a row"
    got = ("nothing: there are several" if scores else "no such output") if name is None else f"{name!r:.60}"
    raise InvalidInput([Violation("rank_by", expected, got)])


def ranking(answer: Any, score: Score) -> list[int]:
    """Numbers of the rows, from 0, the best first; rows of the same score stay in their order.

    ``answer`` is a decoded V1 answer. Raises ValueError that says which row has no such number.
    """
    predictions = answer.get("predictions") if isinstance(answer, dict) else None
    if not isinstance(predictions, list):
        raise ValueError("the answer has no predictions to rank")
    numbers = [_number(prediction, score, row) for row, prediction in enumerate(predictions)]
    return sorted(range(len(numbers)), key=lambda row: -numbers[row])


def _number(prediction: Any, score: Score, row: int) -> float:
    """A row is the value of the only output, or an object of all outputs by name."""
    value = prediction.get(score.output) if isinstance(prediction, dict) else prediction
    if score.column is not None:
        value = value[score.column] if isinstance(value, list) and score.column < len(value) else None
    while isinstance(value, list) and len(value) == 1:
        (value,) = value
    if isinstance(value, bool) or not isinstance(value, int | float) or (isinstance(value, float) and isnan(value)):
        raise ValueError(f"predictions[{row}] has no number {score.output} to rank by")
    return value
