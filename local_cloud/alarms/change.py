"""An alarm that changed its state, and how that is told: as an event, a notification, a function's event, history.

Sources: "Alarm events and EventBridge" and "Invoke a Lambda function from an alarm" in the CloudWatch user guide; the
notification from memory.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_cloud.alarms.configuration import SINGLE, Configuration, MetricAlarm
from local_cloud.alarms.mute import Mute
from local_cloud.alarms.state import Standing, arn_of, stamp
from local_cloud.context import ACCOUNT, REGION

_NAMESPACE = uuid.UUID("5f1f5a3c-3b6e-4c39-9d0b-3c2f5d0e6a11")  # of the ids made up for single metrics


@dataclass(frozen=True, slots=True)
class Change:
    """From one state to another.

    Attributes:
        configured: When the alarm was last put.
        mute: The window in which its actions do not happen, if it is in one.

    """

    configuration: Configuration
    before: Standing
    after: Standing
    configured: datetime
    mute: Mute | None = None

    @property
    def arn(self) -> str:
        """The alarm's."""
        return arn_of(self.configuration.name)

    @property
    def actions(self) -> list[str]:
        """What is to happen, unless muted."""
        is_enabled = self.configuration.request.get("ActionsEnabled", True)
        return self.configuration.actions(self.after.state) if is_enabled else []


def event_detail(change: Change) -> dict[str, Any]:
    """The detail of a "CloudWatch Alarm State Change"."""
    muted = {}
    if change.mute is not None:
        window = {"muteWindowStart": stamp(change.mute.start), "muteWindowEnd": stamp(change.mute.end)}
        muted = {"muteDetail": {"mutedByArn": change.mute.rule_arn, **window}}
    return {
        "alarmName": change.configuration.name,
        "state": _state(change.after),
        "previousState": _state(change.before),
        "configuration": _configuration(change.configuration),
        **muted,
    }


def function_event(change: Change) -> dict[str, Any]:
    """What a function gets that is an alarm's action."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": change.arn,
        "accountId": ACCOUNT,
        "time": stamp(change.after.at),
        "region": REGION,
        "alarmData": event_detail(change),
    }


def notification(change: Change) -> tuple[str, dict[str, Any]]:
    """Subject and message for a topic."""
    request = change.configuration.describe()
    message = {
        "AlarmName": change.configuration.name,
        "AlarmDescription": request.get("AlarmDescription"),
        "AWSAccountId": ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": stamp(change.configured),
        "NewStateValue": change.after.state,
        "NewStateReason": change.after.reason,
        "StateChangeTime": stamp(change.after.at),
        "Region": "US East (N. Virginia)",
        "AlarmArn": change.arn,
        "OldStateValue": change.before.state,
        **{name: request[name] for name in ("OKActions", "AlarmActions", "InsufficientDataActions")},
    }
    if "AlarmRule" in request:
        message["AlarmRule"] = request["AlarmRule"]
    else:
        message["Trigger"] = _trigger(request)
    return f'{change.after.state}: "{change.configuration.name}" in US East (N. Virginia)'[:100], message


def _state(standing: Standing) -> dict[str, Any]:
    data = {} if standing.reason_data is None else {"reasonData": standing.reason_data}
    return {"value": standing.state, "reason": standing.reason, **data, "timestamp": stamp(standing.at)}


def _configuration(configuration: Configuration) -> dict[str, Any]:
    request = configuration.request
    described = {"description": request["AlarmDescription"]} if request.get("AlarmDescription") else {}
    if not isinstance(configuration, MetricAlarm):
        return {**described, "alarmRule": request["AlarmRule"]}
    return {**described, "metrics": [_metric(query) for query in _queries(configuration)]}


def _queries(alarm: MetricAlarm) -> list[Mapping[str, Any]]:
    """As requested, or as if the single metric had been requested like that."""
    if alarm.metric is None:
        return list(alarm.request["Metrics"])
    metric = alarm.metric
    stat = {"Metric": metric.metric.describe(), "Period": metric.period, "Stat": metric.statistic_name}
    unit = {"Unit": metric.unit} if metric.unit else {}
    return [{"Id": str(uuid.uuid5(_NAMESPACE, f"{alarm.name}/{SINGLE}")), "MetricStat": {**stat, **unit}}]


def _metric(query: Mapping[str, Any]) -> dict[str, Any]:
    shown = {"id": query["Id"], "returnData": bool(query.get("ReturnData", True))}
    if query.get("Label"):
        shown["label"] = query["Label"]
    if "MetricStat" not in query:
        return {**shown, "expression": query["Expression"]}
    stat = query["MetricStat"]
    metric = {
        "namespace": stat["Metric"]["Namespace"],
        "name": stat["Metric"]["MetricName"],
        "dimensions": {one["Name"]: one["Value"] for one in stat["Metric"].get("Dimensions") or ()},
    }
    unit = {"unit": stat["Unit"]} if stat.get("Unit") else {}
    return {**shown, "metricStat": {"metric": metric, "period": int(stat["Period"]), "stat": stat["Stat"], **unit}}


def _trigger(request: Mapping[str, Any]) -> dict[str, Any]:
    names = ("EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator", "Threshold", "TreatMissingData")
    trigger = {name: request[name] for name in names if name in request}
    if "Metrics" in request:
        return {**trigger, "Metrics": list(request["Metrics"])}
    metric = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Unit", "Period")
    dimensions = [{"name": one["Name"], "value": one["Value"]} for one in request.get("Dimensions") or ()]
    return {**trigger, **{name: request[name] for name in metric if name in request}, "Dimensions": dimensions}


def state_update(change: Change) -> dict[str, Any]:
    """The HistoryData of a StateUpdate."""
    return {"version": "1.0", "oldState": _told(change.before), "newState": _told(change.after)}


def _told(standing: Standing) -> dict[str, Any]:
    data = {} if standing.reason_data is None else {"stateReasonData": json.loads(standing.reason_data)}
    return {"stateValue": standing.state, "stateReason": standing.reason, **data}
