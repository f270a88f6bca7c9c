from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.deployments import ROOT, Deployment, lay_out, sluice_up


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The repository's own sluice.yaml, deployed once for all tests; each leaves the weights at 90 to 10."""
    folder: Path = tmp_path_factory.mktemp("deployment")
    with sluice_up(lay_out(folder, (ROOT / "sluice.yaml").read_text(encoding="utf-8"))) as running:
        yield running
