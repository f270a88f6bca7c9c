"""Which of moto's operations on alarms are replaced, and by what?

moto 5.2.5 never evaluates an alarm, has no PutCompositeAlarm, DescribeAlarmHistory or mute rules, and takes one filter
of DescribeAlarms for all (RUN). Its tags are kept.
"""

import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from typing import Any

from moto.cloudwatch.exceptions import (
    CloudWatchException,
    InvalidFormat,
    ResourceNotFound,
    ResourceNotFoundException,
    ValidationError,
)
from moto.cloudwatch.models import cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from local_cloud.alarms.book import Book
from local_cloud.alarms.configuration import CompositeAlarm, MetricAlarm
from local_cloud.alarms.description import InvalidToken, alarm_kinds, describe_alarms, page_of
from local_cloud.alarms.history import Happening, Wanted
from local_cloud.alarms.mute import MuteRule
from local_cloud.alarms.reading import check
from local_cloud.alarms.state import AlarmRefused, AlarmState, Standing, name_of
from local_cloud.context import ACCOUNT, REGION, Clock
from local_cloud.functions.replaced import provided
from local_cloud.metrics.store import utc

Request = Mapping[str, Any]
_OPERATIONS = (
    "delete_alarm_mute_rule",
    "delete_alarms",
    "describe_alarm_history",
    "describe_alarms",
    "describe_alarms_for_metric",
    "disable_alarm_actions",
    "enable_alarm_actions",
    "get_alarm_mute_rule",
    "list_alarm_mute_rules",
    "put_alarm_mute_rule",
    "put_composite_alarm",
    "put_metric_alarm",
    "set_alarm_state",
)


class InvalidNextToken(CloudWatchException):  # type: ignore[misc]  # untyped
    """As CloudWatch calls it."""

    code = "InvalidNextToken"


@contextmanager
def install_alarms(book: Book, clock: Clock) -> Iterator[None]:
    """Alarms are those of the book, in this process, until the context ends."""
    operations = _Operations(book, clock)
    with ExitStack() as hooks:
        for name in _OPERATIONS:
            hooks.enter_context(provided(CloudWatchResponse, name, _handler(getattr(operations, name))))
        yield


def kept_alarms() -> MutableMapping[str, Any]:
    """Where moto keeps alarms."""
    kept: MutableMapping[str, Any] = _backend().alarms
    return kept


def _backend() -> Any:
    return cloudwatch_backends[ACCOUNT][REGION]


def _handler(perform: Callable[[Request], dict[str, Any] | None]) -> Callable[[Any], ActionResult]:
    def handle(response: Any) -> ActionResult:
        try:
            return ActionResult(perform(response.params) or {})
        except AlarmRefused as refused:
            raise ValidationError(str(refused)) from refused
        except InvalidToken as wrong:
            raise InvalidNextToken(str(wrong)) from wrong

    return handle


class _Operations:
    """As moto's server calls them."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def put_metric_alarm(self, request: Request) -> None:
        alarm = MetricAlarm.from_request(request)
        check(alarm)
        self._put(alarm, request)

    def put_composite_alarm(self, request: Request) -> None:
        self._put(CompositeAlarm.from_request(request), request)

    def delete_alarms(self, request: Request) -> None:
        self._book.delete(request["AlarmNames"], now=self._clock.now())

    def describe_alarms(self, request: Request) -> dict[str, Any]:
        return describe_alarms(request, self._book.alarms())

    def describe_alarms_for_metric(self, request: Request) -> dict[str, Any]:
        wanted = {key: request.get(key) or None for key in ("MetricName", "Namespace", "Dimensions")}
        found = [alarm.describe() for alarm in self._book.alarms()]
        return {
            "MetricAlarms": [
                alarm for alarm in found if all((alarm.get(key) or None) == value for key, value in wanted.items())
            ]
        }

    def describe_alarm_history(self, request: Request) -> dict[str, Any]:
        since, until = (utc(request[name]) if request.get(name) else None for name in ("StartDate", "EndDate"))
        happening = Happening(request["HistoryItemType"]) if request.get("HistoryItemType") else None
        named = self._book.find(request.get("AlarmName") or "")
        kinds = frozenset({named.kind}) if named and not request.get("AlarmTypes") else alarm_kinds(request)
        wanted = Wanted(request.get("AlarmName"), kinds, happening, since, until)
        newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        page, token = page_of(self._book.history.find(wanted, newest_first=newest_first), request)
        return {"AlarmHistoryItems": [item.describe() for item in page], **token}

    def set_alarm_state(self, request: Request) -> None:
        alarm = self._book.find(name_of(request["AlarmName"]))
        if alarm is None:
            raise ResourceNotFound("The alarm does not exist.")
        data = request.get("StateReasonData")
        try:
            json.loads(data or "{}")
            state = AlarmState(request["StateValue"])
        except json.JSONDecodeError as wrong:
            raise InvalidFormat("StateReasonData is not JSON.") from wrong
        except ValueError as wrong:
            raise AlarmRefused(f"There is no state {request['StateValue']}.") from wrong
        self._book.set_state(alarm, Standing(state, request["StateReason"], data, self._clock.now()))

    def enable_alarm_actions(self, request: Request) -> None:
        self._book.switch_actions(request["AlarmNames"], enabled=True)

    def disable_alarm_actions(self, request: Request) -> None:
        self._book.switch_actions(request["AlarmNames"], enabled=False)

    def put_alarm_mute_rule(self, request: Request) -> None:
        rule = MuteRule.from_request(request, now=self._clock.now())
        self._book.put_mute_rule(rule)

    def delete_alarm_mute_rule(self, request: Request) -> None:
        self._book.delete_mute_rule(request["AlarmMuteRuleName"])

    def get_alarm_mute_rule(self, request: Request) -> dict[str, Any]:
        rule = self._book.mute_rules.get(request["AlarmMuteRuleName"])
        if rule is None:
            raise ResourceNotFoundException("The mute rule does not exist.")
        return {**rule.request, **self._summary(rule)}

    def list_alarm_mute_rules(self, request: Request) -> dict[str, Any]:
        rules = [rule for _, rule in sorted(self._book.mute_rules.items())]
        if request.get("AlarmName"):
            rules = [rule for rule in rules if request["AlarmName"] in rule.targets]
        found = [self._summary(rule) for rule in rules]
        if request.get("Statuses"):
            found = [one for one in found if one["Status"] in request["Statuses"]]
        page, token = page_of(found, request)
        return {"AlarmMuteRuleSummaries": list(page), **token}

    def _put(self, configuration: MetricAlarm | CompositeAlarm, request: Request) -> None:
        alarm = self._book.put(configuration, now=self._clock.now())
        if request.get("Tags"):
            _backend().tagger.tag_resource(alarm.alarm_arn, list(request["Tags"]))

    def _summary(self, rule: MuteRule) -> dict[str, Any]:
        expires = {} if rule.expires is None else {"ExpireDate": rule.expires}
        status = rule.status(self._clock.now())
        return {"AlarmMuteRuleArn": rule.arn, "Status": status, "LastUpdatedTimestamp": rule.updated, **expires}
