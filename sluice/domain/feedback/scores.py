"""What did a model answer to a request? Scores or a number, as far as a label can be compared with them later.

A label is one number for one prediction, so it can be compared where the request had a single row. Scores are the
first output that is a distribution: 2 to 100 numbers from 0 to 1 that add up to 1. Where there is none, the only output
that is one number is kept; of two, nobody knows which a label is about. That is all that is kept of a prediction's
answer, and nothing of what was asked.
"""

from array import array
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from sluice.domain.json_text import read_json
from sluice.domain.message import captured_message
from sluice.domain.replay.outputs import is_about, read_outputs
from sluice.domain.signature import Datatype, TensorSpec

MOST_CLASSES = 100
_LARGEST = 16_384  # bytes of an answer: of a single row it is far less
_LARGEST_NUMBER = 3.4028234e38  # of FP32
_ROUNDED = 0.01  # scores may be written with few digits
_ALONE = (TensorSpec("alone", Datatype.FP32, (-1,)),)


def scores_of(data: Mapping[str, Any] | None) -> tuple[float, ...] | None:
    """A probability for each class, or a number alone, at the width of FP32, from ``captureData``; else None."""
    try:
        side = (data or {})["endpointOutput"]
        scores = next(filter(_is_distribution, _row_of_v1(side)), None)
        if scores is not None:
            return tuple(array("f", scores))
        answer = captured_message(side)
        outputs = read_outputs(answer, _ALONE) if len(answer.body) <= _LARGEST else {}
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    if not is_about(outputs, 1):
        return None
    rows = [values for (values,) in outputs.values()]
    found = next(filter(_is_distribution, rows), None) or _only_number(rows)
    return None if found is None else tuple(array("f", found))


def _only_number(rows: Sequence[Sequence[Any]]) -> Sequence[Any] | None:
    numbers = [values for values in rows if len(values) == 1 and type(values[0]) in {int, float}]
    return numbers[0] if len(numbers) == 1 and abs(numbers[0][0]) <= _LARGEST_NUMBER else None


def _row_of_v1(side: Mapping[str, Any]) -> list[list[Any]]:
    """The lists of numbers in the only row of a V1 answer, as almost every answer is: read at once, to the same end.

    None of them where there may be anything else.

    Raises LookupError, TypeError, ValueError, AttributeError or RecursionError.
    """
    text = side["data"]
    if side["encoding"] == "BASE64" or type(text) is not str or len(text) > _LARGEST or not text.isascii():
        return []
    form = read_json(text)
    rows = form.get("predictions") if type(form) is dict else []
    if type(rows) is not list or len(rows) != 1 or type(rows[0]) is not dict:
        return []
    found = [values for values in rows[0].values() if type(values) is list]
    return found if set(map(type, chain.from_iterable(found))) <= {int, float} else []


def _is_distribution(values: Sequence[Any]) -> bool:
    return (
        2 <= len(values) <= MOST_CLASSES  # noqa: PLR2004  fewer classes are none
        and all(type(value) in {int, float} and 0 <= value <= 1 for value in values)
        and abs(sum(values) - 1) <= _ROUNDED
    )
