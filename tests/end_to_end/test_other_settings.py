"""Another file of settings than sluice.yaml, deployed and told from the outside what its endpoint's end means."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.deployments import TWO_VARIANTS, Deployment, lay_out, sluice_up, until
from tests.end_to_end.test_prediction import client
from tests.end_to_end.traffic import ask_for, variants

pytestmark = pytest.mark.ci

CONFIG = ("--config", "other.yaml")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Beside a sluice.yaml that cannot be deployed; the caller has a profile that does not exist here."""
    settings = TWO_VARIANTS
    folder: Path = lay_out(tmp_path_factory.mktemp("other"), "models: {}\n")
    (folder / "other.yaml").write_text(settings.replace("name: sluice\n", "name: other\n"), encoding="utf-8")
    with sluice_up(folder, *CONFIG, AWS_PROFILE="work") as running:
        yield running


def test_the_file_that_was_named_is_what_is_deployed(other: Deployment) -> None:
    (status,) = other.json("status", *CONFIG)

    assert (status["endpoint"], status["endpoint_status"]) == ("other-flights", "InService")
    assert set(variants(ask_for(other, [f"unit-{number}" for number in range(60)]))) == {"champion", "challenger"}


def test_a_caller_with_a_profile_of_his_own_reaches_the_local_cloud(other: Deployment) -> None:
    done = other.run("sluice", "weights", *CONFIG, "champion=80", "challenger=20", AWS_PROFILE="work")

    assert "champion 80 %, challenger 20 % (in effect)" in done.stdout


def test_a_missing_endpoint_is_said_by_status_and_a_503_that_says_when_to_ask_again(other: Deployment) -> None:
    client(other, "sagemaker").delete_endpoint(EndpointName="other-flights")

    until(
        lambda: other.json("status", *CONFIG)[0]["endpoint_status"] == "missing", seconds=60, what="the endpoint's end"
    )
    (status,) = other.json("status", *CONFIG)
    (answer,) = ask_for(other, ["unit"])

    assert status["notes"] == ["the endpoint is missing: predictions are answered 503; deploy again"]
    assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.body["type"] == "urn:sluice:problem:prediction-unavailable"
    assert int(answer.headers["retry-after"]) > 0
