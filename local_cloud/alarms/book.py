"""All alarms and mute rules, and every way in which an alarm's state changes."""

import logging
import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_cloud.alarms.alarm import Alarm, told
from local_cloud.alarms.change import Change, state_update
from local_cloud.alarms.composite import composite_standing
from local_cloud.alarms.configuration import CompositeAlarm, MetricAlarm
from local_cloud.alarms.history import AlarmKind, Happening, History
from local_cloud.alarms.mute import MuteRule, mute_of
from local_cloud.alarms.reading import read, standing
from local_cloud.alarms.state import AlarmRefused, Standing
from local_cloud.metrics.query import InvalidQuery
from local_cloud.metrics.store import MINUTE, MetricStore

_log = logging.getLogger(__name__)
_SHORT = 10  # seconds between evaluations of an alarm with a period of less than a minute
#: How long after the end of a period its data points are taken to be there, in seconds.
_SETTLING = {MINUTE: 5, _SHORT: 1}


@dataclass(frozen=True, slots=True)
class Effects:
    """What is to happen beside the book when an alarm changes."""

    announce: Callable[[Change], None]
    act: Callable[[Change], None]


class Book:
    """Thread-safe.

    Attributes:
        history: What has happened.
        mute_rules: By name; replaced as a whole, never changed.

    """

    def __init__(self, kept: Callable[[], MutableMapping[str, Any]], store: MetricStore, effects: Effects) -> None:
        """`kept` gives the mapping by name in which alarms are kept: moto's, so that its tagging finds them."""
        self._kept = kept
        self._store = store
        self._effects = effects
        self._lock = threading.RLock()
        self.history = History()
        self.mute_rules: dict[str, MuteRule] = {}

    def alarms(self) -> list[Alarm]:
        """All alarms in the order of their names; those moto made for itself are none of ours."""
        with self._lock:
            return [alarm for _, alarm in sorted(self._kept().items()) if isinstance(alarm, Alarm)]

    def find(self, name: str) -> Alarm | None:
        """The alarm of that name."""
        found = self._kept().get(name)
        return found if isinstance(found, Alarm) else None

    def put(self, configuration: MetricAlarm | CompositeAlarm, *, now: datetime) -> Alarm:
        """Create the alarm, or change it and keep its state. Raises AlarmRefused."""
        with self._lock:
            known, verb = self.find(configuration.name), "updated"
            if isinstance(configuration, CompositeAlarm):
                self._check_children(configuration)
            alarm = known or Alarm.new(configuration, now=now)
            if known is None:
                self._kept()[alarm.name], verb = alarm, "created"
            elif type(known.configuration) is not type(configuration):
                raise AlarmRefused(f"{configuration.name} is an alarm of another kind.")
            alarm.configuration, alarm.configured, alarm.seen_until = configuration, now, 0
            summary = f'Alarm "{alarm.name}" {verb}'
            self._note(alarm, Happening.CONFIGURATION, (summary, {"type": verb, "alarm": told(configuration)}), now)
            if isinstance(configuration, CompositeAlarm):
                self._evaluate_composite(alarm, f"was {verb}", now, ())
            return alarm

    def delete(self, names: Sequence[str], *, now: datetime) -> None:
        """Delete those that exist. Raises AlarmRefused while a composite alarm that stays refers to one."""
        with self._lock:
            gone = {name: alarm for name in names if (alarm := self.find(name))}
            if sum(alarm.kind is AlarmKind.COMPOSITE for alarm in gone.values()) > 1:
                raise AlarmRefused("Only one composite alarm can be deleted at a time.")
            for parent in self._composites():
                needed = set(parent.rule.children) & gone.keys()
                if parent.name not in gone and needed:
                    raise AlarmRefused(f"Cannot delete {min(needed)} as {parent.name} depends on it.")
            for name, alarm in gone.items():
                self._note(alarm, Happening.CONFIGURATION, (f'Alarm "{name}" deleted', {"type": "deleted"}), now)
                del self._kept()[name]

    def set_state(self, alarm: Alarm, new: Standing) -> None:
        """Set it by hand, until data or children say otherwise."""
        with self._lock:
            self._enter(alarm, new, ())

    def switch_actions(self, names: Sequence[str], *, enabled: bool) -> None:
        """Enable or disable the actions of alarms."""
        with self._lock:
            for alarm in filter(None, map(self.find, names)):
                alarm.switch_actions(enabled=enabled)

    def put_mute_rule(self, rule: MuteRule) -> None:
        """Create or change it."""
        with self._lock:
            self.mute_rules = {**self.mute_rules, rule.name: rule}

    def delete_mute_rule(self, name: str) -> None:
        """Delete it, if there is one."""
        with self._lock:
            self.mute_rules = {key: rule for key, rule in self.mute_rules.items() if key != name}

    def look(self, alarm: Alarm, *, now: datetime) -> None:
        """Evaluate it if a period has come to its end, and catch up on actions whose mute window is over."""
        with self._lock:
            if isinstance(alarm.configuration, MetricAlarm) and self.find(alarm.name) is alarm:
                self._evaluate(alarm, alarm.configuration, now)
            if alarm.owed is not None and mute_of(alarm.name, self.mute_rules.values(), now) is None:
                owed, alarm.owed = alarm.owed, None
                self._effects.act(owed)

    def _evaluate(self, alarm: Alarm, configuration: MetricAlarm, now: datetime) -> None:
        every = MINUTE if configuration.period >= MINUTE else _SHORT
        until = int(now.timestamp() - _SETTLING[every]) // every * every
        if until <= alarm.seen_until:
            return
        alarm.seen_until = until
        try:
            reading = read(configuration, self._store, until=until)
        except InvalidQuery as wrong:
            _log.warning("alarm.unreadable alarm=%s %s", alarm.name, wrong)
            return
        warm = configuration.warm_up
        is_filled = reading.real >= configuration.criterion.evaluation_periods and not warm.is_full
        if now < alarm.created + warm.time and not is_filled:
            return
        found = standing(configuration, reading, alarm.standing.state, now=now)
        if found is not None and found.state is not alarm.standing.state:
            self._enter(alarm, found, ())

    def _evaluate_composite(self, alarm: Alarm, cause: str, now: datetime, path: tuple[str, ...]) -> None:
        if not isinstance(alarm.configuration, CompositeAlarm):
            return
        standings: Mapping[str, Standing] = {one.name: one.standing for one in self.alarms()}
        found = composite_standing(alarm.configuration, standings, cause, now=now)
        if found.state is not alarm.standing.state:
            self._enter(alarm, found, path)

    def _enter(self, alarm: Alarm, new: Standing, path: tuple[str, ...]) -> None:
        """The one place where an alarm's state changes; the same state anew is remembered, but nobody is told."""
        before, alarm.standing = alarm.standing, new
        if before.state is new.state:
            return
        alarm.transitioned, alarm.owed = new.at, None
        mute = mute_of(alarm.name, self.mute_rules.values(), new.at)
        change = Change(alarm.configuration, before, new, alarm.configured, mute)
        summary = f"Alarm updated from {before.state} to {new.state}"
        self._note(alarm, Happening.STATE, (summary, state_update(change)), new.at)
        self._effects.announce(change)
        if mute is None:
            self._effects.act(change)
        elif change.actions:
            alarm.owed = change
        self._tell_parents(alarm, new, (*path, alarm.name))

    def _tell_parents(self, child: Alarm, new: Standing, path: tuple[str, ...]) -> None:
        """A composite alarm that depends on itself is evaluated no further."""
        cause = f"{child.alarm_arn} transitioned to {new.state} at {new.at:%A %d %B, %Y %H:%M:%S} UTC"
        for name in [one.name for one in self._composites() if child.name in one.rule.children]:
            parent = self.find(name)
            if parent is not None and name not in path:
                self._evaluate_composite(parent, cause, new.at, path)

    def _composites(self) -> list[CompositeAlarm]:
        configurations = (alarm.configuration for alarm in self.alarms())
        return [one for one in configurations if isinstance(one, CompositeAlarm)]

    def _check_children(self, configuration: CompositeAlarm) -> None:
        missing = [name for name in configuration.rule.children if self.find(name) is None]
        if missing:
            raise AlarmRefused(
                f"Could not save the composite alarm as alarms {missing} in the alarm rule do not exist."
            )

    def _note(self, alarm: Alarm, happening: Happening, what: tuple[str, object], at: datetime) -> None:
        self.history.note((alarm.name, alarm.kind), happening, what, at=at)
