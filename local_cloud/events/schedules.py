"""When do scheduled rules and EventBridge Scheduler's schedules fire? By the cloud's clock, which may run fast."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from moto.events.models import EventsBackend, events_backends
from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, scheduler_backends

from local_cloud.context import ACCOUNT, REGION, Clock
from local_cloud.events.delivery import LOG, Delivery
from local_cloud.events.expression import Expression, InvalidExpression, parse
from local_cloud.events.inputs import schedule_input, scheduled_event
from local_cloud.events.rules import send_to_own_targets
from local_cloud.functions.replaced import replaced

#: Wall time between two looks; a schedule that is due several times in between fires once.
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class _Scheduled:
    """Something with a schedule expression, as it is now."""

    arn: str
    expression: str
    timezone: str
    fire: Callable[[datetime], None]
    start: datetime | None = None
    end: datetime | None = None


@dataclass(slots=True)
class _Waiting:
    """Since when we know a schedule, and when it is due."""

    expression: Expression
    anchor: datetime
    due: datetime | None


class Schedules:
    """A thread that fires whatever is due."""

    def __init__(self, delivery: Delivery, *, clock: Clock) -> None:
        self._delivery = delivery
        self._clock = clock
        self._waiting: dict[tuple[str, str, str], _Waiting] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)

    def start(self) -> None:
        """Begin; what is scheduled already counts from now."""
        self._thread.start()

    def stop(self) -> None:
        """Fire nothing any more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Fire what is due."""
        now = self._clock.now()
        scheduled = {(one.arn, one.expression, one.timezone): one for one in (*self._rules(), *self._schedules())}
        self._waiting = {key: waiting for key, waiting in self._waiting.items() if key in scheduled}
        for key, one in scheduled.items():
            waiting = self._waiting.get(key) or self._begin(key, one, now)
            if waiting.due is None or waiting.due > now:
                continue
            due, waiting.due = waiting.due, waiting.expression.next_after(now, waiting.anchor)
            if one.end is None or due <= one.end:
                one.fire(due)

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            try:
                self.look()
            except Exception:  # noqa: BLE001  the edge of a thread: one bad schedule must not stop the others for ever
                LOG.exception("schedules.look")

    def _begin(self, key: tuple[str, str, str], one: _Scheduled, now: datetime) -> _Waiting:
        expression = parse(one.expression, timezone=one.timezone)
        anchor = max(now, one.start or now)
        before_it_was_seen = anchor - timedelta(seconds=2 * _LOOK_SECONDS * self._clock.speed)
        self._waiting[key] = _Waiting(expression, anchor, expression.next_after(before_it_was_seen, anchor))
        return self._waiting[key]

    def _rules(self) -> Iterator[_Scheduled]:
        for rule in list(events_backends[ACCOUNT][REGION].event_buses["default"].rules.values()):
            if rule.scheduled_expression and rule.state != "DISABLED":
                yield _Scheduled(rule.arn, rule.scheduled_expression, "UTC", self._firing_rule(rule))

    def _firing_rule(self, rule: Any) -> Callable[[datetime], None]:
        return lambda due: send_to_own_targets(rule, scheduled_event("aws.events", rule.arn, due, {}), self._delivery)

    def _schedules(self) -> Iterator[_Scheduled]:
        for group in list(scheduler_backends[ACCOUNT][REGION].schedule_groups.values()):
            for schedule in list(group.schedules.values()):
                if schedule.state == "ENABLED":
                    yield _Scheduled(
                        schedule.arn,
                        schedule.schedule_expression,
                        schedule.schedule_expression_timezone,
                        self._firing_schedule(group, schedule),
                        start=_moment(schedule.start_date),
                        end=_moment(schedule.end_date),
                    )

    def _firing_schedule(self, group: Any, schedule: Any) -> Callable[[datetime], None]:
        def fire(due: datetime) -> None:
            self._delivery.send(schedule.target, schedule_input(schedule, due), source_arn=schedule.arn)
            is_once = schedule.schedule_expression.startswith("at(")
            if is_once and schedule.action_after_completion == "DELETE":
                group.schedules.pop(schedule.name, None)

        return fire


@contextmanager
def install_expressions() -> Iterator[None]:
    """A wrong expression is refused when it is declared; moto takes ``cron(nonsense)``."""
    with ExitStack() as hooks:
        for owner, name, field in (
            (EventsBackend, "put_rule", "scheduled_expression"),
            (EventBridgeSchedulerBackend, "create_schedule", "schedule_expression"),
            (EventBridgeSchedulerBackend, "update_schedule", "schedule_expression"),
        ):
            hooks.enter_context(replaced(owner, name, _checking(vars(owner)[name], field)))
        yield


def _checking(original: Callable[..., Any], field: str) -> Callable[..., Any]:
    @wraps(original)
    def declare(*arguments: Any, **named: Any) -> Any:
        try:
            if named.get(field):
                parse(named[field], timezone=named.get(f"{field}_timezone") or "UTC")
        except InvalidExpression as wrong:
            raise ValidationException(f"Invalid Schedule Expression {named[field]}: {wrong}.") from wrong
        return original(*arguments, **named)

    return declare


def _moment(stored: Any) -> datetime | None:
    """A date, which moto keeps as seconds since 1970."""
    return None if stored is None else datetime.fromtimestamp(float(stored), UTC)
