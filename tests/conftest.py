"""What all tests share: no test finds somebody's AWS account, and those that ask a deployment ask the same one.

The first happens on import, before test modules are collected: some build boto3 clients while they are imported.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import hypothesis
import pytest
import yaml
from moto.core.config import default_user_config

from local_cloud.answers import install_answers
from tests.end_to_end.deployments import ROOT, TWO_VARIANTS, Deployment, lay_out, sluice_up
from tests.end_to_end.shared import SHARED, shared, stop_unless_asked_by

for variable in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[variable]

os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_REGION="us-east-1",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
    AWS_ACCOUNT_ID_ENDPOINT_MODE="disabled",  # moto does not answer at account-id endpoints
)

# How long an example takes is the machine's affair: two processes and some clouds share it.
hypothesis.settings.register_profile("sluice", deadline=None)
hypothesis.settings.load_profile("sluice")

_COVERING = (ROOT / "tests" / "unit" / "domain", ROOT / "tests" / "unit" / "service")

# Every client of boto3 would read its service's model anew, a tenth of a second, from a session of its test's own.
default_user_config["core"]["reset_boto3_session"] = False

# To the end: what moto answers with a few dozen items is there in less than half the time.
_QUICK = ExitStack()
_QUICK.enter_context(install_answers())


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Two variants, deployed once for all tests; each leaves the weights at 90 to 10."""
    folder = lay_out(tmp_path_factory.mktemp("deployment"), TWO_VARIANTS)
    with shared("deployment", sluice_up(folder)) as running:
        yield running


@pytest.fixture(scope="session")
def releasing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The repository's own sluice.yaml, deployed once for all tests of releases; a minute of it is two seconds.

    Drift is not watched: at this speed its functions would take from the machine what the controller needs.

    How long a routing table is held goes by the wall's clock: five seconds of it are minutes of the cloud's. They would
    be counted as if everybody routed by the new shares already, and the rollout be held for its sample ratio.
    """
    settings = yaml.safe_load((ROOT / "sluice.yaml").read_text(encoding="utf-8"))
    flights = settings["models"]["flights"]
    flights["monitoring"] = {"enabled": False}
    flights.pop("feedback", None)  # labels are counted by what watches
    folder = lay_out(tmp_path_factory.mktemp("releasing"), yaml.safe_dump(settings))
    with shared("releasing", sluice_up(folder, "--speed", "30")) as running:
        yield running


@pytest.hookimpl(tryfirst=True)  # before markers are selected by
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` runs two processes: what shares an expensive fixture goes to the same one.

    Unit tests alone have to reach every branch of the domain and the use cases.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
        if "releasing" in _fixtures(item):
            item.add_marker(pytest.mark.ci)
        if not any(item.path.is_relative_to(covering) for covering in _COVERING) or item.get_closest_marker("ci"):
            item.add_marker(pytest.mark.no_cover)  # its time would be half as long again
    items.sort(key=_place)


@pytest.hookimpl(trylast=True)  # after the test's own fixtures have ended
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Deployments stop after the last test that asks them."""
    stop_unless_asked_by(nextitem)


def _place(item: pytest.Item) -> int:
    """When it comes: releases, which want the machine, beside what takes one core; then other deployments."""
    if _group(item) == "releasing":
        return 0
    return 2 if _group(item) in SHARED or item.path.parent.name in ("end_to_end", "docs") else 1


def _group(item: pytest.Item) -> str:
    """What of it runs in one process."""
    deployed = [name for name in SHARED if name in _fixtures(item)]
    folder = item.path.parent.name
    return deployed[0] if deployed else folder if folder == "infrastructure" else item.path.name


def _fixtures(item: pytest.Item) -> tuple[str, ...]:
    return tuple(getattr(item, "fixturenames", ()))
