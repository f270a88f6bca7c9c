"""What is a training program given? SageMaker's /opt/ml folder, read into one value."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sluice.domain.errors import SluiceError

PROGRAM = "sluice_program"


class JobUnreadable(SluiceError):
    """The folder does not describe a job."""


def _ignore(save: Callable[[], object]) -> None:
    del save


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """One training job, as its program sees it.

    Attributes:
        hyperparameters: As SageMaker passes them: every value is a text.
        channels: Input folders by channel name.
        model_dir: What is left here becomes ``model.tar.gz``: model.onnx, signature.json.
        output_dir: What is left here becomes ``output.tar.gz``.
        checkpoint_dir: Kept when a spot instance is taken away and given back at the next start.
        hosts: Every host of the job.
        current_host: This one.
        on_stop: Call it with what is to be called when SageMaker stops the job; there are 120 s until SIGKILL.

    """

    hyperparameters: Mapping[str, str]
    channels: Mapping[str, Path]
    model_dir: Path
    output_dir: Path
    checkpoint_dir: Path
    hosts: tuple[str, ...] = ("algo-1",)
    current_host: str = "algo-1"
    on_stop: Callable[[Callable[[], object]], None] = field(default=_ignore, compare=False)


def read_job(root: Path, on_stop: Callable[[Callable[[], object]], None]) -> TrainingJob:
    """Read the folder that stands for /opt/ml, and make the folders to write to. Raises JobUnreadable."""
    config = root / "input" / "config"
    resources = _read(config / "resourceconfig.json")
    data = root / "input" / "data"
    job = TrainingJob(
        hyperparameters={name: str(value) for name, value in _read(config / "hyperparameters.json").items()},
        channels={folder.name: folder for folder in sorted(data.glob("*")) if folder.is_dir()},
        model_dir=root / "model",
        output_dir=root / "output" / "data",
        checkpoint_dir=root / "checkpoints",
        hosts=tuple(resources.get("hosts", ["algo-1"])),
        current_host=str(resources.get("current_host", "algo-1")),
        on_stop=on_stop,
    )
    for folder in (job.model_dir, job.output_dir, job.checkpoint_dir):
        folder.mkdir(parents=True, exist_ok=True)
    return job


def _read(path: Path) -> dict[str, Any]:
    """The object in a file; SageMaker leaves out what was not given."""
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise JobUnreadable(f"{path.name} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise JobUnreadable(f"{path.name} does not hold an object")
    return content
