"""What does PutMetricAlarm or PutCompositeAlarm ask for? What the local cloud cannot do is refused, never dropped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from local_cloud.alarms.evaluation import Criterion
from local_cloud.alarms.rule import Rule, parse_rule
from local_cloud.alarms.state import AlarmRefused, AlarmState, Comparison, MissingData
from local_cloud.metrics.query import InvalidQuery, MetricQuery, Query, parse_queries
from local_cloud.metrics.statistic import fewest_samples
from local_cloud.metrics.store import MINUTE

Request = Mapping[str, Any]
SINGLE = "m1"  # the id of the metric of an alarm that names just one
_HOUR, _DAY, _WEEK = 3600, 86_400, 604_800
_PERIODS = (10, 20, 30)
_OF_ONE_METRIC = ("MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
_UNKNOWN = ("EvaluationCriteria", "EvaluationInterval", "ActionConfiguration", "ThresholdMetricId")
_SUPPRESSION = ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")
_ACTIONS = {
    AlarmState.OK: "OKActions",
    AlarmState.ALARM: "AlarmActions",
    AlarmState.INSUFFICIENT_DATA: "InsufficientDataActions",
}


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How long an alarm waits for data; ``is_full`` waits to the end even when there are enough."""

    time: timedelta = timedelta(0)
    is_full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What both kinds of alarm have; ``request`` is what was put, without tags."""

    request: Request

    @property
    def name(self) -> str:
        """The alarm's."""
        return str(self.request["AlarmName"])

    def actions(self, state: AlarmState) -> list[str]:
        """The ARNs of what happens on entering a state."""
        return list(self.request.get(_ACTIONS[state]) or ())

    def describe(self) -> dict[str, Any]:
        """As DescribeAlarms tells it."""
        return {**{name: [] for name in _ACTIONS.values()}, "ActionsEnabled": True, **self.request}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricAlarm(Configuration):
    """An alarm on a metric, or on an expression over several.

    Attributes:
        queries: What to read; one of them is returned.
        period: Seconds a data point stands for.
        fewest_samples: With fewer in the evaluation periods the state is kept; 0 to evaluate always.

    """

    queries: tuple[Query, ...]
    period: int
    criterion: Criterion
    warm_up: WarmUp = field(default_factory=WarmUp)
    fewest_samples: float = 0.0

    @classmethod
    def from_request(cls, request: Request) -> "MetricAlarm":
        """Raises AlarmRefused."""
        request = {key: value for key, value in request.items() if key != "Tags"}
        _refuse(request, _UNKNOWN)
        if "WallClockWindow" in (request.get("EvaluationWindow") or {}):
            raise AlarmRefused("The local cloud evaluates sliding windows only.")
        try:
            queries = parse_queries(_queries(request))
        except InvalidQuery as wrong:
            raise AlarmRefused(str(wrong)) from wrong
        period = max((query.metric.period for query in queries if query.metric), default=0)
        criterion = _criterion(request, queries)
        _check_period(period, criterion)
        return cls(
            request=request,
            queries=tuple(queries),
            period=period,
            criterion=criterion,
            warm_up=_warm_up(request),
            fewest_samples=_fewest_samples(request),
        )

    @property
    def metric(self) -> MetricQuery | None:
        """The metric of an alarm that names just one."""
        return self.queries[0].metric if "MetricName" in self.request else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeAlarm(Configuration):
    """An alarm on other alarms."""

    rule: Rule

    @classmethod
    def from_request(cls, request: Request) -> "CompositeAlarm":
        """Raises AlarmRefused."""
        _refuse(request, (*_SUPPRESSION, "ActionConfiguration"))
        kept = {key: value for key, value in request.items() if key != "Tags"}
        return cls(request=kept, rule=parse_rule(request["AlarmRule"]))


def _refuse(request: Request, names: tuple[str, ...]) -> None:
    for name in names:
        if request.get(name) is not None:
            raise AlarmRefused(f"The local cloud knows no {name}.")


def _queries(request: Request) -> list[Request]:
    if ("MetricName" in request) == bool(request.get("Metrics")):
        raise AlarmRefused("An alarm needs either MetricName or Metrics.")
    if request.get("Metrics"):
        _refuse_beside(request)
        if sum(bool(query.get("ReturnData", True)) for query in request["Metrics"]) != 1:
            raise AlarmRefused("Exactly one element of the metrics list should return data.")
        return list(request["Metrics"])
    statistics = [request[name] for name in ("Statistic", "ExtendedStatistic") if request.get(name)]
    if len(statistics) != 1:
        raise AlarmRefused("An alarm needs either Statistic or ExtendedStatistic.")
    if not request.get("Namespace") or not request.get("Period"):
        raise AlarmRefused("An alarm on a metric needs Namespace and Period.")
    metric = {key: request[key] for key in ("Namespace", "MetricName", "Dimensions") if request.get(key)}
    stat = {"Metric": metric, "Period": request["Period"], "Stat": statistics[0], "Unit": request.get("Unit")}
    return [{"Id": SINGLE, "MetricStat": stat}]


def _refuse_beside(request: Request) -> None:
    beside = [name for name in _OF_ONE_METRIC if request.get(name)]
    if beside:
        raise AlarmRefused(f"Metrics cannot be combined with {beside[0]}.")
    if any(query.get("AccountId") for query in request["Metrics"]):
        raise AlarmRefused("The local cloud knows no other accounts.")


def _criterion(request: Request, queries: list[Query]) -> Criterion:
    if request.get("Threshold") is None or not request.get("EvaluationPeriods"):
        raise AlarmRefused("An alarm needs Threshold and EvaluationPeriods.")
    periods = int(request["EvaluationPeriods"])
    enough = int(request.get("DatapointsToAlarm") or periods)
    if not 1 <= enough <= periods:
        raise AlarmRefused("DatapointsToAlarm must be between 1 and EvaluationPeriods.")
    metrics = [query.metric.metric for query in queries if query.metric]
    is_of_dynamodb = any(metric.namespace == "AWS/DynamoDB" for metric in metrics)
    default = MissingData.IGNORE if is_of_dynamodb else MissingData.MISSING  # aws-facts E
    try:
        comparison = Comparison(request["ComparisonOperator"])
        missing = MissingData(request.get("TreatMissingData") or default)
    except (KeyError, ValueError) as wrong:
        raise AlarmRefused(
            f"ComparisonOperator or TreatMissingData is not one the local cloud knows: {wrong}"
        ) from wrong
    return Criterion(comparison, float(request["Threshold"]), periods, enough, missing)


def _check_period(period: int, criterion: Criterion) -> None:
    if period not in _PERIODS and (period < MINUTE or period % MINUTE):
        raise AlarmRefused("Period must be 10, 20, 30 or a multiple of 60.")
    longest = _WEEK if period >= _HOUR else _DAY
    if period * criterion.evaluation_periods > longest:
        raise AlarmRefused(f"Metrics cannot be checked across more than {longest} seconds.")


def _warm_up(request: Request) -> WarmUp:
    wanted = request.get("WarmUpConfiguration")
    if not wanted:
        return WarmUp()
    minutes = timedelta(minutes=int(wanted["WarmUpPeriodDurationInMinutes"]))
    return WarmUp(minutes, bool(wanted.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds", False)))


def _fewest_samples(request: Request) -> float:
    how = request.get("EvaluateLowSampleCountPercentile") or "evaluate"
    if how not in ("evaluate", "ignore"):
        raise AlarmRefused(f"EvaluateLowSampleCountPercentile is evaluate or ignore, not {how}.")
    return fewest_samples(request.get("ExtendedStatistic") or "") if how == "ignore" else 0.0
