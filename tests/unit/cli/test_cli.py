import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local_cloud.state_file import State, StateFile
from sluice.cli.target import keep_its_time
from sluice.clock import utc_now
from tests.loopback_server import LoopbackServer, Reply

SLUICE = Path(sys.executable).with_name("sluice")
STACK = (Path(__file__).parents[2] / "events/describe_stacks.xml").read_bytes()
MINIMAL = (
    "models: {flights: {variants: {champion: {artifact: v1, weight: 100}}, endpoint: {instance_type: ml.g6.xlarge}}}\n"
)


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


def leave_state(deployment: Path, url: str, *, pid: int = os.getpid()) -> None:
    """What a local cloud writes about itself; it answers nowhere but at ``url``."""
    environment = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    region = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    state = State(pid, "http://127.0.0.1:1", url, {**environment, **region})
    (deployment / ".sluice").mkdir()
    StateFile(deployment / ".sluice").write(state)


def findings_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return {finding["check"]: finding for finding in json.loads(done.stdout)}


@pytest.mark.parametrize("command", [["status"], ["weights", "champion=100"], ["env"], ["predict", "--data", "-"]])
def test_a_command_without_a_cloud_says_how_to_get_one(deployment: Path, command: list[str]) -> None:
    done = sluice(*command, cwd=deployment)

    assert done.returncode == 2
    assert "sluice up" in the_one_line(done)
    assert "--target aws" in done.stderr


def test_a_state_file_left_by_a_killed_cloud_is_not_believed(deployment: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    leave_state(deployment, "http://127.0.0.1:1", pid=gone.pid)

    done = sluice("status", cwd=deployment)

    assert done.returncode == 2
    assert "no local cloud is running" in the_one_line(done)


def test_the_doctor_does_not_believe_it_either(deployment: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    leave_state(deployment, "http://127.0.0.1:1", pid=gone.pid)

    done = sluice("doctor", "--json", cwd=deployment)

    assert findings_of(done)["Local cloud"]["found"] == "not running"


def test_the_callers_profile_and_endpoints_do_not_lead_away_from_the_local_cloud(deployment: Path) -> None:
    with LoopbackServer(Reply(200, STACK, {"Content-Type": "text/xml"})) as server:
        leave_state(deployment, server.url)
        done = sluice(
            "env",
            cwd=deployment,
            AWS_PROFILE="work",
            AWS_DEFAULT_PROFILE="work",
            AWS_SESSION_TOKEN="of-work",
            AWS_ENDPOINT_URL_CLOUDFORMATION="http://127.0.0.1:1",
            AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true",
            AWS_PAGER="less",
        )

    assert done.returncode == 0, done.stderr
    assert len(server.seen) == 2
    assert f"export AWS_ENDPOINT_URL={server.url}" in done.stdout.splitlines()
    assert {line for line in done.stdout.splitlines() if line.startswith("unset ")} >= {
        "unset AWS_PROFILE",
        "unset AWS_DEFAULT_PROFILE",
        "unset AWS_SESSION_TOKEN",
        "unset AWS_ENDPOINT_URL_CLOUDFORMATION",
        "unset AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    }
    assert "AWS_PAGER" not in done.stdout


def test_programs_are_told_what_to_unset_as_null(deployment: Path) -> None:
    with LoopbackServer(Reply(200, STACK, {"Content-Type": "text/xml"})) as server:
        leave_state(deployment, server.url)
        done = sluice("env", "--json", cwd=deployment, AWS_PROFILE="work")

    variables = json.loads(done.stdout)
    assert variables["AWS_PROFILE"] is None
    assert variables["SLUICE_API_URL"] == "http://127.0.0.1:1"


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
    findings = findings_of(done)

    assert done.returncode == 1
    assert findings["Python"]["well"]
    assert not findings["flights champion"]["well"]
    assert "make models" in findings["flights champion"]["remedy"]


def test_a_command_keeps_the_time_of_a_cloud_that_is_faster_than_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", time.time)  # put back afterwards
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    elsewhere = os.getpid() + 1
    state = State(elsewhere, "", "", {}, speed=60, started=noon.timestamp(), origin=time.monotonic() - 10)

    keep_its_time(state)

    assert noon + timedelta(minutes=10) <= utc_now() < noon + timedelta(minutes=20)
