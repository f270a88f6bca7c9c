"""`sluice replay CANDIDATE --transform`: the candidate answers in a batch transform job, made for it and removed."""

import time
import uuid
from pathlib import Path

from sluice.aws.recorded_requests import RecordedRequests
from sluice.aws.transforms import Transforms
from sluice.cli.candidate import read_directory
from sluice.cli.model_server import unwound_by_sigterm
from sluice.cli.release import Release
from sluice.cli.replay_candidate import Opened, archive_of, fetched
from sluice.cli.show_replay import show_replay
from sluice.cli.target import UsageProblem
from sluice.domain.endpoint_config import Declaration
from sluice.domain.feedback.capture import CAPTURES
from sluice.domain.replay.report import Report
from sluice.domain.replay.selection import Selection
from sluice.domain.replay.transform import Transform, compose_transform
from sluice.service.choose_captured import Chosen, choose_captured
from sluice.service.replay import replay
from sluice.service.replay_by_job import JobCandidate, ask_job, asked_of, with_lines
from sluice.settings.endpoint import transform_instance_types

_IDENTITY_LENGTH = 8


def replay_by_job(
    release: Release, word: str | None, selection: Selection, *, instance_type: str | None, tolerance: float
) -> Report:
    """Choose, have a job answer, show. Raises UsageProblem, InvalidSelection, ModelNotFound, TransformFailed."""
    archive = _archive(word, release)
    transform = _transform(archive, instance_type, release)
    with fetched(archive, release) as directory:
        signature = read_directory(directory, release).signature
    recorded = RecordedRequests.connect(f"s3://{transform.bucket}/{CAPTURES}")
    found = choose_captured(selection, recorded, endpoint=release.endpoint, signature=signature)
    choice = with_lines(found, signature)
    candidate = _asked(asked_of(choice, signature), transform, release)
    report = replay(
        choice, candidate, signature=signature, tolerance=tolerance, clock=None, sensitive=release.sensitive
    )
    opened = Opened(word or archive, signature.version, signature, candidate, _in_words(candidate, transform))
    show_replay(report, opened, release.out, model=release.model)
    return report


def _archive(word: str | None, release: Release) -> str:
    if word is None or Path(word).is_dir():
        raise UsageProblem(
            "a batch transform job takes what is in S3: name an s3:// archive or a registered version "
            "(`sluice register` makes one of a directory)"
        )
    return archive_of(word, release)


def _transform(archive: str, instance_type: str | None, release: Release) -> Transform:
    declared = release.declarations.get(release.model)
    if declared is None:
        raise UsageProblem(f"{release.model} is not deployed: a job's model is made as the endpoint's are")
    return compose_transform(
        declared.declaration,
        archive,
        bucket=release.bucket(),
        identity=uuid.uuid4().hex[:_IDENTITY_LENGTH],
        instance_type=_instance_type(instance_type, declared.declaration),
    )


def _instance_type(wanted: str | None, declared: Declaration) -> str:
    """The one that is wanted, else the endpoint's: SageMaker hosts on more types than it transforms on."""
    found = wanted or declared.shape.get("InstanceType")
    if found in transform_instance_types():
        return str(found)
    if wanted is None:
        raise UsageProblem(f"--instance-type is needed: a batch transform job does not run on the endpoint's ({found})")
    near = sorted(known for known in transform_instance_types() if known.startswith(wanted.rpartition(".")[0]))
    raise UsageProblem(f"no batch transform job runs on {wanted}: {', '.join(near) or 'ml.m5.large, for one'}")


def _asked(asked: list[Chosen], transform: Transform, release: Release) -> JobCandidate:
    """Nothing is started for nothing."""
    if not asked:
        return JobCandidate({})
    waits = f"{len(asked)} requests in the job {transform.name} on {transform.instance_type}"
    with release.out.console.status(waits) as status, unwound_by_sigterm():
        return ask_job(
            asked,
            transform,
            Transforms.connect(),
            told=lambda said: status.update(f"{waits}: {said}"),
            sleep=time.sleep,
        )


def _in_words(candidate: JobCandidate, transform: Transform) -> str:
    if not candidate.answers:
        return "no batch transform job was needed"
    return f"a batch transform job answered: {transform.instance_type} for {candidate.seconds:.0f} s"
