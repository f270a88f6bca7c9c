"""What does it take to run a job: which files go where before, which program runs, which files are kept after?

A path is relative to the folder that stands for ``/opt/ml``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_cloud.sagemaker.refusal import Refused

OPT_ML = "/opt/ml"
ENTRY_POINT = ("python", "-m", "model_container")  # as model_container/Dockerfile says
LONGEST_SECONDS = 24 * 60 * 60  # MaxRuntimeInSeconds when not given (BC:sagemaker/StoppingCondition)


class JobFailed(Exception):
    """Files cannot be read or written, or there is no such program: becomes the FailureReason ``ClientError: …``."""


@dataclass(frozen=True, slots=True)
class Input:
    """Objects that are downloaded before the program starts; among several hosts shared out if ``is_sharded``."""

    uri: str
    path: str
    is_sharded: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """A folder that is uploaded after the program has ended well.

    Attributes:
        path: The folder.
        uri: Of the archive, or what its files' keys begin with.
        is_archive: Whether it becomes one tar.gz, of the first host's files; else every host's files are uploaded.
        may_be_empty: Whether an archive is made even of nothing.

    """

    path: str
    uri: str
    is_archive: bool = False
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Synced:
    """A folder whose files are uploaded as they change; downloaded before each start if ``is_restored``."""

    path: str
    uri: str
    is_restored: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """One job's work.

    Attributes:
        hosts: One process for each.
        command: The program and its arguments, as the container has them.
        environment: What the request declares.
        files: JSON files by path; ``resourceconfig.json`` is written beside the first.
        inputs: Downloaded before.
        outputs: Uploaded after.
        synced: Kept in S3 all the time.
        runtime_seconds: How long the program may run: real seconds, because the process is real.
        wait_seconds: How long the job may take with all its interruptions, in real seconds; None without limit.
        attempts: How often it is started when the service fails it.
        kms_key: Encrypts what is uploaded.
        is_isolated: Whether the program reaches no network, AWS included.

    """

    hosts: tuple[str, ...]
    command: Sequence[str]
    environment: Mapping[str, str]
    files: Mapping[str, Mapping[str, Any]]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    synced: tuple[Synced, ...]
    runtime_seconds: float
    wait_seconds: float | None = None
    attempts: int = 1
    kms_key: str | None = field(default=None)
    is_isolated: bool = False


def below(path: str) -> str:
    """A container's path relative to ``/opt/ml``. Raises Refused for any other."""
    inner = path.removeprefix(f"{OPT_ML}/")
    if inner == path or ".." in inner.split("/") or not inner.strip("/"):
        raise Refused(f"The local cloud keeps only files below {OPT_ML}, not {path}.")
    return inner.strip("/")


def hosts(count: int) -> tuple[str, ...]:
    """The names SageMaker gives so many instances."""
    return tuple(f"algo-{number}" for number in range(1, count + 1))


def refuse(given: Mapping[str, Any], *names: str) -> None:
    """Raise Refused when the request asks for something that is not emulated."""
    if asked := [name for name in names if given.get(name)]:
        raise Refused(f"The local cloud does not emulate {', '.join(asked)}.")
