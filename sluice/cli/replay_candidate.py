"""Who is to answer a replay? A model directory, an archive or a registered version, served here, or a live variant."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sluice.aws.artifacts import Artifacts
from sluice.aws.runtime import Runtime
from sluice.cli.candidate import find_package, read_directory
from sluice.cli.model_server import serving
from sluice.cli.release import Release
from sluice.cli.target import UsageProblem
from sluice.domain.signature import Signature
from sluice.domain.variant import in_order
from sluice.service.registered_candidate import registered_candidate
from sluice.service.replay import Candidate, VariantCandidate, is_judged

_MODEL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A candidate that answers.

    Attributes:
        name: In words.
        version: As answers name it.
        signature: What it takes and gives.
        candidate: Whom to ask.
        job: The batch transform job in which it answered, in words; empty where it was asked one by one.

    """

    name: str
    version: str
    signature: Signature
    candidate: Candidate
    job: str = ""


@contextmanager
def open_candidate(word: str | None, slot: str | None, release: Release) -> Iterator[Opened]:
    """The candidate that a word or ``--to`` names, until the end of the block. Raises UsageProblem, ModelNotFound."""
    if word is not None and slot is None:
        with _directory(word, release) as directory:
            signature = read_directory(directory, release).signature
            with serving(directory, word) as server:
                yield Opened(word, signature.version, signature, server)
    elif slot is not None and word is None:
        yield _variant(slot, release)
    else:
        raise UsageProblem(
            "name one candidate: a model directory, an s3:// archive, a registered version, or --to SLOT"
        )


@contextmanager
def _directory(word: str, release: Release) -> Iterator[Path]:
    if Path(word).is_dir():
        yield Path(word)
        return
    with fetched(archive_of(word, release), release) as directory:
        yield directory


def archive_of(word: str, release: Release) -> str:
    """S3 URL of the archive that a word names: itself, or that of a package. Raises UsageProblem, ModelNotFound."""
    return word if word.startswith("s3://") else registered_candidate(find_package(word, release)).artifact


@contextmanager
def fetched(archive: str, release: Release) -> Iterator[Path]:
    """A model directory with what is in an archive, until the end of the block. Raises ArchiveUnreadable."""
    with tempfile.TemporaryDirectory() as folder:
        Artifacts.connect(release.bucket()).fetch(archive, Path(folder))
        yield Path(folder)


def _variant(slot: str, release: Release) -> Opened:
    routing = release.routings.get(release.model)
    versions = routing.versions if routing is not None else {}
    if routing is None or slot not in versions:
        raise UsageProblem(f"--to must be one of {', '.join(in_order(versions)) or 'no variant: deploy first'}")
    if is_judged(slot, release.rollouts.active(release.model)):
        raise UsageProblem(
            f"a rollout is being judged by what {slot} answers, and a replay would count: "
            "name the version in place of --to, and it is served here"
        )
    runtime = Runtime.connect(model_timeout_seconds=_MODEL_SECONDS, clock=time.monotonic)
    candidate = VariantCandidate(runtime, routing.endpoint, slot)
    return Opened(f"{slot} of {routing.endpoint}", versions[slot], routing.signature, candidate)
