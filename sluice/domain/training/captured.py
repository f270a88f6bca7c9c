"""What does a line of data capture bring to those who want to learn? Who answered, and what was asked of one row.

Read are the bodies that Sluice lets through; strangers' requests, previews' and copies for a shadow are nobody's
predictions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.domain.errors import InvalidInput
from sluice.domain.feedback.capture import Answered, Origin, Poison, Skipped, read_answered, read_parts
from sluice.domain.feedback.scores import scores_of
from sluice.domain.json_text import read_json
from sluice.domain.message import captured_message, read_request
from sluice.domain.redaction.line import redacted_inputs
from sluice.domain.replay.inputs import inputs_by_row
from sluice.domain.training.fit import Wanted, reason_of
from sluice.domain.training.rows import State

UNKNOWN = -1
"""The place of a class that nobody knows."""

_LONGEST = 2_000  # characters
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Captured:
    """A prediction's captured attempt.

    Attributes:
        by: Who answered which prediction, when.
        state: Whether there is a row; FIT says no more than that there is one.
        row: As KServe V1 writes it.
        reason: Why there is none; empty where there is one.
        asked: The body of the request, shortened; None where nobody may keep it.
        answer: The place of the class that was answered, else ``UNKNOWN``.

    """

    by: Answered
    state: State
    row: Any
    reason: str
    asked: str | None
    answer: int


def read_captured(line: bytes, *, model: str, origin: Origin, wanted: Wanted) -> Captured | Skipped:
    """Read a line. Raises Poison where it does not say who answered what."""
    metadata, data = read_parts(line)
    by = read_answered(metadata, model=model, origin=origin)
    if isinstance(by, Skipped):
        return by
    if not by.prediction_id.isascii():
        raise Poison("inferenceId: no text that SageMaker would take")
    gone = sorted(set(redacted_inputs(metadata)).difference(wanted.left_out))
    asked = None if wanted.left_out or gone else _asked(data)
    if gone:
        return Captured(by, State.REDACTED, None, f"redacted: {', '.join(gone)}", None, UNKNOWN)
    try:
        rows = _rows(data["endpointInput"], wanted)
    except InvalidInput as wrong:
        return Captured(by, State.MISFIT, None, reason_of(wrong.violations[0], wanted), asked, UNKNOWN)
    except _UNREADABLE:
        return Captured(by, State.MISFIT, None, "the request cannot be read", asked, UNKNOWN)
    if len(rows) != 1:
        return Captured(by, State.SEVERAL, None, "", asked, UNKNOWN)
    return Captured(by, State.FIT, rows[0], "", asked, _answer(data))


def _rows(side: Mapping[str, Any], wanted: Wanted) -> Sequence[Any]:
    """The rows of a request, by input unless they came as KServe V1. Raises what an unreadable body may."""
    if side.get("encoding") != "BASE64":
        form = read_json(side["data"])
        if "instances" in form and isinstance(form["instances"], list) and form["instances"]:
            return form["instances"]
    return inputs_by_row(read_request(captured_message(side), wanted.signature))


def _answer(data: Mapping[str, Any]) -> int:
    scores = scores_of(data)
    return UNKNOWN if scores is None else scores.index(max(scores))


def _asked(data: Any) -> str | None:
    try:
        text = data["endpointInput"]["data"]
    except _UNREADABLE:
        return None
    return text[:_LONGEST].encode(errors="replace").decode() if isinstance(text, str) else None
