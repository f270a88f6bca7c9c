"""Alarms on a clock that stands still until a test moves it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from local_cloud.alarms.alarm import Alarm
from local_cloud.alarms.book import Book, Effects
from local_cloud.alarms.change import Change
from local_cloud.alarms.configuration import CompositeAlarm, MetricAlarm
from local_cloud.alarms.reading import check
from local_cloud.alarms.state import AlarmState, Standing
from local_cloud.metrics.samples import Samples
from local_cloud.metrics.store import Metric, MetricStore

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OK, ALARM = AlarmState.OK, AlarmState.ALARM
ERRORS = Metric("AWS/SageMaker", "Invocation5XXErrors", frozenset({("EndpointName", "flights")}))
TOPIC = "arn:aws:sns:us-east-1:123456789012:pager"


@dataclass
class Watched:
    """A book on a clock that stands still until a test moves it; minutes are counted from noon."""

    store: MetricStore = field(default_factory=MetricStore)
    now: datetime = NOON
    changes: list[Change] = field(default_factory=list)
    acted: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        kept: dict[str, Any] = {}
        self.book = Book(lambda: kept, self.store, Effects(self.changes.append, self.acted.append))

    def put(self, name: str = "errors", **over: Any) -> Alarm:
        alarm = MetricAlarm.from_request(a_request(name, **over))
        check(alarm)
        return self.book.put(alarm, now=self.now)

    def compose(self, name: str, rule: str, **over: Any) -> Alarm:
        request = {"AlarmName": name, "AlarmRule": rule, **over}
        return self.book.put(CompositeAlarm.from_request(request), now=self.now)

    def errors(self, minute: int, *values: float) -> None:
        self.store.put(ERRORS, Samples.of(values), at=NOON + minute * MINUTE, unit="None")

    def look(self, minute: float) -> None:
        """As of ten seconds after the minute."""
        self.now = NOON + minute * MINUTE + timedelta(seconds=10)
        for alarm in self.book.alarms():
            self.book.look(alarm, now=self.now)

    def set(self, alarm: Alarm, state: AlarmState) -> None:
        self.book.set_state(alarm, Standing(state, "by hand", None, self.now))

    @property
    def told(self) -> list[str]:
        return [f"{one.configuration.name} {one.before.state}>{one.after.state}" for one in self.changes]


def a_request(name: str = "errors", **over: Any) -> dict[str, Any]:
    request = {
        "AlarmName": name,
        "Namespace": ERRORS.namespace,
        "MetricName": ERRORS.name,
        "Dimensions": [{"Name": "EndpointName", "Value": "flights"}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 0.1,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [TOPIC],
        **over,
    }
    return {key: value for key, value in request.items() if value is not None}


def a_ratio(**over: Any) -> dict[str, Any]:
    """An alarm on the errors per request."""
    metric = {"Namespace": ERRORS.namespace, "Dimensions": [{"Name": "EndpointName", "Value": "flights"}]}
    read: list[dict[str, Any]] = [
        {"Id": "bad", "MetricStat": {"Metric": {**metric, "MetricName": ERRORS.name}, "Period": 60, "Stat": "Sum"}},
        {"Id": "all", "MetricStat": {"Metric": {**metric, "MetricName": "N"}, "Period": 60, "Stat": "Sum"}},
    ]
    expression = over.pop("Expression", "bad / all")
    returned = {"Id": "rate", "Label": "Error rate", "Expression": expression}
    metrics = [*({**one, "ReturnData": False} for one in read), returned]
    single = dict.fromkeys(("Namespace", "MetricName", "Dimensions", "Statistic", "Period"))
    return {"Metrics": metrics, **single, **over}
