"""What was a variant asked, and what did it answer? One line of SageMaker's data capture.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluice.domain.attribution import Attribution, attribution_of, is_probe
from sluice.domain.feedback.capture import Poison, utc
from sluice.domain.message import Message, captured_message, decode_json
from sluice.domain.redaction.line import redacted_inputs


@dataclass(frozen=True, slots=True)
class Exchange:
    """A captured request and, where answers are captured, what was answered.

    Attributes:
        prediction_id: The inference id it carried, or SageMaker's id of the event.
        variant: In whose files it stands.
        request: What was asked.
        answer: What was answered; None where only requests are captured, or the answer cannot be read.
        at: When; aware, UTC, to the second; None where the line does not say, or says no moment.
        by: How the request came about; None of what was not asked through Sluice, or does not say it well.
        is_probe: Whether it was put there to see what would be answered, and is nobody's prediction.
        redacted: The inputs whose values were taken out of it: the request is no longer the one that was answered.

    """

    prediction_id: str
    variant: str
    request: Message
    answer: Message | None
    at: datetime | None
    by: Attribution | None
    is_probe: bool
    redacted: tuple[str, ...] = ()

    @property
    def is_copy(self) -> bool:
        """Whether it is a shadow's: its attribution is that of whom the caller asked."""
        return self.by is not None and self.by.variant != self.variant

    @property
    def version(self) -> str | None:
        """The version that the variant served; None where nothing tells it, as of a copy."""
        return None if self.by is None or self.is_copy else self.by.version


def read_exchange(line: bytes | str, variant: str) -> Exchange:
    """Read a line of a variant's files. Raises Poison: one of a few reasons."""
    try:
        form = decode_json(line)
    except ValueError as wrong:
        raise Poison("a line is not JSON") from wrong
    try:
        return _exchange(form, variant)
    except (ValueError, LookupError, TypeError, AttributeError) as wrong:
        raise Poison("a line is not in the form of data capture, or holds no request") from wrong


def _exchange(form: Mapping[str, Any], variant: str) -> Exchange:
    data, metadata = form["captureData"], form["eventMetadata"]
    return Exchange(
        prediction_id=str(metadata.get("inferenceId", metadata["eventId"])),
        variant=variant,
        request=captured_message(data["endpointInput"]),
        answer=_answer(data.get("endpointOutput")),
        at=_moment(metadata.get("inferenceTime")),
        by=_attribution(metadata),
        is_probe=is_probe(metadata),
        redacted=redacted_inputs(metadata),
    )


def _answer(side: Any) -> Message | None:
    """A damaged answer leaves the request as good as it was."""
    try:
        return None if side is None else captured_message(side)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _moment(given: Any) -> datetime | None:
    try:
        return utc(datetime.fromisoformat(given))
    except (ValueError, TypeError):
        return None


def _attribution(metadata: Mapping[str, Any]) -> Attribution | None:
    try:
        return attribution_of(metadata)
    except (ValueError, TypeError):
        return None
