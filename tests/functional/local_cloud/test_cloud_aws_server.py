"""The AWS APIs of the local cloud: one moto server that forgets what it should, and a docker that builds nothing."""

import os
from pathlib import Path

import pytest
from moto.s3.models import FakeKey

from local_cloud import docker_shim
from local_cloud.aws_server import AwsServer
from local_cloud.context import CloudContext
from local_cloud.processes import free_port


def test_a_stopped_server_has_forgotten_everything(tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        server = AwsServer(free_port(), log=tmp_path / "aws.log")
        server.start()
        s3 = CloudContext(server.url, tmp_path).client("s3")
        found.append(s3.list_buckets()["Buckets"])
        s3.create_bucket(Bucket="short-lived")
        server.stop()

    assert found == [[], []]


def test_an_object_written_over_and_over_takes_no_more_room(tmp_path: Path) -> None:
    server = AwsServer(free_port(), log=tmp_path / "aws.log")
    server.start()
    try:
        s3 = CloudContext(server.url, tmp_path).client("s3")
        s3.create_bucket(Bucket="models")
        before = len(FakeKey.instances_tracked)

        for _ in range(5):
            s3.put_object(Bucket="models", Key="same", Body=b"x")

        assert len(FakeKey.instances_tracked) == before
    finally:
        server.stop()


def test_a_profile_of_this_machine_does_not_reach_moto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    server = AwsServer(free_port(), log=tmp_path / "aws.log")

    server.start()

    try:
        assert CloudContext(server.url, tmp_path).client("s3").list_buckets()["Buckets"] == []
    finally:
        server.stop()
    assert os.environ["AWS_PROFILE"] == "nobody"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["build", "--tag", "cdkasset-1", "."], 0),
        (["--config", "/tmp/x", "tag", "a", "b"], 0),  # noqa: S108  only a word
        (["inspect", "cdkasset-1"], 1),
        (["run", "something"], 125),
    ],
)
def test_the_stand_in_for_docker_does_what_the_cdk_asks_and_refuses_the_rest(arguments: list[str], status: int) -> None:
    assert docker_shim.main(arguments) == status
