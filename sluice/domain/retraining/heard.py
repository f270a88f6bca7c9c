"""What does an event say about retraining? It calls for one, or only says "look again"; what is so is read.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sluice.domain.errors import RetrainingRefused
from sluice.domain.retraining.trigger import Cause, Trigger

CALLED = "RetrainingRequested"
CHANGED = "SageMaker Model Building Pipeline Execution Status Change"
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """What an event says.

    Attributes:
        models: To look at.
        trigger: What it calls for, if anything.

    """

    models: tuple[str, ...] = ()
    trigger: Trigger | None = None


def hear(event: Mapping[str, Any], pipelines: Mapping[str, str], *, now: datetime) -> Heard:
    """Read an event; one about other models says nothing, one of a schedule that names none says to look at all.

    ``pipelines``: name of each model's. Raises RetrainingRefused for one that makes no sense.
    """
    try:
        if event.get("detail-type") == CHANGED:
            name = str(event["detail"]["pipelineArn"]).rpartition("/")[2]
            return Heard(tuple(model for model, pipeline in pipelines.items() if pipeline == name))
        trigger = _trigger(event, now)
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise RetrainingRefused(f"nothing about a retraining: {type(wrong).__name__}: {wrong}") from wrong
    if trigger is None:
        return Heard(tuple(pipelines))
    return Heard((trigger.model,), trigger) if trigger.model in pipelines else Heard()


def _trigger(event: Mapping[str, Any], now: datetime) -> Trigger | None:
    if "scheduled" in event:
        return _of_schedule(event["model"], datetime.fromisoformat(event["scheduled"]))
    if "operator" in event:
        return _of_operator(event["model"], event["operator"], now)
    return _of_drift(event["detail"], now) if event.get("detail-type") == CALLED else None


def _of_schedule(model: str, due: datetime) -> Trigger:
    due = (due if due.tzinfo else due.replace(tzinfo=UTC)).astimezone(UTC)
    reason = f"the schedule was due at {due:%Y-%m-%d %H:%M} UTC"
    return Trigger(model, Cause.SCHEDULE, f"schedule:{due:%Y%m%dT%H%M%S}", reason, "schedule", due)


def _of_operator(model: str, said: Mapping[str, Any], now: datetime) -> Trigger:
    return Trigger(
        model,
        Cause.OPERATOR,
        f"operator:{said['key']}",
        str(said["reason"]),
        str(said["by"]),
        now,
        force=said.get("force") is True,
        parameters=dict(said.get("parameters", {})),
    )


def _of_drift(detail: Mapping[str, Any], now: datetime) -> Trigger:
    """The monitor may tell of one drift twice, as two events: its key is what it says, not the event's id."""
    version, since, findings = str(detail["version"]), str(detail["since"]), detail["findings"]
    told = sorted([str(each.get("feature")), str(each.get("slice")), str(each.get("since"))] for each in findings)
    digest = hashlib.sha256(json.dumps([version, since, told]).encode()).hexdigest()[:16]
    named = "; ".join(str(each.get("reason") or each.get("feature")) for each in findings[:_MOST_NAMED])
    reason = f"version {version} drifts since {since}: {named}"
    key = f"drift:{version}:{digest}"
    return Trigger(str(detail["model"]), Cause.DRIFT, key, reason, "judge_drift", now, version=version)
