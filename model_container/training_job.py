"""What is a training program given? SageMaker's /opt/ml folder, read into one value."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sluice.domain.errors import SluiceError

PROGRAM = "sluice_program"
_LEAD_PORT = 7070


class JobUnreadable(SluiceError):
    """The folder does not describe a job."""


class CannotTrain(SluiceError):
    """A program raises it when nothing can be made of what it was given; its text alone becomes the job's reason."""


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
        hosts: Every host of the job, in one order on all of them; each runs the program.
        current_host: This one.
        lead_address: Name and port at which the first host can be reached by the others (hosts.py).
        on_stop: Call it with what is to be called when SageMaker stops the job; there are 120 s until SIGKILL.

    """

    hyperparameters: Mapping[str, str]
    channels: Mapping[str, Path]
    model_dir: Path
    output_dir: Path
    checkpoint_dir: Path
    hosts: tuple[str, ...] = ("algo-1",)
    current_host: str = "algo-1"
    lead_address: tuple[str, int] = ("algo-1", _LEAD_PORT)
    on_stop: Callable[[Callable[[], object]], None] = field(default=_ignore, compare=False)

    @property
    def is_lead(self) -> bool:
        """Whether this is the first host: the one whose model is kept."""
        return self.current_host == self.hosts[0]


def read_job(
    root: Path, on_stop: Callable[[Callable[[], object]], None], lead: tuple[str, int] | None = None
) -> TrainingJob:
    """Read the folder that stands for /opt/ml, and make the folders to write to. Raises JobUnreadable.

    ``lead`` is where the first host is reached; by default under its name, as SageMaker's hosts find each other.
    """
    config = root / "input" / "config"
    resources = _read(config / "resourceconfig.json")
    data = root / "input" / "data"
    hosts = tuple(resources.get("hosts", ["algo-1"]))
    job = TrainingJob(
        hyperparameters={name: str(value) for name, value in _read(config / "hyperparameters.json").items()},
        channels={folder.name: folder for folder in sorted(data.glob("*")) if folder.is_dir()},
        model_dir=root / "model",
        output_dir=root / "output" / "data",
        checkpoint_dir=root / "checkpoints",
        hosts=hosts,
        current_host=str(resources.get("current_host", hosts[0])),
        lead_address=lead or (hosts[0], _LEAD_PORT),
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
