from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from tests.functional.cli.operating import SETTINGS, Operator, deploy_everything


@pytest.fixture
def operator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Operator]:
    """Somebody with an AWS account in which sluice.yaml is deployed."""
    config = tmp_path / "sluice.yaml"
    config.write_text(SETTINGS, encoding="utf-8")
    with mock_aws():
        deploy_everything()
        yield Operator(config, capsys)
