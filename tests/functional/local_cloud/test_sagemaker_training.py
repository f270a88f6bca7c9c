"""Training jobs: real processes of the container's entry point, told as SageMaker tells of its jobs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.context import CloudContext
from local_cloud.events import Events
from local_cloud.functions.invocation import Invocation
from local_cloud.sagemaker.control_plane import container_of, role_of
from local_cloud.sagemaker.jobs import Jobs, Models
from local_cloud.sagemaker.jobs.job import Kind
from tests.functional.local_cloud.cloud_builders import processes_of
from tests.functional.local_cloud.job_builders import (
    JOB_ROLE,
    a_channel,
    a_role,
    a_training,
    exists,
    put,
    the_job_role,
    trained,
    unpacked,
)
from tests.functional.local_cloud.sagemaker_builders import (
    BUCKET,
    ECHO,
    SageMakerCloud,
    a_sagemaker_cloud,
    eventually,
)

SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60},
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageMakerCloud]:
    with a_sagemaker_cloud(tmp_path_factory.mktemp("training"), stop_seconds=2) as running:
        the_job_role(running)
        put(running, {"rows/a.csv": "1", "rows/deep/b.csv": "2", "one.csv": "3"})
        yield running
    assert not processes_of(running.context.home)


def create(cloud: SageMakerCloud, name: str, program: str = "learn", **over: Any) -> str:
    return str(cloud.control.create_training_job(**a_training(name, program, **over))["TrainingJobArn"])


def checkpointed(name: str) -> dict[str, Any]:
    """Parameters that keep a job's checkpoints below its name."""
    return {"CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints/{name}"}}


def started(cloud: SageMakerCloud, name: str) -> bool:
    """Whether the program has left its first checkpoint in S3."""
    return eventually(lambda: exists(cloud, f"checkpoints/{name}/"))


def phases(described: dict[str, Any]) -> list[str]:
    return [each["Status"] for each in described["SecondaryStatusTransitions"]]


def test_a_job_gets_its_channels_and_hyperparameters_and_leaves_its_archives(cloud: SageMakerCloud) -> None:
    channels = [a_channel("train", "rows"), a_channel("one", "one.csv")]

    arn = create(cloud, "Learns", InputDataConfig=channels, Environment={"COLOUR": "blue"})

    described = trained(cloud, "Learns")
    artifacts = described["ModelArtifacts"]["S3ModelArtifacts"]
    seen = json.loads(unpacked(cloud, artifacts)["seen.json"])
    assert arn == described["TrainingJobArn"] == "arn:aws:sagemaker:us-east-1:123456789012:training-job/learns"
    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Completed", "Completed")
    assert phases(described) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert artifacts == f"s3://{BUCKET}/out/Learns/output/model.tar.gz"
    assert seen["channels"] == {"train": {"a.csv": "1", "deep/b.csv": "2"}, "one": {"one.csv": "3"}}
    assert seen["hyperparameters"] == {"sluice_program": "tests.functional.local_cloud.job_programs:learn"}
    assert (seen["name"], seen["environment"], seen["current_host"]) == ("Learns", "blue", "algo-1")
    assert unpacked(cloud, f"s3://{BUCKET}/out/Learns/output/output.tar.gz") == {"algo-1.txt": "done"}
    assert described["TrainingEndTime"] == described["CreationTime"] == cloud.clock.now()
    assert eventually(lambda: not Path(seen["folder"]).exists())


def test_two_instances_are_two_processes_and_the_first_ones_model_is_kept(cloud: SageMakerCloud) -> None:
    sharded = a_channel("train", "rows", S3DataDistributionType="ShardedByS3Key")
    resources = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 10}

    create(cloud, "two", InputDataConfig=[sharded], ResourceConfig=resources)

    described = trained(cloud, "two")
    seen = json.loads(unpacked(cloud, described["ModelArtifacts"]["S3ModelArtifacts"])["seen.json"])
    assert (seen["hosts"], seen["current_host"]) == (["algo-1", "algo-2"], "algo-1")
    assert seen["channels"] == {"train": {"a.csv": "1"}}
    assert described["BillableTimeInSeconds"] == 0


def test_a_failing_program_fails_the_job_with_its_own_words(cloud: SageMakerCloud) -> None:
    resources = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 10}
    create(cloud, "fails", "fail", ResourceConfig=resources)

    described = trained(cloud, "fails")

    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("AlgorithmError: ValueError: the labels are missing!!!")
    assert described["FailureReason"].endswith(", exit code: 1")
    assert len(described["FailureReason"]) == 1024
    assert described["SecondaryStatusTransitions"][-1]["StatusMessage"] == described["FailureReason"]
    assert "ModelArtifacts" not in described
    assert not exists(cloud, "out/fails/")
    log = cloud.context.home / "logs" / "jobs" / "training-job" / "fails" / "algo-2.log"
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_a_process_that_is_killed_fails_the_job(cloud: SageMakerCloud) -> None:
    create(cloud, "killed", "be_killed")

    assert trained(cloud, "killed")["FailureReason"] == "AlgorithmError: , exit code: 137"


def test_a_program_that_is_not_there_fails_the_job(cloud: SageMakerCloud) -> None:
    algorithm = {"TrainingImage": "x", "TrainingInputMode": "File", "ContainerEntrypoint": ["/opt/ml/nothing"]}
    create(cloud, "absent", AlgorithmSpecification=algorithm)

    assert trained(cloud, "absent")["FailureReason"].startswith("ClientError: Cannot start the container")


def test_an_object_that_would_leave_its_channel_fails_the_job(cloud: SageMakerCloud) -> None:
    put(cloud, {"escapes/../../../elsewhere": "1"})
    create(cloud, "escapes", InputDataConfig=[a_channel("train", "escapes")])

    assert "would be written outside its folder" in trained(cloud, "escapes")["FailureReason"]


def test_a_stopped_job_may_save_first(cloud: SageMakerCloud) -> None:
    create(cloud, "stops", "wait", **checkpointed("stops"))
    assert started(cloud, "stops")

    cloud.control.stop_training_job(TrainingJobName="stops")
    stopping = cloud.control.describe_training_job(TrainingJobName="stops")

    described = trained(cloud, "stops")
    assert stopping["TrainingJobStatus"] in {"Stopping", "Stopped"}
    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert phases(described) == ["Starting", "Downloading", "Training", "Stopping", "Stopped"]
    assert unpacked(cloud, described["ModelArtifacts"]["S3ModelArtifacts"]) == {"saved.txt": "in time"}
    with pytest.raises(ClientError, match="rejected because the training job is in status Stopped"):
        cloud.control.stop_training_job(TrainingJobName="stops")


def test_a_program_that_does_not_heed_sigterm_is_killed(cloud: SageMakerCloud) -> None:
    create(cloud, "deaf", "ignore", **checkpointed("deaf"))
    assert started(cloud, "deaf")

    cloud.control.stop_training_job(TrainingJobName="deaf")

    assert trained(cloud, "deaf")["TrainingJobStatus"] == "Stopped"


def test_a_job_that_runs_too_long_is_stopped(cloud: SageMakerCloud) -> None:
    create(cloud, "long", "wait", StoppingCondition={"MaxRuntimeInSeconds": 1})

    described = trained(cloud, "long")

    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert unpacked(cloud, described["ModelArtifacts"]["S3ModelArtifacts"]) == {"saved.txt": "in time"}


def test_an_interrupted_spot_job_goes_on_from_its_checkpoint(cloud: SageMakerCloud) -> None:
    create(cloud, "spot", "resume", **SPOT, **checkpointed("spot"))
    assert started(cloud, "spot")

    status = cloud.inflict(kind="interruption", job="spot")

    described = trained(cloud, "spot")
    assert status == 204
    assert described["TrainingJobStatus"] == "Completed"
    assert phases(described)[2:6] == ["Training", "Interrupted", "Starting", "Downloading"]
    assert unpacked(cloud, described["ModelArtifacts"]["S3ModelArtifacts"]) == {"rounds.txt": "half and the rest"}


def test_capacity_that_does_not_come_back_in_time_ends_a_spot_job(cloud: SageMakerCloud) -> None:
    limits = {"StoppingCondition": {"MaxRuntimeInSeconds": 2, "MaxWaitTimeInSeconds": 2}}
    create(cloud, "waits", "wait", **{**SPOT, **limits}, **checkpointed("waits"))
    assert started(cloud, "waits")

    cloud.inflict(kind="interruption", job="waits", value=60)

    described = trained(cloud, "waits")
    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")


def test_lost_instances_are_the_services_fault_and_a_job_may_be_retried(cloud: SageMakerCloud) -> None:
    create(cloud, "lost", "wait", **checkpointed("lost"))
    create(cloud, "again", "resume", **checkpointed("again"), RetryStrategy={"MaximumRetryAttempts": 1})
    assert started(cloud, "lost")
    assert started(cloud, "again")

    cloud.inflict(kind="crash", job="lost")
    cloud.inflict(kind="crash", job="again")

    assert trained(cloud, "lost")["FailureReason"].startswith("InternalServerError: ")
    assert trained(cloud, "again")["TrainingJobStatus"] == "Completed"
    assert "Restarting" in phases(trained(cloud, "again"))


def test_a_job_for_which_there_is_no_capacity_fails(cloud: SageMakerCloud) -> None:
    cloud.inflict(kind="capacity", job="crowded")

    create(cloud, "crowded-1")
    create(cloud, "crowded-2")

    assert trained(cloud, "crowded-1")["FailureReason"].startswith("CapacityError: Unable to provision")
    assert trained(cloud, "crowded-2")["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "interruption"},
        {"kind": "interruption", "job": "nothing"},
        {"kind": "latency", "job": "x", "value": 5},
        {"kind": "crash", "job": "nothing"},
    ],
)
def test_a_fault_of_no_job_is_refused(cloud: SageMakerCloud, fault: dict[str, Any]) -> None:
    assert cloud.inflict(**fault) == 400


def test_a_job_on_demand_is_not_interrupted(cloud: SageMakerCloud) -> None:
    create(cloud, "on-demand", "wait")

    assert cloud.inflict(kind="interruption", job="on-demand") == 400

    cloud.control.stop_training_job(TrainingJobName="on-demand")
    trained(cloud, "on-demand")


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"RoleArn": "arn:aws:iam::123456789012:role/nobody"}, "Could not assume role .*nobody"),
        ({"InputDataConfig": [a_channel("train", "nothing/")]}, 'No S3 objects found under S3 URL "s3://models/noth'),
        ({"InputDataConfig": [a_channel("t", "rows"), a_channel("t", "rows")]}, "must be unique"),
        ({"InputDataConfig": [a_channel("t", "rows", S3DataType="ManifestFile")]}, "S3Prefix channels"),
        ({"OutputDataConfig": {"S3OutputPath": "https://models/out"}}, "s3://bucket/key, not https"),
        ({"OutputDataConfig": {"S3OutputPath": "models/out"}}, "regular expression pattern"),
        ({"EnableManagedSpotTraining": True}, "Invalid MaxWaitTimeInSeconds"),
        ({"CheckpointConfig": {"S3Uri": "s3://models/c", "LocalPath": "/elsewhere"}}, "below /opt/ml"),
        ({"TrainingJobName": "-x"}, "trainingJobName"),
        ({"AlgorithmSpecification": {"TrainingImage": "x", "TrainingInputMode": "Pipe"}}, "as files only"),
        ({"AlgorithmSpecification": {"AlgorithmName": "x", "TrainingInputMode": "File"}}, "not emulate AlgorithmName"),
        ({"OutputDataConfig": {"S3OutputPath": "s3://models/o", "CompressionType": "NONE"}}, "CompressionType NONE"),
    ],
)
def test_what_sagemaker_refuses_is_refused(cloud: SageMakerCloud, over: dict[str, Any], says: str) -> None:
    with pytest.raises(ClientError, match=says) as caught:
        cloud.control.create_training_job(**{**a_training("refused"), **over})

    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_name_is_used_once(cloud: SageMakerCloud) -> None:
    create(cloud, "once")

    with pytest.raises(cloud.control.exceptions.ResourceInUse, match="Training job names must be unique"):
        create(cloud, "once")

    trained(cloud, "once")


def test_an_unknown_job_is_not_found_as_sagemaker_says_it(cloud: SageMakerCloud) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*Requested resource not found"):
        cloud.control.describe_training_job(TrainingJobName="unknown")


def test_a_role_that_does_not_trust_sagemaker_cannot_be_taken(cloud: SageMakerCloud) -> None:
    foreign = a_role(cloud, "foreign", "s3:*", service="lambda")

    with pytest.raises(ClientError, match="Could not assume role"):
        create(cloud, "foreign", RoleArn=foreign)


def test_a_role_reads_and_writes_only_what_it_may(cloud: SageMakerCloud) -> None:
    blind = a_role(cloud, "blind", "s3:PutObject")
    mute = a_role(cloud, "mute", "s3:GetObject", "s3:ListBucket")
    channels = [a_channel("train", "rows")]

    with pytest.raises(ClientError, match="not authorized to perform: s3:ListBucket"):
        create(cloud, "blind", RoleArn=blind, InputDataConfig=channels)
    create(cloud, "mute", RoleArn=mute, InputDataConfig=channels)

    reason = trained(cloud, "mute")["FailureReason"]
    assert reason.startswith("ClientError: Artifact upload failed")
    assert "not authorized to perform: s3:PutObject" in reason


def test_jobs_are_listed_by_name_and_status_page_by_page(cloud: SageMakerCloud) -> None:
    for name in ("listed-b", "listed-a", "listed-c"):
        create(cloud, name)
        trained(cloud, name)

    first = cloud.control.list_training_jobs(NameContains="listed", SortBy="Name", MaxResults=2)
    second = cloud.control.list_training_jobs(
        NameContains="listed", SortBy="Name", MaxResults=2, NextToken=first["NextToken"]
    )
    newest = cloud.control.list_training_jobs(NameContains="listed", SortBy="Name", SortOrder="Descending")
    failed = cloud.control.list_training_jobs(NameContains="listed", StatusEquals="Failed")

    assert names(first) == ["listed-a", "listed-b"]
    assert names(second) == ["listed-c"]
    assert "NextToken" not in second
    assert names(newest) == ["listed-c", "listed-b", "listed-a"]
    assert names(failed) == []
    assert first["TrainingJobSummaries"][0]["TrainingEndTime"] == cloud.clock.now()


def names(listed: dict[str, Any]) -> list[str]:
    return [each["TrainingJobName"] for each in listed["TrainingJobSummaries"]]


def test_tags_and_what_only_aws_has_are_kept(cloud: SageMakerCloud) -> None:
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    output = {"S3OutputPath": f"s3://{BUCKET}/out", "KmsKeyId": "alias/jobs"}

    arn = create(
        cloud,
        "guarded",
        VpcConfig=vpc,
        EnableNetworkIsolation=True,
        OutputDataConfig=output,
        Tags=[{"Key": "team", "Value": "ml"}],
    )

    described = trained(cloud, "guarded")
    stored = cloud.client("s3").head_object(Bucket=BUCKET, Key="out/guarded/output/model.tar.gz")
    assert (described["VpcConfig"], described["EnableNetworkIsolation"]) == (vpc, True)
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", "alias/jobs")
    assert cloud.control.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "ml"}]


def _no_function(_: str, __: bytes) -> Invocation:
    return Invocation(b"null")


def test_each_status_of_a_job_is_announced(cloud: SageMakerCloud) -> None:
    events = Events(cloud.context, invoke=_no_function)
    events.install()
    try:
        queues = cloud.client("sqs")
        url = queues.create_queue(QueueName="training")["QueueUrl"]
        pattern = {"detail-type": ["SageMaker Training Job State Change"], "detail": {"TrainingJobName": ["told"]}}
        cloud.client("events").put_rule(Name="training", EventPattern=json.dumps(pattern))
        target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:training"}
        cloud.client("events").put_targets(Rule="training", Targets=[target])

        create(cloud, "told")

        told: list[dict[str, Any]] = []

        def all_told() -> bool:
            found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            told.extend(json.loads(message["Body"]) for message in found)
            return any(each["detail"]["TrainingJobStatus"] == "Completed" for each in told)

        assert eventually(all_told)
        last = next(each for each in told if each["detail"]["TrainingJobStatus"] == "Completed")
        assert {each["detail"]["SecondaryStatus"] for each in told} >= {"Starting", "Training", "Completed"}
        assert last["resources"] == ["arn:aws:sagemaker:us-east-1:123456789012:training-job/told"]
        assert last["detail"]["CreationTime"] == int(cloud.clock.now().timestamp() * 1000)
        assert last["detail"]["Tags"] == {}
        assert last["detail"]["RoleArn"] == JOB_ROLE
    finally:
        events.stop()


def test_what_runs_when_the_cloud_is_stopped_has_failed_and_says_so(cloud: SageMakerCloud, tmp_path: Path) -> None:
    models = Models(container_of, role_of, ECHO)
    jobs = Jobs(CloudContext(cloud.context.aws_url, tmp_path, cloud.clock), models, stop_seconds=60)
    jobs.create(Kind.TRAINING, a_training("cut-short", "ignore", **checkpointed("cut-short")))
    assert started(cloud, "cut-short")

    jobs.close()

    job = jobs.find(Kind.TRAINING, "cut-short")
    assert (job.status, job.reason) == ("Failed", "InternalServerError: The local cloud was stopped.")
    assert not processes_of(tmp_path)
    assert not list((tmp_path / "jobs").glob("*/*"))
