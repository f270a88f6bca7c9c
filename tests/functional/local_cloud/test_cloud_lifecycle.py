"""A local cloud's beginning and end: what it says about itself, whom it keeps out, and that nothing stays behind."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
import pytest

from local_cloud import state_file
from local_cloud.cloud import LocalCloud
from local_cloud.context import LOOPBACK
from local_cloud.problem import LocalCloudRunning, PortInUse
from local_cloud.processes import free_port
from tests.functional.local_cloud.cloud_builders import a_small_app, processes_of
from tests.functional.local_cloud.job_builders import TRUST, a_training

PROGRAM = """
import sys
from pathlib import Path

from local_cloud.cloud import LocalCloud
from sluice.cli.show import Output
from sluice.cli.up import until_signalled

home, app = map(Path, sys.argv[1:])
with until_signalled(Output(as_json=True)), LocalCloud(home) as cloud:
    print("up", flush=True)
    cloud.deploy(app, on_line=lambda line: print(line, flush=True))
"""

TRAINING = """
import json, sys, time
from pathlib import Path

from local_cloud.cloud import LocalCloud

request, trust = map(json.loads, sys.argv[2:4])
with LocalCloud(Path(sys.argv[1])) as cloud:
    s3, iam = cloud.context.client("s3"), cloud.context.client("iam")
    s3.create_bucket(Bucket="models")
    iam.create_role(RoleName="jobs", AssumeRolePolicyDocument=json.dumps(trust))
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="jobs", PolicyName="p", PolicyDocument=json.dumps(allowed))
    cloud.context.client("sagemaker").create_training_job(**request)
    while not s3.list_objects_v2(Bucket="models", Prefix="checkpoints/").get("Contents"):
        time.sleep(0.05)
    print("training", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server((LOOPBACK, 0)) as listening:
        yield listening.getsockname()[1]


def who_am_i(environment: Mapping[str, str]) -> str:
    sts = boto3.client(
        "sts",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    return str(sts.get_caller_identity()["Arn"])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def test_a_running_cloud_says_where_it_is_and_keeps_a_second_one_out(tmp_path: Path) -> None:
    before = dict(os.environ)

    with LocalCloud(tmp_path) as cloud:
        state = state_file.read(tmp_path)
        mode = stat.S_IMODE((tmp_path / "local.json").stat().st_mode)
        operator = who_am_i(cloud.environment())
        with pytest.raises(LocalCloudRunning, match=f"process {os.getpid()}"), LocalCloud(tmp_path):
            pass

    assert state is not None
    assert (state.pid, state.api_url, state.environment) == (os.getpid(), cloud.api_url, cloud.environment())
    assert mode == 0o600
    assert operator.endswith(":user/operator")
    assert dict(os.environ) == before
    assert state_file.read(tmp_path) is None
    assert not listens(int(state.api_url.rsplit(":", 1)[1]))
    assert not listens(int(state.aws_url.rsplit(":", 1)[1]))


def test_a_cloud_that_could_not_open_its_front_door_leaves_nothing_behind(tmp_path: Path, busy_port: int) -> None:
    aws_port = free_port()

    with pytest.raises(PortInUse, match=f"port {busy_port}"), LocalCloud(tmp_path, port=aws_port, api_port=busy_port):
        pass

    assert not listens(aws_port)
    assert state_file.read(tmp_path) is None
    with LocalCloud(tmp_path, port=aws_port) as cloud:
        assert cloud.api_url


def test_a_taken_aws_port_is_named(tmp_path: Path, busy_port: int) -> None:
    with (
        pytest.raises(PortInUse, match=f"port {busy_port} .* choose another port"),
        LocalCloud(tmp_path, port=busy_port),
    ):
        pass


def test_a_state_file_of_a_cloud_that_died_means_nothing(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    state = state_file.State(dead.pid, "http://x", "http://y", {})

    state_file.StateFile(tmp_path).write(state)

    assert state_file.read(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"pid": "x"}'])
def test_a_state_file_that_makes_no_sense_means_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "local.json").write_text(content, encoding="utf-8")

    assert state_file.read(tmp_path) is None


@pytest.mark.slow
@pytest.mark.ci  # half a minute each
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_cloud_that_is_told_to_end_in_the_middle_of_a_deployment_takes_everything_with_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    home, app = tmp_path / "home", a_small_app(tmp_path / "app")
    command = [sys.executable, "-c", PROGRAM, str(home), str(app)]
    cloud = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert cloud.stdout is not None
    assert cloud.stdout.readline() == "up\n"
    assert cloud.stdout.readline()  # the CDK CLI is at work
    environment = json.loads((home / "local.json").read_text(encoding="utf-8"))["environment"]

    cloud.send_signal(number)
    cloud.communicate(timeout=60)

    deadline = time.monotonic() + 10
    while processes_of(home) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(home) == []
    assert not listens(int(environment["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]))
    assert state_file.read(home) is None


@pytest.mark.slow
@pytest.mark.ci
def test_a_cloud_that_is_killed_takes_a_training_job_with_it_that_heeds_no_signal(tmp_path: Path) -> None:
    request = a_training("deaf", "ignore", CheckpointConfig={"S3Uri": "s3://models/checkpoints"})
    command = [sys.executable, "-c", TRAINING, str(tmp_path), json.dumps(request), json.dumps(TRUST)]
    cloud = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert cloud.stdout is not None
    assert cloud.stdout.readline() == "training\n"
    assert len(processes_of(tmp_path)) >= 2

    cloud.kill()
    cloud.communicate(timeout=60)

    deadline = time.monotonic() + 10
    while processes_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(tmp_path) == []
