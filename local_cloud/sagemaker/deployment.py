"""By which steps does traffic move from the old fleet to the new one, and how long does each step bake?

Simplified against SageMaker in three ways. A fleet is one process per variant, so a step moves a share of the requests
where SageMaker moves a share of the instances (with one instance AWS's rounding is undocumented, aws-facts A3 UNSURE).
A rolling update keeps the old processes until its last batch, where SageMaker ends them batch by batch. On roll back
all traffic returns at once, whatever RollbackMaximumBatchSize says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local_cloud.sagemaker.config import EndpointConfig
from local_cloud.sagemaker.refusal import Refused

_WHOLE = 1.0
_HALF = 0.5
_TENTH = 0.1
_TWENTIETH = 0.05


@dataclass(frozen=True, slots=True)
class Step:
    """One move of traffic.

    Attributes:
        share: Of all requests, what the new fleet answers from here on; 0 to 1.
        bake: How long until the next move; after the last step: until the old fleet is ended.

    """

    share: float
    bake: timedelta


@dataclass(frozen=True, slots=True)
class Plan:
    """How one deployment goes.

    Attributes:
        steps: In order; the last one's share is 1.
        limit: MaximumExecutionTimeoutInSeconds, after which the update fails; None for no limit.
        alarms: Any of these in ALARM while the deployment runs rolls it back.
        is_rolling: Whether a roll back needs capacity that may be refused (UpdateRollbackFailed).

    """

    steps: tuple[Step, ...]
    limit: timedelta | None = None
    alarms: tuple[str, ...] = ()
    is_rolling: bool = False


ALL_AT_ONCE = Plan((Step(_WHOLE, timedelta(0)),))


def plan(deployment: Mapping[str, Any] | None, old: EndpointConfig, new: EndpointConfig) -> Plan:
    """The plan of an update from ``old`` to ``new`` under a DeploymentConfig.

    Without one: blue/green, all at once (aws-facts A3, BC:sagemaker/UpdateEndpoint). Raises Refused for what
    guardrails exclude: other variant names than before, rolling with several variants (aws-facts A3,
    D:.../deployment-guardrails-exclusions), both policies, sizes out of range, waits longer than the limit.
    """
    if not deployment:
        return ALL_AT_ONCE
    if {variant.name for variant in old.processes} != {variant.name for variant in new.processes}:
        raise Refused("Deployment guardrails need the new endpoint configuration to have the same variant names.")
    alarms = tuple(alarm["AlarmName"] for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", ()))
    rolling, blue_green = deployment.get("RollingUpdatePolicy"), deployment.get("BlueGreenUpdatePolicy")
    if rolling and blue_green:
        raise Refused("Specify BlueGreenUpdatePolicy or RollingUpdatePolicy in DeploymentConfig, not both.")
    steps = _rolling(rolling, old) if rolling else _blue_green(blue_green, old) if blue_green else ALL_AT_ONCE.steps
    return Plan(steps, _limit(rolling or blue_green or {}, steps), alarms, is_rolling=bool(rolling))


def _blue_green(policy: Mapping[str, Any], old: EndpointConfig) -> tuple[Step, ...]:
    """Canary is two steps, linear n; TerminationWaitInSeconds bakes after the last (aws-facts A3)."""
    routing = policy["TrafficRoutingConfiguration"]
    wait = timedelta(seconds=routing["WaitIntervalInSeconds"])
    bake = timedelta(seconds=policy.get("TerminationWaitInSeconds", 0))
    if routing["Type"] == "CANARY":
        return _steps(_share(routing, "CanarySize", old, least=0.0), wait, bake, most_steps=1)
    if routing["Type"] == "LINEAR":
        return _steps(_share(routing, "LinearStepSize", old, least=_TENTH), wait, bake)
    return (Step(_WHOLE, bake),)


def _rolling(policy: Mapping[str, Any], old: EndpointConfig) -> tuple[Step, ...]:
    if len(old.processes) > 1:
        raise Refused("Rolling deployments are not supported for endpoints with multiple production variants.")
    wait = timedelta(seconds=policy["WaitIntervalInSeconds"])
    return _steps(_share(policy, "MaximumBatchSize", old, least=_TWENTIETH), wait, wait)


def _steps(size: float, wait: timedelta, bake: timedelta, most_steps: int = 100) -> tuple[Step, ...]:
    """Steps of ``size`` until whole; at most ``most_steps`` of them before the last."""
    partial = [Step(size * (i + 1), wait) for i in range(most_steps) if size * (i + 1) < _WHOLE - size / 1000]
    return (*partial, Step(_WHOLE, bake))


def _share(policy: Mapping[str, Any], field: str, old: EndpointConfig, *, least: float) -> float:
    """A CapacitySize as a share of 1. INSTANCE_COUNT is taken of the variant with the fewest instances."""
    if field not in policy:
        raise Refused(f"{field} is required in this DeploymentConfig.")
    size = policy[field]
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else min(variant.instances for variant in old.variants)
    share: float = size["Value"] / whole
    if not least <= share <= _HALF:
        raise Refused(f"{field} must be between {least:.0%} and {_HALF:.0%} of the capacity, got {share:.0%}.")
    return share


def _limit(policy: Mapping[str, Any], steps: tuple[Step, ...]) -> timedelta | None:
    if "MaximumExecutionTimeoutInSeconds" not in policy:
        return None
    limit = timedelta(seconds=policy["MaximumExecutionTimeoutInSeconds"])
    waits = sum((step.bake for step in steps), timedelta(0))
    if limit <= waits:
        raise Refused(
            f"MaximumExecutionTimeoutInSeconds must exceed the summed waits of {waits.total_seconds():.0f} s."
        )
    return limit
