"""Which models does an event of EventBridge tell to look at, and which version does it say is approved?

Events only say "look again"; an approval alone is known from its event.
https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_APPROVED = "Approved"
_KIND = "detail-type"
_SCHEDULED = "Scheduled Event"
_PACKAGE = "SageMaker Model Package State Change"
_NAMES = ("EndpointName", "ModelPackageGroupName")


@dataclass(frozen=True, slots=True)
class ToldApproval:
    """An approval that an event tells of, the first time or again.

    Attributes:
        package: ARN of the model package.
        told_at: The event's time; None where it cannot be read.

    """

    package: str
    told_at: datetime | None

    def happened_by(self, modified_at: datetime) -> datetime:
        """What came after this moment came after the approval; ``modified_at`` is when the package last changed.

        Editing an approved package moves its last change on, but an event that is told again keeps its time; and of
        several events about one change the later ones have a later time, but the change has not.
        """
        return modified_at if self.told_at is None else min(self.told_at, modified_at)


def models_named_by(event: Mapping[str, Any], *, deployment: str, models: Sequence[str]) -> list[str]:
    """The models an event is about; all of them where it is about none, as that of a schedule.

    Endpoints and package groups are called ``<deployment>-<model>``; alarms have a suffix, and that of one model may
    look like that of another, whose name begins alike.
    """
    detail = event.get("detail") or {}
    if "alarmName" in detail:
        return [model for model in models if detail["alarmName"].startswith(f"{deployment}-{model}-")]
    named = next((detail[name] for name in _NAMES if name in detail), None)
    if named is not None:
        return [model for model in models if named == f"{deployment}-{model}"]
    asked = event.get("model")
    return [model for model in models if asked in (None, model)]


def is_scheduled(event: Mapping[str, Any]) -> bool:
    """Whether it is the minute's own."""
    return event.get(_KIND) == _SCHEDULED


def approval_told_by(event: Mapping[str, Any]) -> ToldApproval | None:
    """The model package that has just been approved; None for every other event.

    Editing an approved package is told with the same status: only the list of what was updated tells the two apart.
    """
    detail = event.get("detail") or {}
    if event.get(_KIND) != _PACKAGE or detail.get("ModelApprovalStatus") != _APPROVED:
        return None
    updated = detail.get("UpdatedModelPackageFields")
    if updated is not None and "ModelApprovalStatus" not in updated:
        return None
    return ToldApproval(str(detail["ModelPackageArn"]), _moment(str(event.get("time", ""))))


def _moment(text: str) -> datetime | None:
    """ISO 8601, or milliseconds since 1970, as in samples of SageMaker's events."""
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        read = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
