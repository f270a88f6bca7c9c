"""An endpoint in a stack: waited for, updated in place, and failed when SageMaker takes an update back in silence."""

from collections.abc import Iterator
from typing import Any

import pytest

from local_cloud.context import Clock, CloudContext
from local_cloud.sagemaker import SageMaker
from tests.functional.local_cloud.cloudformation_builders import ROLE, Stacks, a_cloud_with_stacks
from tests.functional.local_cloud.sagemaker_builders import ECHO, an_archive


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    home = tmp_path_factory.mktemp("cloud")
    with a_cloud_with_stacks(home) as running:
        sagemaker = SageMaker(CloudContext(running.context.aws_url, home, Clock(speed=20)), command=ECHO)
        try:
            sagemaker.install()
            sagemaker.start()
            s3 = running.context.client("s3")
            s3.create_bucket(Bucket="models")
            s3.put_object(Bucket="models", Key="model.tar.gz", Body=an_archive({"version": "v1"}))
            yield running
        finally:
            sagemaker.stop()


def an_endpoint(name: str, *, weight: float, retain: bool = False, **environment: str) -> dict[str, Any]:
    container = {"Image": "sluice", "ModelDataUrl": "s3://models/model.tar.gz", "Environment": environment}
    model = {"ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "PrimaryContainer": container}
    variants = [
        {
            "VariantName": variant,
            "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
            "InitialInstanceCount": 1,
            "InitialVariantWeight": each,
            "InstanceType": "ml.g6.xlarge",
        }
        for variant, each in (("champion", 100 - weight), ("challenger", weight))
    ]
    endpoint = {"EndpointName": name, "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}}
    return {
        "Role": ROLE,
        "Model": {"Type": "AWS::SageMaker::Model", "Properties": model},
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": variants}},
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {**endpoint, "RetainAllVariantProperties": retain},
        },
    }


def weights(stacks: Stacks, name: str) -> dict[str, float]:
    found = stacks.context.client("sagemaker").describe_endpoint(EndpointName=name)
    assert found["EndpointStatus"] == "InService"
    return {each["VariantName"]: each["CurrentWeight"] for each in found["ProductionVariants"]}


def test_the_stack_is_complete_when_the_endpoint_serves(stacks: Stacks) -> None:
    stack = stacks.put("serves", an_endpoint("serves", weight=10))

    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert weights(stacks, "serves") == {"champion": 90, "challenger": 10}
    assert stacks.physical("serves", "Endpoint").endswith(":endpoint/serves")
    assert stacks.delete("serves") == "DELETE_COMPLETE"


def test_a_replaced_config_updates_the_endpoint_before_the_old_config_goes(stacks: Stacks) -> None:
    stacks.put("moves", an_endpoint("moves", weight=10))

    stack = stacks.put("moves", an_endpoint("moves", weight=30))

    history = stacks.history("moves")
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert weights(stacks, "moves") == {"champion": 70, "challenger": 30}
    assert history.index("Endpoint UPDATE_COMPLETE") < history.index("Config DELETE_IN_PROGRESS")


def test_an_update_that_retains_leaves_the_weights_of_a_release(stacks: Stacks) -> None:
    stacks.put("retains", an_endpoint("retains", weight=10, retain=True))
    released = [{"VariantName": "challenger", "DesiredWeight": 60}, {"VariantName": "champion", "DesiredWeight": 40}]
    sagemaker = stacks.context.client("sagemaker")
    sagemaker.update_endpoint_weights_and_capacities(EndpointName="retains", DesiredWeightsAndCapacities=released)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="retains", WaiterConfig={"Delay": 1})

    stacks.put("retains", an_endpoint("retains", weight=20, retain=True))

    assert weights(stacks, "retains") == {"champion": 40, "challenger": 60}


def test_an_update_that_sagemaker_takes_back_fails_the_stack(stacks: Stacks) -> None:
    stacks.put("refuses", an_endpoint("refuses", weight=10))

    stack = stacks.put("refuses", an_endpoint("refuses", weight=10, NEVER_HEALTHY="1"))

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "ping" in stacks.reason("refuses", "Endpoint")
    assert weights(stacks, "refuses") == {"champion": 90, "challenger": 10}


def test_an_endpoint_that_never_serves_fails_the_stack_and_goes_away(stacks: Stacks) -> None:
    stack = stacks.put("never", an_endpoint("never", weight=10, NEVER_HEALTHY="1"))

    listed = stacks.context.client("sagemaker").list_endpoints(NameContains="never")["Endpoints"]
    assert (stack["StackStatus"], listed) == ("ROLLBACK_COMPLETE", [])
