import importlib
import json
from typing import Any

import pytest

from tests.builders import a_custom_resource_event
from tests.loopback_server import LoopbackServer

pytestmark = pytest.mark.usefixtures("fresh_function")
ROLE = "arn:aws:iam::123456789012:role/model"
DECLARATION = {
    "variants": [
        {"name": "champion", "artifact": "s3://b/v1.tar.gz", "weight": 90},
        {"name": "challenger", "artifact": "s3://b/v2.tar.gz", "weight": 10},
    ],
    "image": "image:1",
    "model": {"ExecutionRoleArn": ROLE},
    "shape": {"InstanceType": "ml.g4dn.xlarge", "InitialInstanceCount": 1},
    "config": {},
}


@pytest.fixture
def sagemaker(aws: Any) -> Any:
    return aws("sagemaker")


def told(request_type: str, declaration: Any = DECLARATION, **more: str) -> dict[str, Any]:
    """What CloudFormation is told about a request."""
    with LoopbackServer() as server:
        properties = {"Endpoint": "sluice-flights", "Declaration": json.dumps(declaration)}
        event = {**a_custom_resource_event(request_type, server.url, **properties), **more}
        if request_type == "Update":
            event["OldResourceProperties"] = {**properties, "Declaration": json.dumps(DECLARATION)}
        importlib.import_module("lambdas.endpoint_config").handler(event, None)
    answer: dict[str, Any] = json.loads(server.seen[0].body)
    return answer


def served(sagemaker: Any, config: str) -> dict[str, tuple[str, str, float, str]]:
    """Artifact, image, weight and instance type by variant."""
    found = sagemaker.describe_endpoint_config(EndpointConfigName=config)
    return {variant["VariantName"]: _hosted(sagemaker, variant) for variant in found["ProductionVariants"]}


def _hosted(sagemaker: Any, variant: dict[str, Any]) -> tuple[str, str, float, str]:
    container = sagemaker.describe_model(ModelName=variant["ModelName"])["PrimaryContainer"]
    artifact = container["ModelDataUrl"].removeprefix("s3://b/").removesuffix(".tar.gz")
    return artifact, container["Image"], variant["InitialVariantWeight"], variant["InstanceType"]


def test_a_new_endpoint_gets_a_config_as_declared(sagemaker: Any) -> None:
    answer = told("Create")

    name = answer["PhysicalResourceId"]
    assert answer["Data"] == {"EndpointConfigName": name}
    assert served(sagemaker, name) == {
        "champion": ("v1", "image:1", 90.0, "ml.g4dn.xlarge"),
        "challenger": ("v2", "image:1", 10.0, "ml.g4dn.xlarge"),
    }


def test_the_same_request_twice_gives_the_same_config(sagemaker: Any) -> None:
    first, again = told("Create"), told("Create")

    assert first == again
    assert len(sagemaker.list_endpoint_configs()["EndpointConfigs"]) == 1


RELEASED = {**DECLARATION, "variants": [{"name": "champion", "artifact": "s3://b/v7.tar.gz", "weight": 100}]}


def test_a_deploy_carries_the_live_models_and_weights_into_the_new_shape_and_image(sagemaker: Any) -> None:
    live = told("Create", RELEASED)["PhysicalResourceId"]
    sagemaker.create_endpoint(EndpointName="sluice-flights", EndpointConfigName=live)
    shape = {"InstanceType": "ml.g4dn.2xlarge", "InitialInstanceCount": 1}

    answer = told("Update", {**DECLARATION, "shape": shape, "image": "image:2"}, PhysicalResourceId=live)

    assert answer["PhysicalResourceId"] != live
    assert served(sagemaker, answer["PhysicalResourceId"]) == {
        "champion": ("v7", "image:2", 100.0, "ml.g4dn.2xlarge"),
        "challenger": ("v2", "image:2", 0.0, "ml.g4dn.2xlarge"),
    }


def test_the_way_back_of_a_failed_deploy_serves_what_was_released_since(sagemaker: Any) -> None:
    declared = told("Create")["PhysicalResourceId"]
    released = told("Create", RELEASED)["PhysicalResourceId"]
    sagemaker.create_endpoint(EndpointName="sluice-flights", EndpointConfigName=released)
    shape = {"InstanceType": "ml.g4dn.2xlarge", "InitialInstanceCount": 1}

    told("Update", {**DECLARATION, "shape": shape}, PhysicalResourceId=declared)

    assert served(sagemaker, declared)["champion"] == ("v7", "image:1", 100.0, "ml.g4dn.xlarge")


def test_a_config_nobody_serves_is_deleted_and_a_live_one_kept(sagemaker: Any) -> None:
    live = told("Create")["PhysicalResourceId"]
    sagemaker.create_endpoint(EndpointName="sluice-flights", EndpointConfigName=live)
    newer = told(
        "Update", {**DECLARATION, "config": {"Tags": [{"Key": "team", "Value": "a"}]}}, PhysicalResourceId=live
    )

    assert told("Delete", PhysicalResourceId=live)["Status"] == "SUCCESS"
    assert told("Delete", PhysicalResourceId=newer["PhysicalResourceId"])["Status"] == "SUCCESS"

    names = [config["EndpointConfigName"] for config in sagemaker.list_endpoint_configs()["EndpointConfigs"]]
    assert names == [live]


@pytest.mark.usefixtures("sagemaker")
def test_what_could_not_be_created_can_be_deleted_so_that_a_rollback_ends() -> None:
    failed = told("Create", {"variants": []})

    answer = told("Delete", {"variants": []}, PhysicalResourceId=failed["PhysicalResourceId"])

    assert (failed["Status"], failed["Reason"]) == ("FAILED", "KeyError: 'image'")
    assert answer["Status"] == "SUCCESS"
