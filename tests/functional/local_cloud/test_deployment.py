"""The real CDK CLI brings a small app into the local cloud, changes it, and says why it cannot."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.context import ACCOUNT, REGION
from local_cloud.deployment import App, Toolkit
from local_cloud.problem import DeploymentFailed
from tests.functional.local_cloud.cloud_builders import a_small_app
from tests.functional.local_cloud.cloudformation_builders import Stacks, a_cloud_with_stacks, outputs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    with a_cloud_with_stacks(tmp_path_factory.mktemp("cloud")) as running:
        yield running


def deploy(stacks: Stacks, folder: Path, **context: Any) -> list[str]:
    """The lines that were printed."""
    environment = {
        "AWS_ENDPOINT_URL": stacks.context.aws_url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": REGION,
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
    }
    lines: list[str] = []
    toolkit = Toolkit(stacks.context, environment)
    toolkit.deploy(App(a_small_app(folder, **context)), on_line=lines.append)
    return lines


def test_an_app_is_deployed_changed_and_kept_when_a_change_fails(stacks: Stacks, tmp_path: Path) -> None:
    sqs, ecr, ssm = (stacks.context.client(service) for service in ("sqs", "ecr", "ssm"))

    first = deploy(stacks, tmp_path)
    second = deploy(stacks, tmp_path, timeout=45)
    with pytest.raises(DeploymentFailed) as failure:
        deploy(stacks, tmp_path, timeout=45, broken=True)

    found = outputs(stacks.at_rest("second"))
    repository, tag = found["ImageUri"].partition("/")[2].split(":")
    (image,) = ecr.describe_images(repositoryName=repository)["imageDetails"]
    queue = sqs.get_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="small")["QueueUrl"], AttributeNames=["All"])
    assert ssm.get_parameter(Name="/queue")["Parameter"]["Value"].endswith(":small")
    assert image["imageTags"] == [tag]
    assert image["imageDigest"].startswith("sha256:")
    assert queue["Attributes"]["VisibilityTimeout"] == "45"
    assert any("bootstrapped" in line for line in first)
    assert not any("docker" in line or "bootstrapped" in line for line in second)
    assert "second: Broken (AWS::IAM::Policy): An error occurred (NoSuchEntity)" in str(failure.value)
    assert stacks.at_rest("second")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_an_app_that_does_not_run_says_so_in_its_own_words(stacks: Stacks, tmp_path: Path) -> None:
    folder = a_small_app(tmp_path)
    (folder / "app.py").write_text("raise SystemExit('sluice.yaml:3: no such instance type')", encoding="utf-8")

    with pytest.raises(DeploymentFailed, match="no such instance type"):
        Toolkit(stacks.context, {"AWS_ENDPOINT_URL": stacks.context.aws_url}).deploy(
            App(folder), on_line=lambda _: None
        )


def test_a_folder_without_an_app_is_deployed_by_sluices_own(tmp_path: Path) -> None:
    app = App.of(tmp_path)

    assert (app.folder / "stacks").is_dir()
    assert app.options == ("--context", f"config={tmp_path}/sluice.yaml")


def test_another_file_of_settings_reaches_the_app(tmp_path: Path) -> None:
    without_app, with_app = tmp_path, a_small_app(tmp_path / "app")

    assert App.of(without_app, "other.yaml").options == ("--context", f"config={tmp_path}/other.yaml")
    assert App.of(with_app, "other.yaml") == App(with_app, ("--context", "config=other.yaml"))
