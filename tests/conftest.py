"""What all tests share: no test finds somebody's AWS account, and those that ask a deployment ask the same one.

The first happens on import, before test modules are collected: some build boto3 clients while they are imported.
"""

import os
from collections.abc import Iterator

import pytest

from tests.end_to_end.deployments import ROOT, Deployment, lay_out, sluice_up

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


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The repository's own sluice.yaml, deployed once for all tests; each leaves the weights at 90 to 10."""
    folder = lay_out(tmp_path_factory.mktemp("deployment"), (ROOT / "sluice.yaml").read_text(encoding="utf-8"))
    with sluice_up(folder) as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` runs two processes: what shares an expensive fixture goes to the same one, the longest first."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        folder = item.path.parent.name
        shared = "deployment" if "deployment" in fixtures else folder if folder == "infrastructure" else item.path.name
        item.add_marker(pytest.mark.xdist_group(shared))
    items.sort(key=lambda item: item.path.parent.name not in ("end_to_end", "docs"))
