"""Endpoints at a given moment, without processes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from local_cloud.sagemaker import transitions
from local_cloud.sagemaker.config import EndpointConfig
from local_cloud.sagemaker.endpoint import Endpoint

T0 = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def a_config(name: str = "config", *, count: int = 1, shadow: bool = False, **weights: float) -> EndpointConfig:
    def variant(slot: str, weight: float) -> dict[str, Any]:
        return {
            "VariantName": slot,
            "ModelName": "model",
            "InstanceType": "ml.g6.xlarge",
            "InitialVariantWeight": weight,
            "InitialInstanceCount": count,
        }

    production = [variant(slot, weight) for slot, weight in (weights or {"champion": 1.0}).items()]
    request: dict[str, Any] = {"EndpointConfigName": name, "ProductionVariants": production}
    return EndpointConfig.from_request(
        {**request, "ShadowProductionVariants": [variant("shadow", 1)]} if shadow else request
    )


def an_endpoint(config: EndpointConfig | None = None, deployment: Mapping[str, Any] | None = None) -> Endpoint:
    """In service since two seconds."""
    endpoint = transitions.create("flights", config or a_config(), deployment, now=at(-3))
    return later(all_ready(endpoint, now=at(-3)), -2)


def all_ready(endpoint: Endpoint, *, now: datetime) -> Endpoint:
    """Every variant of the new fleet passed /ping."""
    assert endpoint.deployment is not None
    fleet = endpoint.deployment.fleet
    for spec in fleet.config.processes:
        endpoint = transitions.variant_ready(endpoint, fleet.number, spec.name, now=now)
    return endpoint


def later(endpoint: Endpoint, seconds: float) -> Endpoint:
    found = transitions.elapse(endpoint, now=at(seconds))
    assert found is not None
    return found


def blue_green(kind: str, wait: int, size: int = 0, *, bake: int = 0, **others: Any) -> dict[str, Any]:
    routing: dict[str, Any] = {"Type": kind, "WaitIntervalInSeconds": wait}
    field = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(kind)
    if field:
        routing[field] = {"Type": "CAPACITY_PERCENT", "Value": size}
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": bake, **others}
    return {"BlueGreenUpdatePolicy": policy}


def rolling(size: int, wait: int) -> dict[str, Any]:
    batch = {"Type": "CAPACITY_PERCENT", "Value": size}
    policy = {"MaximumBatchSize": batch, "WaitIntervalInSeconds": wait, "MaximumExecutionTimeoutInSeconds": 600}
    return {"RollingUpdatePolicy": policy}
