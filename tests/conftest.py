"""No test may find somebody's AWS account. This is all that tests share; everything else is each test's own business.

It happens on import, before test modules are collected: some of them build boto3 clients while they are imported.
"""

import os

import pytest

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` runs two processes: what shares an expensive fixture goes to the same one, the longest first."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        folder = item.path.parent.name
        shared = "deployment" if "deployment" in fixtures else folder if folder == "infrastructure" else item.path.name
        item.add_marker(pytest.mark.xdist_group(shared))
    items.sort(key=lambda item: item.path.parent.name not in ("end_to_end", "docs"))
