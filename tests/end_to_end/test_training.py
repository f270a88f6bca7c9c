"""A deployment that trains: its pipeline, with the roles of the template, makes a version that can be released."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples.flights import data
from examples.flights.train import LABEL, examples
from sluice.aws.references import References
from tests.end_to_end.deployments import TWO_VARIANTS, Deployment, lay_out, sluice_up, until
from tests.end_to_end.test_feedback import table_of
from tests.end_to_end.test_prediction import client

pytestmark = pytest.mark.ci

PIPELINE = "sluice-flights-training"
TRAINING = """\
    training:
      program: examples.flights.train:train
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/training:1
      label: late
      hyperparameters: {like: "2"}
    gate: {latency_ratio: 20, batch_latency_ratio: 100, checks: checks.yaml} # a machine that others use, too
"""


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    settings = TWO_VARIANTS.replace("    variants:", f"{TRAINING}    variants:", 1)
    folder = lay_out(tmp_path_factory.mktemp("training"), settings)
    shutil.copy(Path(data.__file__).with_name("checks.yaml"), folder)
    with sluice_up(folder) as running:
        yield running


def put_rows(bucket: str, s3: Any, folder: Path) -> None:
    split = data.load()
    learnt = examples(split.training)
    for part, rows in {"train": learnt, "validation": learnt.head(100), "test": examples(split.validation)}.items():
        rows.rename(columns={LABEL: "late"}).to_parquet(folder / f"{part}.parquet", index=False)
        s3.upload_file(str(folder / f"{part}.parquet"), bucket, f"training/flights/first/{part}.parquet")


def test_the_deployed_pipeline_trains_judges_and_registers(training: Deployment, tmp_path: Path) -> None:
    sagemaker, s3 = client(training, "sagemaker"), client(training, "s3")
    bucket = next(each["Name"] for each in s3.list_buckets()["Buckets"] if "databucketdata" in each["Name"])
    put_rows(bucket, s3, tmp_path)
    variant = sagemaker.describe_endpoint(EndpointName="sluice-flights")["EndpointConfigName"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=variant)["ProductionVariants"]
    champion = next(each["ModelName"] for each in config if each["VariantName"] == "champion")
    archive = sagemaker.describe_model(ModelName=champion)["PrimaryContainer"]["ModelDataUrl"]
    sagemaker.create_model_package_group(ModelPackageGroupName="sluice-flights")
    given = {"Data": f"s3://{bucket}/training/flights/first", "Version": "3-retrained", "Champion": archive}

    execution = sagemaker.start_pipeline_execution(
        PipelineName=PIPELINE,
        PipelineParameters=[{"Name": name, "Value": value} for name, value in given.items()],
        ClientRequestToken="a" * 32,
    )["PipelineExecutionArn"]

    until(lambda: status(sagemaker, execution) != "Executing", seconds=120, what="the end of the execution")
    assert status(sagemaker, execution) == "Succeeded", failures(sagemaker, execution)
    (registered,) = training.json("models", "list")
    assert (registered["version"], registered["approval"]) == ("3-retrained", "PendingManualApproval")
    shown = training.run("sluice", "models", "show", "1").stdout
    assert "card.json" in shown
    judged = {each["of"]: each["verdict"] for each in card(training, registered["artifact"])["findings"]}
    assert judged[CHECK] == "pass"
    assert reference(training, "3-retrained") is None

    training.run("sluice", "models", "approve", "1", "--reason", "better on the holdout")

    until(lambda: reference(training, "3-retrained"), seconds=60, what="what its drift is judged by")


CHECK = "a-fair-early-morning-is-on-time"


def card(training: Deployment, archive: str) -> dict[str, Any]:
    """What the gate wrote beside an archive."""
    bucket, _, key = archive.removeprefix("s3://").partition("/")
    found = client(training, "s3").get_object(Bucket=bucket, Key=key.replace("model.tar.gz", "card.json"))
    read: dict[str, Any] = json.load(found["Body"])
    return read


def reference(training: Deployment, version: str) -> bytes | None:
    return References(client(training, "dynamodb"), table=table_of(training)).get("flights", version)


def status(sagemaker: Any, execution: str) -> str:
    return str(sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)["PipelineExecutionStatus"])


def failures(sagemaker: Any, execution: str) -> list[str]:
    listed = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)["PipelineExecutionSteps"]
    return [each.get("FailureReason", "") for each in listed]
