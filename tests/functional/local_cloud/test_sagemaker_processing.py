"""Processing jobs: files in, a real process, files out."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.local_cloud.job_builders import (
    a_processing,
    content,
    exists,
    processed,
    put,
    the_job_role,
)
from tests.functional.local_cloud.sagemaker_builders import BUCKET, SageMakerCloud, a_sagemaker_cloud, eventually


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageMakerCloud]:
    with a_sagemaker_cloud(tmp_path_factory.mktemp("processing"), stop_seconds=2) as running:
        the_job_role(running)
        put(running, {"in/a.txt": "first", "in/b.txt": "second"})
        yield running


def report(cloud: SageMakerCloud, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content(cloud, f"s3://{BUCKET}/made/{name}/report.json"))
    return found


def test_inputs_come_from_s3_and_outputs_go_there_by_the_containers_own_paths(cloud: SageMakerCloud) -> None:
    arn = cloud.control.create_processing_job(
        **a_processing("Copies", Environment={"WHERE": "/opt/ml/processing/in/a.txt"})
    )["ProcessingJobArn"]

    described = processed(cloud, "Copies")
    assert arn == described["ProcessingJobArn"] == "arn:aws:sagemaker:us-east-1:123456789012:processing-job/copies"
    assert described["ProcessingJobStatus"] == "Completed"
    assert described["ExitMessage"] == "copied 2"
    assert content(cloud, f"s3://{BUCKET}/made/Copies/a.txt") == b"FIRST"
    assert report(cloud, "Copies")["copied"] == 2
    assert report(cloud, "Copies")["env"].endswith("/processing/in/a.txt")
    assert described["ProcessingEndTime"] == cloud.clock.now()


def test_instances_share_the_objects_of_a_sharded_input(cloud: SageMakerCloud) -> None:
    request = a_processing("sharded")
    request["ProcessingInputs"][0]["S3Input"]["S3DataDistributionType"] = "ShardedByS3Key"
    request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2

    cloud.control.create_processing_job(**request)

    assert processed(cloud, "sharded")["ProcessingJobStatus"] == "Completed"
    assert report(cloud, "sharded")["copied"] == 1
    assert exists(cloud, "made/sharded/a.txt")
    assert exists(cloud, "made/sharded/b.txt")


def test_a_failing_program_is_told_by_its_failure_and_its_exit_code(cloud: SageMakerCloud) -> None:
    cloud.control.create_processing_job(**a_processing("fails", Environment={"FAIL": "1"}))

    described = processed(cloud, "fails")

    assert described["ProcessingJobStatus"] == "Failed"
    assert described["FailureReason"] == "AlgorithmError: no rows, exit code: 3"
    assert described["ExitMessage"] == "copied 2"
    assert not exists(cloud, "made/fails/")


def a_sleeper(name: str) -> dict[str, Any]:
    """It writes to its output, which is uploaded as it goes, and then waits."""
    script = "import pathlib, sys, time; pathlib.Path(sys.argv[1], 'begun').write_text('x'); time.sleep(60)"
    request = a_processing(name)
    arguments = ["-c", script, "/opt/ml/processing/out"]
    request["AppSpecification"] |= {"ContainerEntrypoint": ["python3"], "ContainerArguments": arguments}
    request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3UploadMode"] = "Continuous"
    return request


def test_a_job_is_stopped_and_what_it_uploaded_by_then_stays(cloud: SageMakerCloud) -> None:
    cloud.control.create_processing_job(**a_sleeper("sleeps"))
    assert eventually(lambda: exists(cloud, "made/sleeps/begun"))

    cloud.control.stop_processing_job(ProcessingJobName="sleeps")

    assert processed(cloud, "sleeps")["ProcessingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="rejected because the processing job is in status Stopped"):
        cloud.control.stop_processing_job(ProcessingJobName="sleeps")


def test_a_job_has_a_time_limit(cloud: SageMakerCloud) -> None:
    cloud.control.create_processing_job(**a_sleeper("limited"), StoppingCondition={"MaxRuntimeInSeconds": 1})

    assert processed(cloud, "limited")["ProcessingJobStatus"] == "Stopped"


def test_without_an_entry_point_the_containers_own_one_runs(cloud: SageMakerCloud) -> None:
    request = a_processing("own")
    request["AppSpecification"] = {"ImageUri": "sluice", "ContainerArguments": ["no-such-command"]}
    cloud.control.create_processing_job(**request)

    assert processed(cloud, "own")["FailureReason"] == "AlgorithmError: , exit code: 2"
    log = cloud.context.home / "logs" / "jobs" / "processing-job" / "own" / "algo-1.log"
    assert "invalid choice: 'no-such-command'" in log.read_text(encoding="utf-8")


def test_processing_jobs_are_listed(cloud: SageMakerCloud) -> None:
    cloud.control.create_processing_job(**a_processing("listed"))
    processed(cloud, "listed")

    (found,) = cloud.control.list_processing_jobs(NameContains="listed")["ProcessingJobSummaries"]

    assert (found["ProcessingJobName"], found["ProcessingJobStatus"]) == ("listed", "Completed")
    with pytest.raises(cloud.control.exceptions.ResourceInUse, match="Processing job names must be unique"):
        cloud.control.create_processing_job(**a_processing("listed"))


@pytest.mark.parametrize(
    ("part", "over", "says"),
    [
        ("S3Input", {"LocalPath": "/data/in"}, "below /opt/ml"),
        ("S3Input", {"LocalPath": "/opt/ml/../in"}, "below /opt/ml"),
        ("S3Input", {"S3InputMode": "Pipe"}, "as files only"),
        ("S3Input", {"S3CompressionType": "Gzip"}, "no compression"),
        ("S3Input", {"S3Uri": "s3://models/nothing"}, "No S3 objects found"),
        ("S3Output", {"S3Uri": "https://models/out"}, "s3://bucket/key"),
    ],
)
def test_what_cannot_be_run_is_refused(cloud: SageMakerCloud, part: str, over: dict[str, str], says: str) -> None:
    request = a_processing("refused")
    places = {
        "S3Input": request["ProcessingInputs"][0]["S3Input"],
        "S3Output": request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"],
    }
    places[part].update(over)

    with pytest.raises(ClientError, match=says) as caught:
        cloud.control.create_processing_job(**request)

    assert caught.value.response["Error"]["Code"] == "ValidationException"


def a_call(name: str, **network: bool) -> dict[str, Any]:
    """A job whose program calls AWS."""
    alone = {"AWS_EC2_METADATA_DISABLED": "true"}  # nothing outside this machine is asked for credentials
    request = a_processing(name, NetworkConfig=network, Environment=alone)
    request["AppSpecification"]["ContainerArguments"] = ["call", "in/a.txt", "/opt/ml/processing/out"]
    return request


def test_a_program_may_call_what_its_jobs_role_may_and_sees_the_clouds_time(cloud: SageMakerCloud) -> None:
    cloud.control.create_processing_job(**a_call("calls"))

    assert processed(cloud, "calls")["ProcessingJobStatus"] == "Completed"
    called = json.loads(content(cloud, f"s3://{BUCKET}/made/calls/called.json"))
    assert called["found"] == "first, AccessDenied"
    started, origin = cloud.clock.origin
    assert called["time"] - started > 10 * (time.monotonic() - origin) / 20  # twenty times as fast as the wall


def test_a_program_in_an_isolated_network_reaches_nothing(cloud: SageMakerCloud) -> None:
    cloud.control.create_processing_job(**a_call("isolated", EnableNetworkIsolation=True))

    assert processed(cloud, "isolated")["ProcessingJobStatus"] == "Failed"
    assert not exists(cloud, "made/isolated/called.json")
