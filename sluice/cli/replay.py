"""What would another version have answered? `sluice replay` puts captured requests to it and compares the answers."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import typer

from sluice.aws.recorded_requests import RecordedRequests
from sluice.cli.moment import parse_moment
from sluice.cli.options import CONFIG, ConfigOption, JsonOption, ModelOption, TargetOption
from sluice.cli.release import Release
from sluice.cli.replay_candidate import Opened, open_candidate
from sluice.cli.replay_transform import replay_by_job
from sluice.cli.show_replay import agreement_in_words, show_replay
from sluice.cli.target import TargetName, UsageProblem
from sluice.clock import utc_now
from sluice.domain.feedback.capture import CAPTURES
from sluice.domain.incident import Incident
from sluice.domain.replay.compare import TOLERANCE
from sluice.domain.replay.report import Report
from sluice.domain.replay.selection import Condition, Selection
from sluice.service.choose_captured import choose_captured
from sluice.service.replay import replay

_EXAMPLES_WITHIN = timedelta(days=3)  # an incident's are not older
_JUST_AFTER = timedelta(hours=1)  # the look that opened it went on, and took its examples later

CandidateArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="CANDIDATE",
        help="A model directory, an s3://….tar.gz, or a registered package (number, ARN, version): served here.",
        show_default=False,
    ),
]
ToOption = Annotated[
    str | None, typer.Option("--to", metavar="SLOT", help="Ask a variant of the endpoint, whatever its weight.")
]
TransformOption = Annotated[
    bool, typer.Option("--transform", help="Ask it in a batch transform job: for many requests, on AWS.")
]
InstanceOption = Annotated[
    str | None,
    typer.Option("--instance-type", metavar="TYPE", help="Of the transform job; left out, the endpoint's."),
]
ToleranceOption = Annotated[
    float, typer.Option("--tolerance", min=0, help="How far numbers without classes may lie apart and still agree.")
]
FailOption = Annotated[
    float | None,
    typer.Option("--fail-below", min=0, max=1, help="Exit with 1 when a smaller share of the rows agrees."),
]


@dataclass(frozen=True, slots=True)
class Whom:
    """Who answers: one of the two.

    Attributes:
        word: The argument CANDIDATE.
        slot: The option ``--to``.

    """

    word: str | None
    slot: str | None


def replay_command(
    candidate: CandidateArgument = None,
    to: ToOption = None,
    since: Annotated[
        str, typer.Option("--since", help="Captured from then on: 2h (ago), 7d, 2026-11-22T10:30.")
    ] = "24h",
    until: Annotated[str, typer.Option("--until", help="Captured before then; as --since.")] = "0s",
    variant: Annotated[str | None, typer.Option("--variant", help="What this variant was asked.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="What this version answered.")] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", metavar="INPUT=VALUE", help="Only such rows; several: all hold.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many requests, the newest.")] = 500,
    tolerance: ToleranceOption = TOLERANCE,
    fail_below: FailOption = None,
    transform: TransformOption = False,
    instance_type: InstanceOption = None,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Put captured requests to a candidate and compare its answers with those that were given."""
    release = Release.open(config, target, model, as_json=as_json)
    now = utc_now()
    selection = Selection(
        since=parse_moment(since, now=now),
        until=parse_moment(until, now=now),
        most=limit,
        variant=variant,
        version=version,
        where=tuple(map(Condition.parse, where or ())),
    )
    if selection.since >= selection.until:
        raise UsageProblem(f"--since {since} is not before --until {until}")
    if transform:
        if to is not None:
            raise UsageProblem("--transform takes a CANDIDATE, and no --to")
        report = replay_by_job(release, candidate, selection, instance_type=instance_type, tolerance=tolerance)
    elif instance_type is not None:
        raise UsageProblem("--instance-type is of a --transform")
    else:
        report = run_replay(release, Whom(candidate, to), selection, tolerance=tolerance)
    if fail_below is not None and (report.agreement is None or report.agreement < fail_below):
        release.out.plain(f"too little: {agreement_in_words(report)}, at least {fail_below:.2%} is asked for")
        raise typer.Exit(1)


def replay_incident(release: Release, incident: Incident, whom: Whom, *, tolerance: float) -> None:
    """Put the requests of an incident to a candidate, else to the version that it is about. Raises UsageProblem."""
    if not incident.prediction_ids:
        raise UsageProblem(f"{incident.id} names no predictions to replay: {incident.replay}")
    selection = Selection(
        since=incident.opened_at - _EXAMPLES_WITHIN,
        until=incident.opened_at + _JUST_AFTER,
        most=len(incident.prediction_ids),
        variant=incident.variant or None,
        ids=frozenset(incident.prediction_ids),
    )
    chosen = _suspect(release, incident) if whom == Whom(None, None) else whom
    run_replay(release, chosen, selection, tolerance=tolerance)


def run_replay(release: Release, whom: Whom, selection: Selection, *, tolerance: float) -> Report:
    """Choose, replay, show. Raises UsageProblem, InvalidSelection, ModelNotFound."""
    with release.out.console.status("opening the candidate"), open_candidate(whom.word, whom.slot, release) as opened:
        report = _replayed(release, opened, selection, tolerance)
    show_replay(report, opened, release.out, model=release.model)
    return report


def _replayed(release: Release, opened: Opened, selection: Selection, tolerance: float) -> Report:
    recorded = RecordedRequests.connect(f"s3://{release.bucket()}/{CAPTURES}")
    choice = choose_captured(selection, recorded, endpoint=release.endpoint, signature=opened.signature)
    return replay(
        choice,
        opened.candidate,
        signature=opened.signature,
        tolerance=tolerance,
        clock=time.perf_counter,
        sensitive=release.sensitive,
    )


def _suspect(release: Release, incident: Incident) -> Whom:
    """The version of its rollout, served here: it may be in no slot any more. Without a rollout, whoever answered."""
    if not incident.rollout_id:
        return Whom(None, incident.variant)
    return Whom(release.rollout(incident.rollout_id).candidate.artifact, None)
