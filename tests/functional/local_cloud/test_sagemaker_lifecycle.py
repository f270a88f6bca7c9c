import socket
from pathlib import Path

import pytest

from tests.functional.local_cloud.cloud_builders import processes_of
from tests.functional.local_cloud.job_builders import a_training, exists, the_job_role, trained
from tests.functional.local_cloud.sagemaker_builders import (
    BUCKET,
    a_sagemaker_cloud,
    a_variant,
    eventually,
    model_processes,
)

CHECKPOINTS = {"S3Uri": f"s3://{BUCKET}/checkpoints"}


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
def test_stopping_while_an_endpoint_is_created_leaves_no_process(tmp_path: Path) -> None:
    with a_sagemaker_cloud(tmp_path) as cloud:
        config = cloud.a_config(a_variant("champion", cloud.a_model("v1", {"NEVER_HEALTHY": "1"})))
        cloud.control.create_endpoint(EndpointName="cut-short", EndpointConfigName=config)
        assert cloud.status("cut-short") == "Creating"

    assert not model_processes(tmp_path)
    assert not list((tmp_path / "models").iterdir())


def test_a_port_in_use_is_an_error_before_anything_starts(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="in use"),
        a_sagemaker_cloud(tmp_path, runtime_port=taken.getsockname()[1]),
    ):
        pass


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
def test_a_cloud_that_ends_takes_its_jobs_with_it_and_the_next_one_knows_none(tmp_path: Path) -> None:
    with a_sagemaker_cloud(tmp_path) as ending:
        the_job_role(ending)
        ending.control.create_training_job(**a_training("cut-short", "ignore", CheckpointConfig=CHECKPOINTS))
        assert eventually(lambda: exists(ending, "checkpoints/"))
        assert processes_of(tmp_path)
        ending.sagemaker.stop()
        assert not processes_of(tmp_path)
        assert not list((tmp_path / "jobs").glob("*/*"))
    (tmp_path / "jobs" / "training-job" / "left-by-a-kill").mkdir()

    with a_sagemaker_cloud(tmp_path) as next_one:
        the_job_role(next_one)
        assert not (tmp_path / "jobs").exists()
        assert next_one.control.list_training_jobs()["TrainingJobSummaries"] == []
        next_one.control.create_training_job(**a_training("cut-short"))
        assert trained(next_one, "cut-short")["TrainingJobStatus"] == "Completed"
