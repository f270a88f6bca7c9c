"""A deploy never reverts a release: the same proof an operator would ask for, in answers, weights and configs."""

import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.end_to_end.deployments import ROOT, TWO_VARIANTS, Deployment, lay_out, sluice_up, until
from tests.end_to_end.test_prediction import client
from tests.end_to_end.traffic import ask_for, variants

pytestmark = pytest.mark.ci

ENDPOINT = "sluice-flights"
ARTIFACT = "s3://released/third/model.tar.gz"
RELEASED = f"{ENDPOINT}-by-hand"  # the custom resource may read configs of this prefix only


@pytest.fixture
def own_deployment(tmp_path: Path) -> Iterator[Deployment]:
    with sluice_up(lay_out(tmp_path, TWO_VARIANTS)) as running:
        yield running


def release_a_third_version(deployment: Deployment) -> None:
    """Put another version into the challenger slot at run time, as a release does."""
    sagemaker = client(deployment, "sagemaker")
    config = live_config(sagemaker)
    declared = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    sagemaker.create_model(
        ModelName=RELEASED,
        ExecutionRoleArn=declared["ExecutionRoleArn"],
        PrimaryContainer={
            "Image": declared["PrimaryContainer"]["Image"],
            "ModelDataUrl": upload_third_version(deployment),
        },
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName=RELEASED,
        ProductionVariants=[
            {**variant, "ModelName": RELEASED} if variant["VariantName"] == "challenger" else variant
            for variant in config["ProductionVariants"]
        ],
        DataCaptureConfig=config["DataCaptureConfig"],
    )
    sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=RELEASED, RetainAllVariantProperties=True)
    until(lambda: is_serving(sagemaker, RELEASED), seconds=60, what="the release")
    deployment.run("sluice", "weights", "champion=60", "challenger=40")


def upload_third_version(deployment: Deployment) -> str:
    third = deployment.folder / "third"
    shutil.copytree(ROOT / "build/flights/v1", third)
    signature = json.loads((third / "signature.json").read_text(encoding="utf-8"))
    (third / "signature.json").write_text(json.dumps({**signature, "version": "3"}), encoding="utf-8")
    archive = deployment.folder / "third.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for file in third.iterdir():
            tar.add(file, arcname=file.name)
    s3 = client(deployment, "s3")
    s3.create_bucket(Bucket="released")
    s3.upload_file(str(archive), "released", "third/model.tar.gz")
    return ARTIFACT


def live_config(sagemaker: Any) -> Any:
    name = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    return sagemaker.describe_endpoint_config(EndpointConfigName=name)


def is_serving(sagemaker: Any, config: str) -> bool:
    endpoint = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    return bool(endpoint["EndpointStatus"] == "InService" and endpoint["EndpointConfigName"] == config)


def versions(deployment: Deployment) -> set[tuple[str, str]]:
    answers = ask_for(deployment, [f"unit-{number}" for number in range(60)])
    return set(zip(variants(answers), (answer.headers["x-sluice-model-version"] for answer in answers), strict=True))


def change_instance_type(deployment: Deployment) -> None:
    settings = deployment.folder / "sluice.yaml"
    settings.write_text(settings.read_text().replace("ml.g6.xlarge", "ml.g6.2xlarge"))


def assert_the_release_is_live(deployment: Deployment, *, instance_type: str) -> None:
    """In the config, in the artifacts, in the weights and in the answers."""
    sagemaker = client(deployment, "sagemaker")
    config = live_config(sagemaker)
    served = {variant["VariantName"]: variant for variant in config["ProductionVariants"]}
    assert {variant["InstanceType"] for variant in served.values()} == {instance_type}
    challenger = sagemaker.describe_model(ModelName=served["challenger"]["ModelName"])["PrimaryContainer"]
    assert challenger["ModelDataUrl"] == ARTIFACT
    (status,) = deployment.json("status")
    weights = {each["variant"]: (each["weight"], each["endpoint_weight"]) for each in status["variants"]}
    assert weights == {"champion": (60, 60.0), "challenger": (40, 40.0)}
    assert versions(deployment) == {("champion", "1"), ("challenger", "3")}


def assert_nothing_was_denied(deployment: Deployment) -> None:
    logs = (deployment.folder / ".sluice/logs/permissions").glob("*.jsonl")
    asked = [json.loads(line) for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
    assert [(action, resource) for action, resource, granted in asked if not granted] == []


def test_a_deploy_goes_around_what_a_release_made_live_and_leaves_nothing_when_it_is_destroyed(
    own_deployment: Deployment,
) -> None:
    release_a_third_version(own_deployment)
    change_instance_type(own_deployment)

    own_deployment.run("sluice", "deploy")

    assert_the_release_is_live(own_deployment, instance_type="ml.g6.2xlarge")
    destroy(own_deployment)
    assert_nothing_was_denied(own_deployment)
    sagemaker = client(own_deployment, "sagemaker")
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert [each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]] == [RELEASED]


def test_a_deploy_that_fails_goes_back_to_what_a_release_made_live(own_deployment: Deployment) -> None:
    release_a_third_version(own_deployment)
    change_instance_type(own_deployment)
    refuse_capacity(own_deployment)

    failed = own_deployment.run("sluice", "deploy", check=False)

    assert failed.returncode == 2
    assert "AWS::SageMaker::Endpoint" in failed.stderr
    until(lambda: stack_status(own_deployment) == "UPDATE_ROLLBACK_COMPLETE", seconds=60, what="the rollback")
    assert_the_release_is_live(own_deployment, instance_type="ml.g6.xlarge")
    assert_nothing_was_denied(own_deployment)


def refuse_capacity(deployment: Deployment) -> None:
    """SageMaker has no instances for the next fleet."""
    fault = {"endpoint": ENDPOINT, "kind": "capacity", "count": 1}
    url = f"{deployment.environment['AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME']}/_sluice/faults"
    assert urllib3.request("POST", url, json=fault).status < 300


def stack_status(deployment: Deployment) -> str:
    found = client(deployment, "cloudformation").describe_stacks(StackName="sluice-serving")
    return str(found["Stacks"][0]["StackStatus"])


def destroy(deployment: Deployment) -> None:
    """Delete the stacks in the order `cdk destroy` does."""
    cloudformation = client(deployment, "cloudformation")
    for stack in ("observability", "release", "monitoring", "feedback", "api", "serving", "state"):
        name = f"sluice-{stack}"
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
