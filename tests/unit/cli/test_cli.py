import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SLUICE = Path(sys.executable).with_name("sluice")
MINIMAL = "models: {flights: {variants: {champion: {artifact: v1, weight: 100}}}}\n"


def sluice(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SLUICE, *words], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    (tmp_path / "sluice.yaml").write_text(MINIMAL)
    return tmp_path


def the_one_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    return lines[0]


@pytest.mark.parametrize("command", [["status"], ["weights", "champion=100"], ["env"], ["predict", "--data", "-"]])
def test_a_command_without_a_cloud_says_how_to_get_one(deployment: Path, command: list[str]) -> None:
    done = sluice(*command, cwd=deployment)

    assert done.returncode == 2
    assert "sluice up" in the_one_line(done)
    assert "--target aws" in done.stderr


def test_a_state_file_left_by_a_killed_cloud_is_not_believed(deployment: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (deployment / ".sluice").mkdir()
    (deployment / ".sluice/local.json").write_text(json.dumps({"pid": gone.pid, "environment": {}, "api_url": ""}))

    done = sluice("status", cwd=deployment)

    assert done.returncode == 2
    assert "no local cloud is running" in the_one_line(done)


def test_broken_settings_are_one_line_with_the_place(deployment: Path) -> None:
    (deployment / "sluice.yaml").write_text(MINIMAL.replace("weight: 100", "weight: 90"))

    done = sluice("status", cwd=deployment)

    assert done.returncode == 2
    assert "sluice.yaml:1: models.flights.variants: weights must sum to 100" in the_one_line(done)


def test_a_missing_file_of_settings_is_said_by_name(tmp_path: Path) -> None:
    done = sluice("status", "--config", "elsewhere.yaml", cwd=tmp_path)

    assert done.returncode == 2
    assert "elsewhere.yaml:1" in the_one_line(done)


def test_an_unknown_word_is_refused_with_a_hint(deployment: Path) -> None:
    done = sluice("wieghts", cwd=deployment)

    assert done.returncode == 2
    assert "No such command" in done.stderr


def test_the_doctor_names_what_is_missing_and_what_to_do(deployment: Path) -> None:
    done = sluice("doctor", "--json", cwd=deployment)
    findings = {finding["check"]: finding for finding in json.loads(done.stdout)}

    assert done.returncode == 1
    assert findings["Python"]["well"]
    assert not findings["flights champion"]["well"]
    assert "make models" in findings["flights champion"]["remedy"]
