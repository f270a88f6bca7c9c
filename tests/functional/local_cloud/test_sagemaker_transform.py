"""Batch transform jobs: files in, a model that is really served, answers out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from local_cloud.sagemaker.jobs.job import Phase
from local_cloud.sagemaker.jobs.run import Told
from local_cloud.sagemaker.jobs.transform import Models, transform_work
from local_cloud.sagemaker.jobs.transform_run import TransformRun
from local_cloud.sagemaker.jobs.work import JobFailed
from tests.functional.local_cloud.job_builders import (
    JOB_ROLE,
    a_role,
    a_transform,
    content,
    exists,
    put,
    the_job_role,
    transformed,
)
from tests.functional.local_cloud.sagemaker_builders import (
    BUCKET,
    SageMakerCloud,
    a_sagemaker_cloud,
    an_archive,
    eventually,
    model_processes,
)

LOGS = "See job logs for more information"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageMakerCloud]:
    with a_sagemaker_cloud(tmp_path_factory.mktemp("transform")) as running:
        the_job_role(running)
        put(running, {"in/a.jsonl": '{"a": 1}\n\n{"a": 2}\r\n{"a": 3}', "in/more/b.jsonl": '{"b": 1}\n'})
        yield running


@pytest.fixture(scope="module")
def model(cloud: SageMakerCloud) -> str:
    return a_model(cloud, "echo")


def a_model(cloud: SageMakerCloud, name: str, *, role: str = JOB_ROLE, **environment: str) -> str:
    """One whose files the role may read."""
    archive = an_archive({"version": "v1"})
    cloud.client("s3").put_object(Bucket=BUCKET, Key=f"{name}/model.tar.gz", Body=archive)
    container = {"Image": "sluice", "ModelDataUrl": f"s3://{BUCKET}/{name}/model.tar.gz", "Environment": environment}
    cloud.control.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)
    return name


def run(cloud: SageMakerCloud, name: str, model: str, prefix: str = "in", **over: Any) -> dict[str, Any]:
    """The job once it is over."""
    cloud.control.create_transform_job(**a_transform(name, model, prefix, **over))
    return transformed(cloud, name)


def made(cloud: SageMakerCloud, name: str, file: str = "a.jsonl") -> str:
    return content(cloud, f"s3://{BUCKET}/made/{name}/{file}.out").decode()


def test_every_line_is_a_request_and_every_file_has_an_output(cloud: SageMakerCloud, model: str) -> None:
    arn = cloud.control.create_transform_job(**a_transform("Lines", model, "in", MaxConcurrentTransforms=2))[
        "TransformJobArn"
    ]

    described = transformed(cloud, "Lines")
    assert arn == described["TransformJobArn"] == "arn:aws:sagemaker:us-east-1:123456789012:transform-job/lines"
    assert described["TransformJobStatus"] == "Completed"
    assert described["ModelName"] == model
    assert described["TransformStartTime"] == described["TransformEndTime"] == cloud.clock.now()
    assert made(cloud, "Lines") == '{"a": 1}\n{"a": 2}\n{"a": 3}\n'
    assert made(cloud, "Lines", "more/b.jsonl") == '{"b": 1}\n'
    assert model_processes(cloud.context.home) == []


def test_as_many_records_go_together_as_fit_a_request(cloud: SageMakerCloud, model: str) -> None:
    half = "x" * (1024 * 1024 // 2 - 1)
    put(cloud, {"batch/a": f"{half}\n{half}\nlast"})
    output = {"S3OutputPath": f"s3://{BUCKET}/made/batched"}

    described = run(
        cloud, "batched", model, "batch", BatchStrategy="MultiRecord", MaxPayloadInMB=1, TransformOutput=output
    )

    assert described["TransformJobStatus"] == "Completed"
    assert made(cloud, "batched", "a") == f"{half}\n{half}last"


def test_a_whole_file_may_be_the_request(cloud: SageMakerCloud, model: str) -> None:
    request = a_transform("whole", model, "in/a.jsonl")
    del request["TransformInput"]["SplitType"], request["TransformOutput"]["AssembleWith"]

    cloud.control.create_transform_job(**request)

    assert transformed(cloud, "whole")["TransformJobStatus"] == "Completed"
    assert made(cloud, "whole") == '{"a": 1}\n\n{"a": 2}\r\n{"a": 3}'


@pytest.mark.parametrize(("status", "reason"), [("400", f"ClientError: {LOGS}"), ("500", f"AlgorithmError: {LOGS}")])
def test_a_bad_record_costs_its_files_output_and_fails_the_job(
    cloud: SageMakerCloud, model: str, status: str, reason: str
) -> None:
    name = f"bad-{status}"
    put(cloud, {f"{name}/bad": f"first\nstatus={status}\nlast\n", f"{name}/good": "fine\n"})

    described = run(cloud, name, model, name)

    assert (described["TransformJobStatus"], described["FailureReason"]) == ("Failed", reason)
    assert made(cloud, name, "good") == "fine\n"
    assert not exists(cloud, f"made/{name}/bad")


def test_a_record_larger_than_a_request_is_the_callers_fault(cloud: SageMakerCloud, model: str) -> None:
    put(cloud, {"large/a": "x" * (1024 * 1024 + 1)})

    described = run(cloud, "large", model, "large", MaxPayloadInMB=1)

    assert described["FailureReason"].startswith("ClientError: a record has 1048577 bytes")


def test_a_model_that_dies_is_asked_again_and_given_up_in_the_end(cloud: SageMakerCloud, model: str) -> None:
    put(cloud, {"dies/a": "die\n"})

    described = run(cloud, "dies", model, "dies", ModelClientConfig={"InvocationsMaxRetries": 1})

    assert described["FailureReason"] == f"AlgorithmError: {LOGS}"


def test_a_model_that_never_is_healthy_fails_the_job(cloud: SageMakerCloud) -> None:
    broken = a_model(cloud, "broken", NEVER_HEALTHY="1")

    described = run(cloud, "unhealthy", broken)

    assert described["FailureReason"].startswith("AlgorithmError: The primary container did not pass the ping")
    assert "TransformStartTime" not in described


def test_the_container_knows_that_it_is_a_batch_and_what_was_declared(cloud: SageMakerCloud, model: str) -> None:
    names = ["SAGEMAKER_BATCH", "SAGEMAKER_BATCH_STRATEGY", "SAGEMAKER_MAX_PAYLOAD_IN_MB", "COLOUR"]
    put(cloud, {"env/a": "\n".join(f"env={name}" for name in names)})

    run(cloud, "environment", model, "env", Environment={"COLOUR": "blue"})

    assert made(cloud, "environment", "a").split() == ["true", "SINGLE_RECORD", "6", "blue"]


def test_a_job_is_stopped_and_keeps_nothing(cloud: SageMakerCloud, model: str) -> None:
    put(cloud, {"slow/a": "first\nsleep=60\n"})
    cloud.control.create_transform_job(**a_transform("slow", model, "slow"))
    assert eventually(lambda: cloud.control.describe_transform_job(TransformJobName="slow").get("TransformStartTime"))

    cloud.control.stop_transform_job(TransformJobName="slow")

    assert transformed(cloud, "slow")["TransformJobStatus"] == "Stopped"
    assert not exists(cloud, "made/slow/")
    with pytest.raises(ClientError, match="rejected because the transform job is in status Stopped"):
        cloud.control.stop_transform_job(TransformJobName="slow")


@pytest.mark.parametrize("is_stopped", [True, False])
def test_whoever_stops_a_job_may_take_its_input_away(tmp_path: Path, *, is_stopped: bool) -> None:
    class Storage:
        client = None

        def download(self, *_: object) -> None:
            if is_stopped:
                job.stop()
            raise JobFailed("Data download failed: s3://data/in")

        def close(self) -> None:
            pass

    entered: list[tuple[Phase, str]] = []
    told = Told(lambda phase, why: entered.append((phase, why)), lambda: None, lambda _: None)
    form = a_transform("gone", "model", "in")
    work, models = transform_work(form), Models(lambda _: pytest.fail("no model is needed"), lambda _: None, ())
    job = TransformRun(work, cast("Any", Storage()), told, models, folder=tmp_path / "job", logs=tmp_path)

    job.start()
    job.join()

    failed = (Phase.FAILED, "ClientError: Data download failed: s3://data/in")
    assert entered == [(Phase.STOPPED, "") if is_stopped else failed]


def test_faults_befall_transform_jobs(cloud: SageMakerCloud, model: str) -> None:
    cloud.inflict(kind="capacity", job="no-room")
    assert run(cloud, "no-room-1", model)["FailureReason"].startswith("CapacityError: ")

    put(cloud, {"lost/a": "sleep=60\n"})
    cloud.control.create_transform_job(**a_transform("lost", model, "lost"))
    cloud.inflict(kind="crash", job="lost")

    assert transformed(cloud, "lost")["FailureReason"].startswith("InternalServerError: ")


def test_files_are_read_and_written_with_the_rights_of_the_models_role(cloud: SageMakerCloud) -> None:
    reader = a_role(cloud, "reader", "s3:GetObject", "s3:ListBucket")
    a_role(cloud, "nobody", "s3:PutObject")

    described = run(cloud, "unwritable", a_model(cloud, "reads", role=reader))

    assert described["FailureReason"].startswith("ClientError: Artifact upload failed")
    blind = a_model(cloud, "blind", role=JOB_ROLE.replace("jobs", "nobody"))
    with pytest.raises(ClientError, match="No S3 objects found under S3 URL"):
        cloud.control.create_transform_job(**a_transform("blind", blind, "in"))


def test_changes_are_announced(cloud: SageMakerCloud, model: str) -> None:
    sqs, events = cloud.client("sqs"), cloud.client("events")
    url = sqs.create_queue(QueueName="transforms")["QueueUrl"]
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Transform Job State Change"]}
    events.put_rule(Name="transforms", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="transforms", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:123456789012:transforms"}])

    run(cloud, "announced", model)

    told: list[dict[str, Any]] = []

    def ended() -> bool:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        told.extend(json.loads(message["Body"])["detail"] for message in messages)
        return any(each["TransformJobStatus"] == "Completed" for each in told)

    assert eventually(ended)
    assert {each["TransformJobName"] for each in told} == {"announced"}
    assert {"InProgress", "Completed"} <= {each["TransformJobStatus"] for each in told}


def test_transform_jobs_are_listed(cloud: SageMakerCloud, model: str) -> None:
    run(cloud, "listed", model)

    (found,) = cloud.control.list_transform_jobs(NameContains="listed", SortBy="Status")["TransformJobSummaries"]

    assert (found["TransformJobName"], found["TransformJobStatus"]) == ("listed", "Completed")
    assert found["TransformEndTime"] == found["LastModifiedTime"] == cloud.clock.now()
    with pytest.raises(cloud.control.exceptions.ResourceInUse, match="Transform job names must be unique"):
        cloud.control.create_transform_job(**a_transform("listed", model, "in"))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"ModelName": "missing"}, 'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/missing"'),
    ({"MaxPayloadInMB": 101}, "less than or equal to 100"),
    ({"MaxPayloadInMB": 0}, "chunked encoding"),
    ({"MaxPayloadInMB": 20, "MaxConcurrentTransforms": 6}, "The product of MaxConcurrentTransforms"),
    ({"DataProcessing": {"InputFilter": "$.features"}}, "neither filters nor joins"),
    ({"DataProcessing": {"JoinSource": "Input"}}, "neither filters nor joins"),
    ({"DataCaptureConfig": {"DestinationS3Uri": "s3://models/x"}}, "does not emulate DataCaptureConfig"),
]


@pytest.mark.parametrize(("over", "says"), REFUSED)
def test_what_cannot_be_run_is_refused(cloud: SageMakerCloud, model: str, over: dict[str, Any], says: str) -> None:
    with pytest.raises(ClientError, match=says) as caught:
        cloud.control.create_transform_job(**a_transform("refused", model, "in") | over)

    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"SplitType": "RecordIO"}, "SplitType RecordIO"),
        ({"CompressionType": "Gzip"}, "CompressionType Gzip"),
        ({"DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://models/in"}}}, "S3Prefix only"),
        (
            {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://models/no"}}},
            "No S3 objects found",
        ),
    ],
)
def test_inputs_that_cannot_be_read_are_refused(
    cloud: SageMakerCloud, model: str, over: dict[str, Any], says: str
) -> None:
    request = a_transform("refused", model, "in")
    request["TransformInput"] |= over

    with pytest.raises(ClientError, match=says):
        cloud.control.create_transform_job(**request)


def test_the_models_role_must_trust_sagemaker(cloud: SageMakerCloud) -> None:
    a_role(cloud, "lambda-only", "s3:*", service="lambda")

    with pytest.raises(ClientError, match="Could not assume role"):
        run(cloud, "untrusted", a_model(cloud, "untrusted", role=JOB_ROLE.replace("jobs", "lambda-only")))
