"""What did a classifier answer to a request? Its scores, as far as a label can be compared with them later.

A label is one number for one prediction, so it can be compared where the request had a single row. Its scores are the
first output that is a distribution: 2 to 100 numbers from 0 to 1 that add up to 1. They are all that is kept of a
prediction's answer, and nothing of what was asked.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from sluice.domain.message import captured_message
from sluice.domain.replay.outputs import is_about, read_outputs
from sluice.domain.signature import Datatype, TensorSpec

MOST_CLASSES = 100
_LARGEST = 16_384  # bytes of an answer: of a single row it is far less
_ROUNDED = 0.01  # scores may be written with few digits
_ALONE = (TensorSpec("alone", Datatype.FP32, (-1,)),)


def scores_of(data: Mapping[str, Any] | None) -> tuple[float, ...] | None:
    """A probability for each class, at the width of FP32, from ``captureData``; None where there is no such answer."""
    try:
        answer = captured_message((data or {})["endpointOutput"])
        outputs = read_outputs(answer, _ALONE) if len(answer.body) <= _LARGEST else {}
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
    if not is_about(outputs, 1):
        return None
    return next((tuple(array("f", values)) for (values,) in outputs.values() if _is_distribution(values)), None)


def _is_distribution(values: Sequence[Any]) -> bool:
    return (
        2 <= len(values) <= MOST_CLASSES  # noqa: PLR2004  fewer classes are none
        and all(type(value) in {int, float} and 0 <= value <= 1 for value in values)
        and abs(sum(values) - 1) <= _ROUNDED
    )
