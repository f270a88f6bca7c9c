"""Which alarms of an endpoint's slots are in ALARM, and may they be heard?"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from botocore.config import Config

from sluice.aws.client import connect
from sluice.domain.alarm_name import slot_alarm, variant_alarms
from sluice.domain.rollout.observed import Alarm

_SLOT = re.compile(r"champion|challenger(-[2-9])?|shadow")
_KINDS = ("CompositeAlarm", "MetricAlarm")  # without this, DescribeAlarms gives metric alarms only
_MOST_A_PAGE = 100
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class EndpointAlarms:
    """The alarms of an endpoint.

    Attributes:
        firing: In ALARM and not muted, at most one a slot: the composite one where there is one.
        since: When each of those went into ALARM, by name; aware.
        guarding: Names of the metric alarms by slot, which deployment guardrails take.

    """

    firing: tuple[Alarm, ...]
    since: Mapping[str, datetime]
    guarding: Mapping[str, tuple[str, ...]]


class Alarms:
    """The alarms of this account and region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """In the environment's region."""
        return cls(connect("cloudwatch", Config(connect_timeout=5, read_timeout=20)))

    def of(self, endpoint: str) -> EndpointAlarms:
        """All alarms of an endpoint's slots, by one call as long as all are quiet."""
        pages = self._client.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=f"{endpoint}-", AlarmTypes=list(_KINDS), MaxRecords=_MOST_A_PAGE
        )
        found = [alarm for page in pages for kind in _KINDS for alarm in page.get(f"{kind}s", ())]
        by_name = {alarm["AlarmName"]: alarm for alarm in found}
        slots = sorted(_slots(endpoint, by_name))
        guarding = {slot: tuple(name for name in variant_alarms(endpoint, slot) if name in by_name) for slot in slots}
        firing = tuple(self._firing(endpoint, slots, by_name))
        return EndpointAlarms(firing, {alarm.name: _since(by_name[alarm.name]) for alarm in firing}, guarding)

    def _firing(self, endpoint: str, slots: Iterable[str], by_name: Mapping[str, Any]) -> Iterator[Alarm]:
        """A slot speaks with one voice: its composite alarm's; the metric alarms' where there is none."""
        for slot in slots:
            composite = by_name.get(slot_alarm(endpoint, slot))
            voices = [composite] if composite else [by_name[name] for name in _metric_alarms(endpoint, slot, by_name)]
            loud = [alarm for alarm in voices if alarm["StateValue"] == "ALARM" and not self._is_muted(alarm)]
            if loud:
                yield Alarm(loud[0]["AlarmName"], slot, loud[0].get("StateReason", "")[:_LONGEST_REASON])

    def _is_muted(self, alarm: Mapping[str, Any]) -> bool:
        """Whether its actions are switched off, for good or by a mute rule that is active now.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListAlarmMuteRules.html
        """
        if not alarm.get("ActionsEnabled", True):
            return True
        answer = self._client.list_alarm_mute_rules(AlarmName=alarm["AlarmName"], Statuses=["ACTIVE"])
        return bool(answer.get("AlarmMuteRuleSummaries"))


def _since(alarm: Mapping[str, Any]) -> datetime:
    since: datetime = alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"]
    return since


def _slots(endpoint: str, names: Iterable[str]) -> set[str]:
    """The slots that have an alarm; another endpoint's name may begin like this one's."""
    found = (_SLOT.match(name.removeprefix(f"{endpoint}-")) for name in names)
    slots = {match[0] for match in found if match}
    return {slot for slot in slots if slot_alarm(endpoint, slot) in names or _metric_alarms(endpoint, slot, names)}


def _metric_alarms(endpoint: str, slot: str, names: Iterable[str]) -> list[str]:
    there = set(names)
    return [name for name in variant_alarms(endpoint, slot) if name in there]
