"""In which state do its children put a composite alarm, and why?"""

import json
from collections.abc import Mapping
from datetime import datetime

from local_cloud.alarms.configuration import CompositeAlarm
from local_cloud.alarms.state import AlarmState, Standing, arn_of, stamp


def composite_standing(
    alarm: CompositeAlarm, standings: Mapping[str, Standing], cause: str, *, now: datetime
) -> Standing:
    """ALARM where the rule is true, else OK.

    Args:
        alarm: The composite alarm.
        standings: Of all alarms, by name.
        cause: The sentence about the child that changed, or what was done to the alarm itself (``was created``).
        now: When.

    """
    holds = alarm.rule.holds({name: one.state for name, one in standings.items()})
    state = AlarmState.ALARM if holds else AlarmState.OK
    reason = (
        f"{arn_of(alarm.name)} {cause} and its alarm rule evaluates to {state}" if cause.startswith("was ") else cause
    )
    triggering = [
        {"arn": arn_of(name), "state": {"value": standings[name].state, "timestamp": stamp(standings[name].at)}}
        for name in alarm.rule.children
        if name in standings
    ]
    return Standing(state, reason, json.dumps({"triggeringAlarms": triggering}, separators=(",", ":")), now)
