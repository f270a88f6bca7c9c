"""Functions are shipped with their own packages and bytecode that is never older than its source."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, AssetStaging, Stack
from aws_cdk import aws_lambda as lambda_

from cdk.assets import RUNTIME, code_of
from tests.infrastructure.projects import ROOT
from tests.infrastructure.reading import resource

UNCHECKED_HASH = 0b01  # PEP 552: hash-based, not checked against the source
HERE = sys.executable  # for Lambda's Python, which not every machine has


def shipped(root: Path, out: Path, *, compiler: str | None) -> Path:
    """The folder that is zipped for a function, in an assembly that may hold earlier ones."""
    AssetStaging.clear_asset_hash_cache()  # every synth is a process of its own
    app = App(outdir=str(out))
    stack = Stack(app, "stack")
    code = code_of(root, compiler=compiler)
    lambda_.Function(stack, "Function", runtime=RUNTIME, handler="lambdas.answer.handler", code=code)
    template = app.synth().get_stack_by_name("stack").template
    return out / f"asset.{resource(template, 'AWS::Lambda::Function')['Code']['S3Key'].removesuffix('.zip')}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository of one function and one stack."""
    for package in ("lambdas", "sluice", "stacks"):
        (tmp_path / "root" / package).mkdir(parents=True)
        (tmp_path / "root" / package / "__init__.py").touch()  # else the checkout's package would be found first
    (tmp_path / "root" / "lambdas" / "answer.py").write_text("from sluice.domain import ANSWER\n")
    (tmp_path / "root" / "stacks" / "state.py").write_text("")
    return answering(tmp_path / "root", 1)


def answering(root: Path, answer: int) -> Path:
    (root / "sluice" / "domain.py").write_text(f"ANSWER = {answer}\n")
    return root


def answer_of(task: Path) -> str:
    """What a worker of the compiler's version reads: it takes the bytecode without a look at the source."""
    command = [sys.executable, "-c", "from lambdas.answer import ANSWER; print(ANSWER)"]
    environment = {**os.environ, "PYTHONPATH": str(task)}
    run = subprocess.run(command, cwd=task, env=environment, capture_output=True, text=True, check=True)
    return run.stdout.strip()


@pytest.mark.parametrize("compiler", [None, HERE], ids=["sources", "bytecode"])
def test_the_functions_get_their_own_packages_and_nothing_else(tmp_path: Path, compiler: str | None) -> None:
    task = shipped(ROOT, tmp_path, compiler=compiler)

    assert {entry.name for entry in task.iterdir()} == {"lambdas", "sluice"}
    assert not [found for found in task.rglob("*") if found.name.startswith((".", "test_"))]
    assert (task / "sluice" / "domain" / "routing.py").is_file()


def test_every_module_has_bytecode_that_is_not_checked_and_names_the_place_in_lambda(tmp_path: Path) -> None:
    task = shipped(ROOT, tmp_path, compiler=HERE)

    bytecode = {file.with_name(file.name.split(".")[0]): file.read_bytes() for file in task.rglob("*.pyc")}
    assert {path.parent.parent / path.name for path in bytecode} == {m.with_suffix("") for m in task.rglob("*.py")}
    assert {struct.unpack("<I", compiled[4:8]) for compiled in bytecode.values()} == {(UNCHECKED_HASH,)}
    assert b"/var/task/sluice/domain/routing.py" in bytecode[task / "sluice" / "domain" / "__pycache__" / "routing"]


def test_bytecode_of_the_building_machine_is_never_shipped(root: Path, tmp_path: Path) -> None:
    (root / "sluice" / "__pycache__").mkdir()
    (root / "sluice" / "__pycache__" / "domain.cpython-39.pyc").write_bytes(b"old")

    tasks = [shipped(root, tmp_path / "out", compiler=compiler) for compiler in (None, HERE)]

    assert not [found for task in tasks for found in task.rglob("*cpython-39*")]


@pytest.mark.parametrize("compiler", [None, HERE], ids=["sources", "bytecode"])
def test_a_changed_source_is_another_asset_and_runs_as_changed(
    root: Path, tmp_path: Path, compiler: str | None
) -> None:
    before = shipped(root, tmp_path / "out", compiler=compiler)

    after = shipped(answering(root, 2), tmp_path / "out", compiler=compiler)

    assert before != after
    assert (answer_of(before), answer_of(after)) == ("1", "2")


@pytest.mark.parametrize("compiler", [None, HERE], ids=["sources", "bytecode"])
def test_other_files_and_times_do_not_make_another_asset(root: Path, tmp_path: Path, compiler: str | None) -> None:
    before = shipped(root, tmp_path / "one", compiler=compiler)
    (root / "stacks" / "state.py").write_text("changed = True\n")
    os.utime(root / "sluice" / "domain.py", (0, 0))

    after = shipped(root, tmp_path / "other", compiler=compiler)

    assert before.name == after.name


def test_code_with_and_without_bytecode_is_not_taken_for_the_same(root: Path, tmp_path: Path) -> None:
    sources, compiled = (shipped(root, tmp_path / "out", compiler=compiler) for compiler in (None, HERE))

    assert sources != compiled
