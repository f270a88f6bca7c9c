"""A deployment that trains: its pipeline, with the roles of the template, makes a version that can be released."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from examples.flights import data
from examples.flights.stream import live_flights
from examples.flights.train import LABEL, examples
from local_cloud.iam.usage import Use, denied, unused
from sluice.aws.references import References
from tests.end_to_end.deployments import TWO_VARIANTS, Deployment, lay_out, sluice_up, until
from tests.end_to_end.test_feedback import CAPTURED_WITHIN, id_of, is_indexed, say, table_of
from tests.end_to_end.test_permissions import ALWAYS, FAILED, KEY, READING, WRITING, functions, statements, uses
from tests.end_to_end.test_prediction import client
from tests.end_to_end.traffic import ask_for, variants

pytestmark = pytest.mark.ci

FLIGHTS = 12
TRAINING = """\
    training:
      program: examples.flights.train:train
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/training:1
      label: late
      hyperparameters: {like: "2"}
      data: {since_days: 0.5, split: 74/5/21, history: 2013.parquet, history_time: scheduled_departure}
    retraining: {}
    gate: {latency_ratio: 20, batch_latency_ratio: 100, checks: examples/flights/checks.yaml} # others, too
"""
SAGEMAKER = "done by SageMaker itself, with the job's role"
UNUSED_TO_ASSEMBLE = {
    **dict.fromkeys(("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"), KEY),
    **dict.fromkeys(("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"), SAGEMAKER),
    **dict.fromkeys(("logs:PutLogEvents", "cloudwatch:PutMetricData", "s3:PutObject"), SAGEMAKER),
    **dict.fromkeys(("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage"), SAGEMAKER),
    **dict.fromkeys(("ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer"), SAGEMAKER),
}

UNUSED_TO_RETRAIN = {
    **ALWAYS,
    **READING,
    **WRITING,
    **FAILED,
    "dynamodb:Query": "reading the audit, of whatever kind of record",
    "sagemaker:DescribeProcessingJob": "when a step failed",
}


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    settings = TWO_VARIANTS.replace("    variants:", f"{TRAINING}    variants:", 1)
    with sluice_up(lay_out(tmp_path_factory.mktemp("training"), settings)) as running:
        yield running


def put_history(s3: Any, bucket: str, file: Path) -> int:
    """January to May, the last of which is what is judged by: the champion has not learnt from it; how many rows."""
    split = data.load()
    flights = pd.concat([split.training, split.validation])
    rows = examples(flights).rename(columns={LABEL: "late"})
    rows.assign(scheduled_departure=flights["scheduled_departure"]).to_parquet(file, index=False)
    s3.upload_file(str(file), bucket, "training/flights/2013.parquet")
    return len(rows)


def ask_and_say_what_became_of_it(deployment: Deployment) -> None:
    flights = [flight for flight in islice(live_flights(), 2 * FLIGHTS) if flight.label is not None][:FLIGHTS]
    bodies = [json.dumps({"instances": [flight.instance]}).encode() for flight in flights]
    answers = [ask_for(deployment, [flight.unit], body)[0] for flight, body in zip(flights, bodies, strict=True)]
    variants(answers)
    told = [
        {"prediction_id": id_of(answer), "label": flight.label, "name": "late"}
        for answer, flight in zip(answers, flights, strict=True)
    ]
    assert say(deployment, {"feedback": told})[0] == 202
    until(
        lambda: all(is_indexed(deployment, id_of(answer)) for answer in answers),
        seconds=CAPTURED_WITHIN,
        what="the index of the predictions",
    )


def test_the_deployed_pipeline_assembles_trains_judges_and_registers(training: Deployment, tmp_path: Path) -> None:
    sagemaker, s3 = client(training, "sagemaker"), client(training, "s3")
    bucket = next(each["Name"] for each in s3.list_buckets()["Buckets"] if "databucketdata" in each["Name"])
    history = put_history(s3, bucket, tmp_path / "2013.parquet")
    ask_and_say_what_became_of_it(training)

    retraining = training.json("retrain", "start", "--reason", "labels of May are in")
    execution, version = retraining["execution"], retraining["version"]

    until(lambda: status(sagemaker, execution) != "Executing", seconds=180, what="the end of the execution")
    assert status(sagemaker, execution) == "Succeeded", failures(sagemaker, execution)
    (registered,) = training.json("models", "list")
    assert (registered["version"], registered["approval"]) == (version, "PendingManualApproval")
    shown = training.run("sluice", "models", "show", "1").stdout
    folder = f"training/flights/data/{execution.rpartition('/')[2]}"
    assert "card.json" in shown
    assert "labels of May are in" in shown
    assert f"s3://{bucket}/{folder}, {history + FLIGHTS:,} rows" in shown
    lineage = json.load(s3.get_object(Bucket=bucket, Key=f"{folder}/lineage.json")["Body"])
    assert (lineage["predictions"]["count"], lineage["history"]["rows"]) == (FLIGHTS, history)
    card = json.load(
        s3.get_object(Bucket=bucket, Key=f"models/flights/{execution.rpartition('/')[2]}/card.json")["Body"]
    )
    assert {each["of"]: each["verdict"] for each in card["findings"]}["a-fair-early-morning-is-on-time"] == "pass"


def test_what_its_drift_is_judged_by_comes_along_when_a_version_is_approved(training: Deployment) -> None:
    """After an execution."""
    (registered,) = training.json("models", "list")
    references = References(client(training, "dynamodb"), table=table_of(training))
    before = references.get("flights", registered["version"])

    training.json("models", "approve", "1", "--reason", "better on the holdout")

    assert before is None
    until(lambda: references.get("flights", registered["version"]), seconds=60, what="the reference")


def test_how_it_ended_is_seen_by_those_who_look_and_the_role_that_started_it_was_denied_nothing(
    training: Deployment,
) -> None:
    """After an execution: SageMaker's event says to look."""
    ended = "(operator: labels of May are in) is Succeeded"
    until(lambda: ended in training.json("status")[0]["retraining"], seconds=60, what="the look at the execution")

    started_it = functions(training)["TriggersRetrain"]
    assert denied(uses(training, started_it)) == []
    assert unused(statements(training, started_it), uses(training, started_it)) == sorted(UNUSED_TO_RETRAIN)


def test_the_role_of_what_assembles_grants_what_it_does_and_nothing_without_a_reason(training: Deployment) -> None:
    """After an execution."""
    roles = client(training, "iam").get_paginator("list_roles").paginate()
    (role,) = [role for page in roles for role in page["Roles"] if "AssembleRole" in role["RoleName"]]
    log = training.folder / f".sluice/logs/permissions/{role['RoleName']}.jsonl"
    made = [Use(*json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]

    assert denied(made) == []
    assert unused(statements(training, {"Role": role["Arn"]}), made) == sorted(UNUSED_TO_ASSEMBLE)


def status(sagemaker: Any, execution: str) -> str:
    return str(sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)["PipelineExecutionStatus"])


def failures(sagemaker: Any, execution: str) -> list[str]:
    listed = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)["PipelineExecutionSteps"]
    return [each.get("FailureReason", "") for each in listed]
