"""A deploy never reverts a release: the same proof an operator would ask for, in answers, weights and configs."""

import json
import shutil
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.deployments import ROOT, Deployment, lay_out, sluice_up, until
from tests.end_to_end.test_prediction import client
from tests.end_to_end.traffic import ask_for, variants

ENDPOINT = "sluice-flights"
ROUTING_SECONDS = 5
RELEASED = f"{ENDPOINT}-released-by-hand"  # the custom resource may read configs of this prefix only


@pytest.fixture
def own_deployment(tmp_path: Path) -> Iterator[Deployment]:
    with sluice_up(lay_out(tmp_path, (ROOT / "sluice.yaml").read_text(encoding="utf-8"))) as running:
        yield running


def release_a_third_version(deployment: Deployment) -> str:
    """Put another model into the challenger slot at run time, as a release does; return its name."""
    sagemaker = client(deployment, "sagemaker")
    config = live_config(sagemaker)
    name = "flights-third"
    declared = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=declared["ExecutionRoleArn"],
        PrimaryContainer={
            "Image": declared["PrimaryContainer"]["Image"],
            "ModelDataUrl": upload_third_version(deployment),
        },
    )
    variants_with_it = [
        {**variant, "ModelName": name} if variant["VariantName"] == "challenger" else variant
        for variant in config["ProductionVariants"]
    ]
    sagemaker.create_endpoint_config(
        EndpointConfigName=RELEASED,
        ProductionVariants=variants_with_it,
        DataCaptureConfig=config["DataCaptureConfig"],
    )
    sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=RELEASED, RetainAllVariantProperties=True)
    until(lambda: is_serving(sagemaker, RELEASED), seconds=60, what="the release")
    return name


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
    return "s3://released/third/model.tar.gz"


def live_config(sagemaker: Any) -> Any:
    name = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    return sagemaker.describe_endpoint_config(EndpointConfigName=name)


def is_serving(sagemaker: Any, config: str) -> bool:
    endpoint = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    return bool(endpoint["EndpointStatus"] == "InService" and endpoint["EndpointConfigName"] == config)


def versions(deployment: Deployment) -> set[tuple[str, str]]:
    answers = ask_for(deployment, [f"unit-{number}" for number in range(60)])
    return set(zip(variants(answers), (answer.headers["x-sluice-model-version"] for answer in answers), strict=True))


def test_another_instance_type_is_deployed_around_the_live_models_and_weights(own_deployment: Deployment) -> None:
    released = release_a_third_version(own_deployment)
    own_deployment.run("sluice", "weights", "champion=60", "challenger=40")
    settings = own_deployment.folder / "sluice.yaml"
    settings.write_text(settings.read_text().replace("ml.g6.xlarge", "ml.g6.2xlarge"))

    own_deployment.run("sluice", "deploy")
    time.sleep(ROUTING_SECONDS + 0.5)

    config = live_config(client(own_deployment, "sagemaker"))
    served = {variant["VariantName"]: variant for variant in config["ProductionVariants"]}
    assert {variant["InstanceType"] for variant in served.values()} == {"ml.g6.2xlarge"}
    assert served["challenger"]["ModelName"] == released
    (status,) = own_deployment.json("status")
    weights = {each["variant"]: (each["weight"], each["endpoint_weight"]) for each in status["variants"]}
    assert weights == {"champion": (60, 60.0), "challenger": (40, 40.0)}
    assert versions(own_deployment) == {("champion", "1"), ("challenger", "3")}
