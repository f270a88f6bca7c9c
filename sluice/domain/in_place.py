"""How does SageMaker itself replace the one variant of an endpoint, and take it back when an alarm fires?

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html. Its canary is a part of the
instances, so one instance has none. Waits are an hour at most.
"""

from collections.abc import Sequence
from typing import Any

_CANARY_PERCENT = 50
_FEWEST_INSTANCES = 2
_LONGEST_WAIT_SECONDS = 3600
_MOST_ALARMS = 10


def deployment_config(
    *, instances: int, canary_minutes: float, bake_minutes: float, alarms: Sequence[str]
) -> dict[str, Any]:
    """A ``DeploymentConfig``: half of the instances first, where there are two; then all, and the old ones kept warm.

    ``alarms`` are metric alarms; without one nothing is rolled back by itself.
    """
    bake, wait = _seconds(bake_minutes), _seconds(canary_minutes)
    if instances < _FEWEST_INSTANCES:
        routing: dict[str, Any] = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    else:
        size = {"Type": "CAPACITY_PERCENT", "Value": _CANARY_PERCENT}
        routing = {"Type": "CANARY", "CanarySize": size, "WaitIntervalInSeconds": wait}
    guarded = {"Alarms": [{"AlarmName": name} for name in alarms[:_MOST_ALARMS]]}
    return {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": bake},
        **({"AutoRollbackConfiguration": guarded} if alarms else {}),
    }


def _seconds(minutes: float) -> int:
    return min(round(minutes * 60), _LONGEST_WAIT_SECONDS)
