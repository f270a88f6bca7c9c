"""Which alarms does DescribeAlarms show, and a page of what? All filters count together."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from local_cloud.alarms.alarm import Alarm
from local_cloud.alarms.configuration import CompositeAlarm
from local_cloud.alarms.history import AlarmKind
from local_cloud.alarms.state import AlarmRefused, AlarmState

Request = Mapping[str, Any]
_PAGE = 50
_FAMILY = ("ChildrenOfAlarmName", "ParentsOfAlarmName")
_BESIDE = {*_FAMILY, "MaxRecords", "NextToken"}
_OF_CHILDREN = ("AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp")
_OF_PARENTS = ("AlarmName", "AlarmArn")


class InvalidToken(ValueError):
    """A NextToken that no answer gave."""


def describe_alarms(request: Request, alarms: Sequence[Alarm]) -> dict[str, Any]:
    """The answer. Raises AlarmRefused and InvalidToken."""
    _check(request)
    wanted, shown = _wanted(request, alarms)
    page, token = page_of(wanted, request)
    found: dict[AlarmKind, list[dict[str, Any]]] = {kind: [] for kind in AlarmKind}
    for alarm in page:
        described = alarm.describe()
        found[alarm.kind].append({key: described[key] for key in shown} if shown else described)
    return {"MetricAlarms": found[AlarmKind.METRIC], "CompositeAlarms": found[AlarmKind.COMPOSITE], **token}


def page_of(found: Sequence[Any], request: Request) -> tuple[Sequence[Any], dict[str, str]]:
    """So many as MaxRecords from where NextToken points, and the token of the next page. Raises InvalidToken."""
    first = _position(request.get("NextToken"))
    end = first + int(request.get("MaxRecords") or _PAGE)
    token = {"NextToken": base64.b64encode(str(end).encode()).decode()} if end < len(found) else {}
    return found[first:end], token


def alarm_kinds(request: Request) -> frozenset[AlarmKind]:
    """Those of AlarmTypes; without it metric alarms only. Log alarms are none here."""
    types = request.get("AlarmTypes") or [AlarmKind.METRIC]
    return frozenset(kind for kind in AlarmKind if kind in types)


def _check(request: Request) -> None:
    family = [name for name in _FAMILY if request.get(name)]
    if family and {name for name, value in request.items() if value} - _BESIDE | set(family[1:]):
        raise AlarmRefused(f"{family[0]} cannot be combined with other filters.")
    if request.get("AlarmNames") and request.get("AlarmNamePrefix"):
        raise AlarmRefused("AlarmNamePrefix and AlarmNames cannot be combined.")


def _wanted(request: Request, alarms: Sequence[Alarm]) -> tuple[list[Alarm], tuple[str, ...]]:
    """The alarms, and what is shown of them when that is not everything."""
    if parent := request.get("ChildrenOfAlarmName"):
        children = {name for alarm in alarms if alarm.name == parent for name in _children(alarm)}
        return [alarm for alarm in alarms if alarm.name in children], _OF_CHILDREN
    if child := request.get("ParentsOfAlarmName"):
        return [alarm for alarm in alarms if child in _children(alarm)], _OF_PARENTS
    return [alarm for alarm in alarms if _is_wanted(alarm, request)], ()


def _children(alarm: Alarm) -> tuple[str, ...]:
    return alarm.configuration.rule.children if isinstance(alarm.configuration, CompositeAlarm) else ()


def _is_wanted(alarm: Alarm, request: Request) -> bool:
    names, prefix = request.get("AlarmNames"), request.get("ActionPrefix")
    actions = [action for state in AlarmState for action in alarm.configuration.actions(state)]
    return (
        alarm.kind in alarm_kinds(request)
        and (not names or alarm.name in names)
        and alarm.name.startswith(request.get("AlarmNamePrefix") or "")
        and request.get("StateValue") in (None, alarm.standing.state)
        and (not prefix or any(action.startswith(prefix) for action in actions))
    )


def _position(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except ValueError as wrong:
        raise InvalidToken(f"The token {token} is invalid.") from wrong
