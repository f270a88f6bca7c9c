"""What does a look see? The endpoint, the routing table and the alarms, as they are now."""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.domain.routing import Routing


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that is in ALARM and not muted.

    Attributes:
        name: Of the CloudWatch alarm.
        slot: The variant it watches.
        reason: In CloudWatch's words.

    """

    name: str
    slot: str
    reason: str


@dataclass(frozen=True, slots=True)
class Observed:
    """One look.

    Attributes:
        status: ``EndpointStatus`` of SageMaker.
        is_changing: Whether SageMaker would refuse a change now and may accept it later.
        failure_reason: Why the last change failed, if it did; such an endpoint may well be InService.
        artifacts: S3 URL of what is in each slot, a shadow included.
        weights: Traffic weights asked of the endpoint, by slot.
        is_routing_by_weights: Whether those weights are in effect.
        has_config: Whether the config that the endpoint serves by still exists; without it ``artifacts`` is what the
            records say.
        routing: The routing table.
        alarms: What is in ALARM.
        declared_slots: The slots sluice.yaml declares: they are not taken down.

    """

    status: str
    is_changing: bool
    failure_reason: str | None
    artifacts: Mapping[str, str]
    weights: Mapping[str, float]
    is_routing_by_weights: bool
    has_config: bool
    routing: Routing
    alarms: tuple[Alarm, ...] = ()
    declared_slots: frozenset[str] = frozenset({"champion"})
