"""What can be known of the image of training jobs without building it: there is no Docker where these tests run."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from cdk import training_image

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "training" / "Dockerfile").read_text(encoding="utf-8")
COPIES = [
    (source, words[-1])
    for words in map(str.split, re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE))
    for source in words[:-1]
]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==([^\s;]+)(?:\s*;.*)?$")
JOBS = ("model_container.train", "training.assemble", "training.evaluate", "examples.flights.train")


def test_what_the_dockerfile_copies_exists_and_reaches_the_build() -> None:
    assert all((ROOT / source).exists() for source, _ in COPIES)
    assert {source for source, _ in COPIES} == set(training_image.CONTEXT)


def test_the_image_holds_the_versions_the_project_is_tested_with() -> None:
    lines = (ROOT / "requirements" / "training.txt").read_text(encoding="utf-8").splitlines()
    pinned = {match[1]: match[2] for line in lines if ";" not in line and (match := PIN.match(line))}

    assert {"scikit-learn", "onnxruntime", "pyarrow", "boto3"} <= pinned.keys()
    assert {name: version(name) for name in pinned} == pinned


@pytest.mark.parametrize("job", JOBS)
def test_every_job_finds_what_it_imports_in_the_image(job: str, tmp_path: Path) -> None:
    for source, target in COPIES:
        place = tmp_path / target.removeprefix("/opt/program").strip("/")
        if target.startswith("/opt/program") and (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
    libraries = Path(pytest.__file__).parents[1]
    environment = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{libraries}", "PATH": os.environ["PATH"]}

    code = f"import {job} as job; print(job.__file__)"  # -S keeps the checkout itself out of sight
    words = [sys.executable, "-S", "-c", code]
    said = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stderr
    assert Path(said.stdout.strip()).is_relative_to(tmp_path)
