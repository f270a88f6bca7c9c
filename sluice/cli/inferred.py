"""What does a graph take and give that came without a signature? The container's own code says it, and tries it.

In a process of its own: a graph may take all memory, or end the process that runs it.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sluice.cli.target import UsageProblem
from sluice.domain.signature import Signature

_GRAPH, _SIGNATURE = "model.onnx", "signature.json"
_NEEDED = ("model_container", "onnxruntime")
_OWN = "model_container: "
_TRIAL_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Inferred:
    """What a trial came to.

    Attributes:
        signature: What the model takes and gives.
        notes: What whoever registers it should know, in words.

    """

    signature: Signature
    notes: tuple[str, ...]


def is_bare(path: Path) -> bool:
    """Whether a path is a graph that nobody wrote a signature for: a file, or a directory. Raises UsageProblem."""
    if path.is_dir():
        if not (path / _GRAPH).is_file():
            raise UsageProblem(f"{path} holds no {_GRAPH}: name the ONNX file itself, or give it that name")
        return not (path / _SIGNATURE).exists()
    if not path.exists():
        raise UsageProblem(f"there is no {path}: name an ONNX file, a model directory, or an s3:// archive")
    return True


def infer(path: Path, model: str, version: str | None) -> Inferred:
    """The signature of a graph, inferred and tried; or that of a directory that has one, tried. Raises UsageProblem."""
    if not is_bare(path):
        return _examine(path, path, model, None)
    with _completed(path, model, version) as (_, inferred):
        return inferred


@contextmanager
def completed(path: Path, model: str, version: str | None) -> Iterator[tuple[Path, Inferred]]:
    """A copy of a graph without a signature, as a directory with the one that was inferred. Raises UsageProblem."""
    if path.is_file() and path.name == _GRAPH and (path.parent / _SIGNATURE).exists():
        raise UsageProblem(f"{path} has a {_SIGNATURE} beside it: register the directory {path.parent}")
    with _completed(path, model, version) as made:
        yield made


@contextmanager
def _completed(path: Path, model: str, version: str | None) -> Iterator[tuple[Path, Inferred]]:
    if version is None:
        raise UsageProblem(f"--version is needed: no {_SIGNATURE} says which version {path} is")
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        _copy(path, directory)
        inferred = _examine(directory, path, model, version)
        text = json.dumps(inferred.signature.to_dict(), indent=2)
        (directory / _SIGNATURE).write_text(f"{text}\n", encoding="utf-8")
        yield directory, inferred


def _copy(path: Path, directory: Path) -> None:
    """Of a file the graph alone: a trial of more than is packed would say nothing."""
    try:
        if path.is_dir():
            shutil.copytree(path, directory, dirs_exist_ok=True)
        else:
            shutil.copyfile(path, directory / _GRAPH)
    except (OSError, shutil.Error) as unreadable:
        raise UsageProblem(f"{path} cannot be read: {unreadable}") from unreadable


def _examine(directory: Path, path: Path, model: str, version: str | None) -> Inferred:
    missing = [module for module in _NEEDED if find_spec(module) is None]
    if missing:
        raise UsageProblem(f"trying a model takes {', '.join(missing)}: run in Sluice's repository")
    command = [sys.executable, "-m", "model_container", "inspect", "--model-dir", str(directory), "--model", model]
    try:
        done = subprocess.run(  # noqa: S603  ours
            [*command, *([f"--version={version}"] if version is not None else [])],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TRIAL_SECONDS,
        )
    except subprocess.TimeoutExpired as late:
        raise UsageProblem(f"{path} cannot be served: no answer to two rows in {_TRIAL_SECONDS:.0f} s") from late
    if done.returncode != 0:
        raise UsageProblem(f"{path} cannot be served: {_reason(done).replace(str(directory / _GRAPH), str(path))}")
    form = json.loads(done.stdout)
    return Inferred(Signature.from_dict(form["signature"]), tuple(form["notes"]))


def _reason(done: "subprocess.CompletedProcess[str]") -> str:
    """In the container's own words, else how its process ended."""
    own = [line.removeprefix(_OWN) for line in done.stderr.splitlines() if line.startswith(_OWN)]
    if own:
        return own[-1]
    return f"onnxruntime ended with signal {-done.returncode}" if done.returncode < 0 else done.stderr.strip()[-200:]
