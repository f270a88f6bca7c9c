from pathlib import Path

import pytest

from tests.infrastructure.projects import Project, Templates, write_model


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One folder for all synths: the assets are the same."""
    folder: Path = tmp_path_factory.mktemp("project")
    write_model(folder / "v1")
    write_model(folder / "v2", version="2")
    return Project(folder)


@pytest.fixture(scope="session")
def templates(project: Project) -> Templates:
    """The templates of the smallest sluice.yaml. The first synth of a process takes seconds: it is done once."""
    return project.synth()
