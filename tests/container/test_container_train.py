import json
from pathlib import Path
from typing import Any

import pytest

from tests.container.running import run_to_its_end

PROGRAMS = "tests.container.training_programs"


def a_job(root: Path, program: str | None, **hyperparameters: str) -> Path:
    """/opt/ml as SageMaker prepares it."""
    config, train = root / "input" / "config", root / "input" / "data" / "train"
    config.mkdir(parents=True)
    train.mkdir(parents=True)
    (train / "rows.csv").write_text("1,2\n")
    named = {} if program is None else {"sluice_program": program}
    (config / "hyperparameters.json").write_text(json.dumps({**hyperparameters, **named}))
    resources = {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"], "network_interface_name": "eth0"}
    (config / "resourceconfig.json").write_text(json.dumps(resources))
    return root


def run(root: Path) -> Any:
    return run_to_its_end(["train", "--root", str(root)])


def failure(root: Path) -> str:
    return (root / "output" / "failure").read_text()


def test_the_program_gets_what_sagemaker_gave_and_its_output_lies_where_sagemaker_looks(tmp_path: Path) -> None:
    root = a_job(tmp_path, f"{PROGRAMS}:describe", rounds="40")

    ended = run(root)

    assert ended.returncode == 0, ended.stderr
    assert json.loads((root / "model" / "seen.json").read_text()) == {
        "hyperparameters": {"rounds": "40", "sluice_program": f"{PROGRAMS}:describe"},
        "channels": {"train": ["rows.csv"]},
        "hosts": ["algo-1", "algo-2"],
        "current_host": "algo-2",
    }
    assert (root / "output" / "data" / "report.txt").read_text() == "done"
    assert not (root / "output" / "failure").exists()
    assert [json.loads(line)["event"] for line in ended.stdout.splitlines()] == [
        "training.started",
        "training.completed",
    ]


def test_a_failing_program_tells_why_in_1024_characters_and_leaves_its_stack_trace_in_the_log(tmp_path: Path) -> None:
    root = a_job(tmp_path, f"{PROGRAMS}:fail")

    ended = run(root)

    assert ended.returncode == 1
    assert failure(root).startswith("ValueError: the labels are missing!!!")
    assert len(failure(root)) == 1024
    assert "training_programs.py" in json.loads(ended.stdout.splitlines()[-1])["exception"]


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (None, "hyperparameter sluice_program must be 'package.module:function', got ''"),
        ("no_colon", "hyperparameter sluice_program must be 'package.module:function', got 'no_colon'"),
        ("no_such_package.x:f", "cannot be imported: No module named 'no_such_package'"),
        (f"{PROGRAMS}:nothing", "has no function 'nothing'"),
        (f"{PROGRAMS}:NOT_A_FUNCTION", "has no function 'NOT_A_FUNCTION'"),
        (f"{PROGRAMS}:leave", "the program left with 3"),
    ],
)
def test_a_job_without_a_program_that_can_run_fails_and_says_so(tmp_path: Path, program: str | None, says: str) -> None:
    root = a_job(tmp_path, program)

    ended = run(root)

    assert ended.returncode == 1
    assert says in failure(root)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_hyperparameters_that_cannot_be_read_fail_the_job(tmp_path: Path, text: str) -> None:
    root = a_job(tmp_path, f"{PROGRAMS}:describe")
    (root / "input" / "config" / "hyperparameters.json").write_text(text)

    ended = run(root)

    assert ended.returncode == 1
    assert failure(root).startswith("hyperparameters.json ")


def test_sigterm_lets_the_program_save_and_unwind_and_is_no_failure(tmp_path: Path) -> None:
    root = a_job(tmp_path, f"{PROGRAMS}:train_until_stopped")

    ended = run(root)

    assert ended.returncode == 143
    assert (root / "checkpoints" / "state").read_text() == "step 7"
    assert (root / "output" / "data" / "unwound").exists()
    assert not (root / "output" / "failure").exists()
