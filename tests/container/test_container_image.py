"""What can be known of the image without building it: there is no Docker where these tests run."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import model_container
from local_cloud.processes import Child, free_port
from tests.container.graphs import a_model_directory, identity
from tests.container.running import Container, wait_until_ready

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "model_container" / "Dockerfile").read_text()
COPIES = re.findall(r"^COPY (?!--from)(\S+) /opt/program/(\S+)$", DOCKERFILE, re.MULTILINE)
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(lines: list[str]) -> dict[str, str]:
    """Package -> version, without extras."""
    named = [line.split("==") for line in lines if not line.startswith("#")]
    return {name.split("[")[0].lower(): version for name, version in named}


@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_the_image_holds_the_versions_the_project_is_tested_with(kind: str) -> None:
    wanted = pins(PYPROJECT["optional-dependencies"]["container"])
    runtime = {"cpu": "onnxruntime", "gpu": "onnxruntime-gpu"}[kind]

    have = pins((ROOT / "model_container" / f"requirements-{kind}.txt").read_text().splitlines())

    have["onnxruntime"] = have.pop(runtime)
    assert {name: have.get(name) for name in wanted} == wanted
    assert {name: version(name) for name in have} == have


def test_every_file_the_dockerfile_copies_exists_and_its_entry_point_can_be_signalled() -> None:
    sources = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)
    entries = re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)

    assert all((ROOT / source).exists() for source in sources)
    assert [json.loads(entry) for entry in entries] == [["python", "-m", "model_container"]] * 2
    assert re.findall(r"^FROM .* AS (\w+)$", DOCKERFILE, re.MULTILINE) == ["program", "gpu", "cpu"]
    assert "USER" not in DOCKERFILE


def test_the_container_and_the_project_have_one_version() -> None:
    assert PYPROJECT["version"] == model_container.VERSION


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """/opt/program, holding what the Dockerfile copies and nothing else."""
    target = tmp_path / "program"
    for source, destination in COPIES:
        (target / destination).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copyfile
        copy(ROOT / source, target / destination)
    return target


def isolated(program: Path) -> dict[str, str]:
    """Only the copied program and the installed libraries; -S keeps the checkout itself out of sight."""
    libraries = Path(pytest.__file__).parents[1]
    return {"PYTHONPATH": f"{program}{os.pathsep}{libraries}", "PATH": os.environ["PATH"]}


def test_what_is_copied_can_serve(program: Path, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    directory = a_model_directory(tmp_path / "model", identity())
    serve = ["-m", "model_container", "serve", "--model-dir", str(directory), "--port", str(port)]
    child = Child([sys.executable, "-S", *serve], environment=isolated(program), log=log, cwd=tmp_path)
    try:
        container = Container(child, port, log)
        wait_until_ready(container)

        reply = container.invoke({"instances": [[1, 2, 3]]})

        assert reply.json == {"predictions": [[1.0, 2.0, 3.0]]}
    finally:
        child.stop()


def test_serving_and_training_import_nothing_that_is_not_in_the_image(program: Path) -> None:
    code = (
        "import sys, model_container.server, model_container.train\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules if hasattr(sys.modules[name], '__path__')}))"
    )
    ours = ROOT.iterdir()

    printed = subprocess.run(
        [sys.executable, "-S", "-c", code], env=isolated(program), capture_output=True, text=True, check=True
    )

    loaded = set(printed.stdout.split())
    assert {"sluice", "model_container", "onnxruntime"} <= loaded
    assert not loaded & ({path.name for path in ours} - {"sluice", "model_container"})
    assert not loaded & {"boto3", "onnx", "pydantic", "fastapi"}
