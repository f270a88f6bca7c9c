"""Which predictions does a file of SageMaker's data capture hold?

Layout: ``…/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>.jsonl``, one JSON object a line
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html).
"""

import json
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from sluice.domain.attribution import Attribution, attribution_of
from sluice.domain.feedback.row_slices import Known, Slices, slices_of
from sluice.domain.feedback.scores import scores_of
from sluice.domain.json_text import read_json

CAPTURES = "captures"
"""The files of a deployment are below this prefix of its data bucket."""

_PARTS = 7  # endpoint, variant, year, month, day, hour, file
_LONGEST_ID = 64  # InvokeEndpoint's InferenceId
# As our own calls and SageMaker write them; another form is read, too, only not as fast.
_UNIT = re.compile(r"sluice-unit=[0-9a-f]{16},")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:[0-5]\d:[0-5]\dZ", re.ASCII)
_HOUR = len("2026-11-21T09")
_YEARS = range(1970, 9990)  # what is kept for some years after them ends at an instant, too


_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


class Poison(ValueError):
    """Captured data that cannot be read, now or later; says why, and nothing of what stands in it."""

    @classmethod
    def because(cls, wrong: Exception) -> Self:
        """Of an error that a library or we raised about data: only errors of form are repeated in their own words.

        Others quote what they could not read, such as a date of birth, and reasons are kept for days.
        """
        if isinstance(wrong, json.JSONDecodeError):
            return cls(f"JSONDecodeError: {wrong.msg} at character {wrong.pos}")
        return cls(f"{type(wrong).__name__}: {wrong}" if isinstance(wrong, KeyError | Unfit) else type(wrong).__name__)


class Unfit(ValueError):
    """Data of another form than was expected; says which, and nothing of what stands in it."""


class Skipped(StrEnum):
    """Why a line that can be read is no prediction of ours."""

    UNATTRIBUTED = "unattributed"  # somebody else asked the endpoint
    COPY = "copy"  # a shadow variant's answer, which nobody was given


@dataclass(frozen=True, slots=True)
class Origin:
    """Where captured data comes from.

    Attributes:
        endpoint: Name of the endpoint.
        variant: Name of the variant that answered.

    """

    endpoint: str
    variant: str

    @classmethod
    def of(cls, key: str) -> Self:
        """From a file's key. Raises Poison."""
        parts = key.split("/")
        if len(parts) < _PARTS or not key.endswith(".jsonl"):
            raise Poison(f"not the key of captured data: {key!r:.200}")
        return cls(*parts[-_PARTS : -_PARTS + 2])


@dataclass(frozen=True, slots=True)
class Answered:
    """One attempt at a prediction that a variant answered.

    Attributes:
        prediction_id: The prediction's.
        model: Name of the model.
        by: Who answered, and how that came about.
        at: When; aware, UTC, to the second.
        scores: What a label of a single row is compared with (``sluice.domain.feedback.scores``); else None.
        slices: In which slices of the version that row is (``sluice.domain.feedback.row_slices``).

    """

    prediction_id: str
    model: str
    by: Attribution
    at: datetime
    scores: tuple[float, ...] | None = None
    slices: Slices = ()


def no_slices(_model: str, _version: str) -> Known:
    """Where labels are not counted by slices."""
    return {}


def read_line(
    line: bytes | str, *, model: str, origin: Origin, known: Callable[[str, str], Known] = no_slices
) -> Answered | Skipped:
    """What one line says of who answered, and of what a label is compared with. Raises Poison.

    ``known`` are the slices of a version of a model.
    """
    metadata, data = read_parts(line)
    found = read_answered(metadata, model=model, origin=origin)
    if isinstance(found, Skipped):
        return found
    scores = scores_of(data)
    slices = () if scores is None else slices_of(data, known(model, found.by.version))
    return replace(found, scores=scores, slices=slices)


def read_parts(line: bytes | str) -> tuple[Any, Any]:
    """The ``eventMetadata`` and ``captureData`` of a line, as they stand there. Raises Poison."""
    try:
        form = read_json(line)
        return form["eventMetadata"], form.get("captureData")
    except _UNREADABLE as wrong:
        raise Poison.because(wrong) from wrong


def read_answered(metadata: Any, *, model: str, origin: Origin) -> Answered | Skipped:
    """What the ``eventMetadata`` of a line says of who answered. Raises Poison."""
    try:
        at = datetime.fromisoformat(metadata["inferenceTime"])
        by = attribution_of(metadata)
    except _UNREADABLE as wrong:
        raise Poison.because(wrong) from wrong
    if by is None:
        return Skipped.UNATTRIBUTED
    if by.variant != origin.variant:
        return Skipped.COPY
    return Answered(_identity(metadata.get("inferenceId")), model, by, utc(at))


def sameness(metadata: Any) -> Hashable:
    """Equal where lines say the same of who answered and in which hour: one of them tells it of all.

    None where a line has to be read by itself. What differs between lines of equal ``sameness`` (the unit, the id, the
    minute) is of its right form in all of them.
    """
    if type(metadata) is not dict:
        return None
    attributes, at, given = map(metadata.get, ("customAttributes", "inferenceTime", "inferenceId"))
    if type(attributes) is not list or len(attributes) != 1 or type(at) is not str or type(given) is not str:
        return None
    (text,) = attributes
    unit = _UNIT.match(text) if type(text) is str else None
    if unit is None or not _TIME.fullmatch(at) or not 0 < len(given) <= _LONGEST_ID:
        return None
    return text[unit.end() :], at[:_HOUR]


def _identity(given: Any) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= _LONGEST_ID:
        raise Poison(f"inferenceId: a text of 1 to {_LONGEST_ID} characters is needed")
    return given


def utc(at: datetime) -> datetime:
    """The moment of an ``inferenceTime``, aware, UTC. Raises Poison where nothing can be told or kept of it."""
    if at.tzinfo is None:
        raise Poison("inferenceTime is without a time zone")
    try:
        moment = at if at.tzinfo is UTC else at.astimezone(UTC)
    except OverflowError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise Poison(f"inferenceTime is in none of the years {_YEARS[0]} to {_YEARS[-1]}")
    return moment
