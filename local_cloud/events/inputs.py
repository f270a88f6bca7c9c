"""What does a target get to see: the event, a part of it, a constant, or a template filled in?

Sources: "Amazon EventBridge input transformation" in the EventBridge user guide, "Adding context attributes" in the
EventBridge Scheduler user guide.
"""

import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from jsonpath_ng.ext import parse as parse_path  # type: ignore[attr-defined]  # a name it only re-exports; moto depends on it

from local_cloud.context import ACCOUNT, REGION

_TOKEN = re.compile(r'\\.|"|<[^<>\s]+>', re.DOTALL)
_MISSING = ""


def render(target: Mapping[str, Any], event: Mapping[str, Any], *, rule_arn: str = "") -> str:
    """The text that is delivered: JSON, for a function always."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(_at(target["InputPath"], event))
    transformer = target.get("InputTransformer")
    if transformer:
        values = {name: _at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
        return _filled(transformer["InputTemplate"], {**_predefined(event, rule_arn), **values})
    return json.dumps(event)


def scheduled_event(source: str, arn: str, due: datetime, detail: Any) -> dict[str, Any]:
    """What a target of a schedule gets when it declares no input of its own."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": source,
        "account": ACCOUNT,
        "time": f"{due:%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": [arn],
        "detail": detail,
    }


def schedule_input(schedule: Any, due: datetime) -> str:
    """What a target of EventBridge Scheduler gets; `schedule` is moto's."""
    text: str = schedule.target.get("Input") or json.dumps(scheduled_event("aws.scheduler", schedule.arn, due, "{}"))
    attributes = {
        "schedule-arn": schedule.arn,
        "scheduled-time": f"{due:%Y-%m-%dT%H:%M:%SZ}",
        "execution-id": str(uuid.uuid4()),
        "attempt-number": "1",
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _predefined(event: Mapping[str, Any], rule_arn: str) -> dict[str, Any]:
    return {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rsplit("/", 1)[-1],
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": event,
        "aws.events.event.json": event,
    }


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """Each ``<name>`` replaced: inside a JSON string by text, elsewhere by a JSON value."""
    in_string = False

    def replacement(match: re.Match[str]) -> str:
        nonlocal in_string
        found = match[0]
        if found == '"':
            in_string = not in_string
        if not found.startswith("<") or found[1:-1] not in values:
            return found
        value = values[found[1:-1]]
        if not in_string:
            return json.dumps(value)
        return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]

    return _TOKEN.sub(replacement, template)


def _at(path: str, event: Mapping[str, Any]) -> Any:
    found = _path(path).find(event)
    return found[0].value if found else _MISSING


@lru_cache(maxsize=256)
def _path(path: str) -> Any:
    return parse_path(path)
