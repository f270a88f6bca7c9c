"""Captured requests put to a registered version in a batch transform job of the local cloud, by a real container."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_cloud.sagemaker.model_process import SERVE
from sluice.aws.declarations import Declarations
from sluice.aws.table import patient_client
from sluice.aws.transforms import Transforms
from tests.functional.cli.operating import SETTINGS, Operator, deploy_everything
from tests.functional.cli.test_replay import a_model, capture
from tests.functional.deployed import a_client, a_declaration
from tests.functional.local_cloud.job_builders import JOB_ROLE, the_job_role
from tests.functional.local_cloud.sagemaker_builders import SageMakerCloud, a_sagemaker_cloud, model_processes


@dataclass(frozen=True, slots=True)
class Place:
    cloud: SageMakerCloud
    operator: Operator


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageMakerCloud]:
    home = tmp_path_factory.mktemp("replay")
    with pytest.MonkeyPatch.context() as patch, a_sagemaker_cloud(home, command=SERVE) as running:
        patch.setenv("AWS_ENDPOINT_URL", running.context.aws_url.replace("localhost", "127.0.0.1"))
        the_job_role(running)
        patient_client.cache_clear()  # other tests' asks nobody here
        deploy_everything()
        declare(InstanceType="ml.m5.large")
        yield running
    patient_client.cache_clear()


@pytest.fixture
def operator(cloud: SageMakerCloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    del cloud
    config = tmp_path / "sluice.yaml"
    config.write_text(SETTINGS, encoding="utf-8")
    return Operator(config, capsys)


def declare(**shape: Any) -> None:
    form = a_declaration()
    form["declaration"] |= {"model": {"ExecutionRoleArn": JOB_ROLE}, "shape": shape}
    Declarations(a_client("dynamodb"), table="state").put("flights", form)


def left_behind(cloud: SageMakerCloud) -> list[str]:
    """Models, files and processes of replays."""
    models = [each["ModelName"] for each in cloud.control.list_models()["Models"]]
    files = cloud.client("s3").list_objects_v2(Bucket="data", Prefix="replays/").get("Contents", [])
    return [*models, *(file["Key"] for file in files), *model_processes(cloud.context.home)]


def jobs(cloud: SageMakerCloud, status: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.control.list_transform_jobs(StatusEquals=status)["TransformJobSummaries"]
    return found


def test_a_job_answers_what_was_captured(cloud: SageMakerCloud, operator: Operator) -> None:
    capture([("p-1", [1.0, 2.0], [1.0, 2.0]), ("p-2", [3.0, 5.0], [4.0, 90.0]), ("p-3", ["UA"], [1.0])])
    operator.sluice("register", a_model(operator))

    done = operator.sluice("replay", "1", "--transform", "--tolerance", "0.5", "--json")
    shown = operator.sluice("replay", "1", "--transform", "--instance-type", "ml.m5.xlarge", "--fail-below", "0.9")

    report = done.json
    assert done.code == 0
    assert report["candidate"] == {"name": "1", "version": "2"}
    assert report["job"].startswith("a batch transform job answered: ml.m5.large for ")
    assert (report["requests"]["compared"], report["requests"]["misfit"]) == (2, 1)
    assert (report["rows"], report["agreeing"], report["milliseconds"]) == (4, 3, None)
    assert report["outputs"]["y"]["difference"]["max"] == 85.0
    assert report["worst"][0]["candidate"] == {"y": 5.0}
    assert "it took: not known by request, a batch transform job answered: ml.m5.xlarge for" in shown.said
    assert (shown.code, "too little: 50.00%" in shown.said) == (1, True)
    assert left_behind(cloud) == []
    assert len(jobs(cloud, "Completed")) == 2


def test_nothing_is_started_for_nothing(cloud: SageMakerCloud, operator: Operator) -> None:
    capture([("p-1", [1.0], [1.0])])
    operator.sluice("register", a_model(operator))
    before = len(jobs(cloud, "Completed"))

    said = operator.sluice("replay", "1", "--transform", "--where", "x=77").said

    assert "no batch transform job was needed" in said
    assert len(jobs(cloud, "Completed")) == before


def test_what_is_interrupted_is_stopped_and_removed(
    cloud: SageMakerCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture([("p-1", [1.0], [1.0])])
    operator.sluice("register", a_model(operator))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Transforms, "look", interrupt)
    done = operator.sluice("replay", "1", "--transform")

    assert done.code == 130
    models_and_files = [name for name in left_behind(cloud) if "model_container" not in name]
    assert models_and_files == []
    assert jobs(cloud, "Stopping") or jobs(cloud, "Stopped")


def test_a_job_that_fails_says_why(cloud: SageMakerCloud, operator: Operator) -> None:
    capture([("p-1", [1.0], [1.0])])
    operator.sluice("register", a_model(operator))
    cloud.inflict(kind="capacity", job="sluice-flights-replay")

    mistake = operator.sluice("replay", "1", "--transform").mistake

    assert "is Failed: CapacityError: Unable to provision requested ML compute capacity" in mistake
    assert [name for name in left_behind(cloud) if "model_container" not in name] == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--transform",), "a batch transform job takes what is in S3"),
        ((".", "--transform"), "`sluice register` makes one of a directory"),
        (("--to", "champion", "--transform"), "--transform takes a CANDIDATE, and no --to"),
        (("1", "--instance-type", "ml.m5.large"), "--instance-type is of a --transform"),
    ],
)
def test_a_mistake_is_one_line(operator: Operator, words: tuple[str, ...], why: str) -> None:
    assert why in operator.sluice("replay", *words).mistake


def test_a_job_that_cannot_be_made_is_a_mistake(operator: Operator) -> None:
    operator.sluice("register", a_model(operator))
    unknown = operator.sluice("replay", "1", "--transform", "--instance-type", "ml.c5.large").mistake
    assert "no batch transform job runs on ml.c5.large: ml.c5.18xlarge, ml.c5.2xlarge" in unknown
    try:
        declare(InstanceType="ml.t2.medium")
        needed = operator.sluice("replay", "1", "--transform").mistake
        assert "--instance-type is needed: a batch transform job does not run on the endpoint's (ml.t2.m" in needed
        Declarations(a_client("dynamodb"), table="state").delete("flights")
        assert "flights is not deployed" in operator.sluice("replay", "1", "--transform").mistake
    finally:
        declare(InstanceType="ml.m5.large")
