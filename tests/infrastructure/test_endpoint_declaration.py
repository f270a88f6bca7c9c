"""What sluice.yaml says about drivers and updates is said to SageMaker, within its limits."""

from pathlib import Path
from typing import Any

import pytest

from cdk.endpoint_declaration import endpoint_properties, shape
from sluice.settings.deployment import Model, Variant
from sluice.settings.endpoint import Endpoint, Update

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ours:1"


@pytest.mark.parametrize(
    ("endpoint", "ami"),
    [
        (Endpoint(), "al2023-ami-sagemaker-inference-gpu-4-1"),
        (Endpoint(instance_type="ml.c7i.large"), None),
        (Endpoint(image=IMAGE), None),
        (Endpoint(image=IMAGE, ami="al2-ami-sagemaker-inference-gpu-3-1"), "al2-ami-sagemaker-inference-gpu-3-1"),
    ],
    ids=["ours on a GPU", "ours on a CPU", "theirs", "theirs with drivers"],
)
def test_the_drivers_are_ours_for_our_image_alone(endpoint: Endpoint, ami: str | None) -> None:
    assert shape(endpoint).get("InferenceAmiVersion") == ami


def policy_of(update: Update, *, startup_timeout_seconds: int = 600) -> dict[str, Any]:
    endpoint = Endpoint(instances=4, startup_timeout_seconds=startup_timeout_seconds)
    champion = Variant(artifact=Path("v1"), weight=100)
    model = Model(variants={"champion": champion}, endpoint=endpoint, update=update)
    (policy,) = endpoint_properties("sluice-flights", model)["DeploymentConfig"].values()
    return dict(policy)


@pytest.mark.parametrize(
    ("update", "seconds"),
    [
        (Update(strategy="canary", step_percent=10, wait_seconds=300), 2 * 300 + 2400),
        (Update(strategy="linear", step_percent=30, wait_seconds=300), 4 * 300 + 2400),
        (Update(strategy="linear", step_percent=50, wait_seconds=0), 2400),
        (Update(strategy="rolling", step_percent=25, wait_seconds=300), 4 * (300 + 2400)),
        (Update(strategy="rolling", step_percent=5, wait_seconds=0), 28_800),
    ],
    ids=lambda value: value.strategy if isinstance(value, Update) else str(value),
)
def test_an_update_has_time_for_its_waits_and_for_starting_instances(update: Update, seconds: int) -> None:
    assert policy_of(update)["MaximumExecutionTimeoutInSeconds"] == seconds


def test_the_longest_update_still_has_more_time_than_its_waits() -> None:
    longest = Update(strategy="linear", step_percent=13, wait_seconds=3150)

    policy = policy_of(longest, startup_timeout_seconds=3600)

    assert policy["MaximumExecutionTimeoutInSeconds"] == 28_800 > longest.waits_seconds


def test_containers_that_start_slowly_get_more_time() -> None:
    canary = Update(strategy="canary")

    slow, quick = (policy_of(canary, startup_timeout_seconds=seconds) for seconds in (3600, 60))

    assert slow["MaximumExecutionTimeoutInSeconds"] - quick["MaximumExecutionTimeoutInSeconds"] == 3540
