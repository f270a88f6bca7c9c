"""Why is a metric alarm in its state: the sentence, and the same as JSON, with the numbers in both.

Source: the samples of "Alarm events and EventBridge" and "Invoke a Lambda function from an alarm" in the CloudWatch
user guide; the sentences on missing data from memory.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from local_cloud.alarms.evaluation import Criterion, Judgement
from local_cloud.alarms.state import AlarmState, MissingData, stamp

Point = tuple[int, float]  # seconds since 1970, value


def reason_of(judgement: Judgement, points: Sequence[Point], criterion: Criterion, before: AlarmState) -> str:
    """The sentence for a judgement that has a state; `points` are those that decided, oldest first."""
    if judgement.state is AlarmState.INSUFFICIENT_DATA:
        count = criterion.evaluation_periods
        return f"Insufficient Data: {_many(count, 'datapoint')} {_were(count)} unknown."
    if not points:
        treated = "NonBreaching" if criterion.missing is MissingData.NOT_BREACHING else "Breaching"
        count = judgement.filled
        return (
            f"Threshold Crossed: no datapoints were received for {_many(count, 'period')} and "
            f"{_many(count, 'missing datapoint')} {_were(count)} treated as [{treated}]."
        )
    return _crossed(judgement, points, criterion, before)


def data_of(points: Sequence[Point], criterion: Criterion, *, period: int, now: datetime, **known: Any) -> str:
    """The JSON; `known` are ``statistic`` and ``unit`` of an alarm on a single metric."""
    found: dict[str, Any] = {"version": "1.0", "queryDate": stamp(now)}
    if points:
        found["startDate"] = stamp(_moment(points[0][0]))
    found |= {key: value for key, value in known.items() if value is not None}
    found |= {"period": period, "recentDatapoints": [value for _, value in points], "threshold": criterion.threshold}
    evaluated = [{"timestamp": stamp(_moment(second)), "value": value} for second, value in reversed(points)]
    return json.dumps({**found, "evaluatedDatapoints": evaluated}, separators=(",", ":"))


def _crossed(judgement: Judgement, points: Sequence[Point], criterion: Criterion, before: AlarmState) -> str:
    is_alarm = judgement.state is AlarmState.ALARM
    shown = [point for point in points if criterion.is_breached(point[1]) is is_alarm] or list(points)
    values = ", ".join(f"{value} ({_moment(second):%d/%m/%y %H:%M:%S})" for second, value in reversed(shown))
    verb = f"{_were(len(shown))}{'' if is_alarm else ' not'}"
    enough = criterion.datapoints_to_alarm
    least = enough if is_alarm else criterion.evaluation_periods - enough + 1
    filled = ""
    if judgement.filled and criterion.missing in (MissingData.BREACHING, MissingData.NOT_BREACHING):
        treated = "NonBreaching" if criterion.missing is MissingData.NOT_BREACHING else "Breaching"
        count = judgement.filled
        filled = f"; {_many(count, 'missing datapoint')} {_were(count)} treated as [{treated}]"
    return (
        f"Threshold Crossed: {len(shown)} out of the last {criterion.evaluation_periods} datapoints [{values}] {verb} "
        f"{criterion.comparison.words} the threshold ({criterion.threshold}){filled} "
        f"(minimum {_many(least, 'datapoint')} for {before} -> {judgement.state} transition)."
    )


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
