"""An alarm as it is kept: its configuration, where it stands, and when it was looked at."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from local_cloud.alarms.change import Change
from local_cloud.alarms.configuration import CompositeAlarm, Configuration, MetricAlarm
from local_cloud.alarms.history import AlarmKind
from local_cloud.alarms.state import AlarmState, Standing, arn_of

INITIAL = "Unchecked: Initial alarm creation"


@dataclass(slots=True, eq=False)
class Alarm:
    """Changed only by the book it is in.

    Attributes:
        created: When it was first put.
        configured: When it was last put.
        standing: Its state.
        transitioned: When its state last became another one.
        seen_until: Up to which second its data points were evaluated.
        owed: The change whose actions a mute rule has kept from happening.

    """

    configuration: MetricAlarm | CompositeAlarm
    created: datetime
    configured: datetime
    standing: Standing
    transitioned: datetime
    seen_until: int = 0
    owed: Change | None = field(default=None)

    @classmethod
    def new(cls, configuration: MetricAlarm | CompositeAlarm, *, now: datetime) -> "Alarm":
        """Before its first evaluation."""
        return cls(configuration, now, now, Standing(AlarmState.INSUFFICIENT_DATA, INITIAL, None, now), now)

    @property
    def kind(self) -> AlarmKind:
        """On metrics or on alarms."""
        return AlarmKind.COMPOSITE if isinstance(self.configuration, CompositeAlarm) else AlarmKind.METRIC

    @property
    def name(self) -> str:
        """Its name; moto's tagging asks for it."""
        return self.configuration.name

    @property
    def alarm_arn(self) -> str:
        """Its ARN, as moto's tagging calls it."""
        return arn_of(self.name)

    def switch_actions(self, *, enabled: bool) -> None:
        """Whether its actions happen."""
        request = {**self.configuration.request, "ActionsEnabled": enabled}
        self.configuration = replace(self.configuration, request=request)

    def describe(self) -> dict[str, Any]:
        """As DescribeAlarms tells it."""
        data = {} if self.standing.reason_data is None else {"StateReasonData": self.standing.reason_data}
        return {
            **self.configuration.describe(),
            "AlarmArn": self.alarm_arn,
            "AlarmConfigurationUpdatedTimestamp": self.configured,
            "StateValue": self.standing.state,
            "StateReason": self.standing.reason,
            **data,
            "StateUpdatedTimestamp": self.standing.at,
            "StateTransitionedTimestamp": self.transitioned,
        }


def told(configuration: Configuration) -> dict[str, Any]:
    """A configuration for the history."""
    return dict(configuration.describe())
