"""Commands about retraining: start one, and see what is in flight, what was, and what was refused."""

import secrets
from typing import Annotated

import typer

from sluice.aws.retrainer import Retrainer
from sluice.aws.retrainings import Retrainings
from sluice.cli.options import CONFIG, ConfigOption, JsonOption, ModelOption, TargetOption
from sluice.cli.release import Release
from sluice.cli.target import TargetName, UsageProblem
from sluice.domain.retraining.book import Book
from sluice.domain.retraining.ending import Ending, ending
from sluice.domain.retraining.pending import Pending
from sluice.domain.retraining.run import Run

app = typer.Typer(help="Train a model anew: by schedule, on drift, or now.")

_MOST_SHOWN = 10


@app.command()
def start(
    reason: Annotated[str, typer.Option(help="Why, for the audit and for the pipeline.")],
    force: Annotated[
        bool, typer.Option("--force", help="In spite of cool-down and budget; never beside another one in flight.")
    ] = False,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter of the pipeline; repeatable.")
    ] = None,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Start the training pipeline of a model now; audited."""
    parameters = _parameters(parameter or [])
    release = Release.open(config, target, model, as_json=as_json)
    retrainer = Retrainer.connect(release.output("retraining", "RetrainFunctionName"))
    said = {"by": release.actor(), "reason": reason, "key": secrets.token_hex(8), "force": force}
    run = retrainer.start(release.model, {**said, "parameters": parameters})
    if as_json:
        release.out.json(run.to_dict())
    else:
        release.out.plain(f"retraining {run.id} of {release.model} is started: {run.execution}")
        if run.version:
            release.out.plain(f"it makes version {run.version}")


@app.command()
def status(
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """What is in flight, how earlier retrainings ended and at which step, and what was refused, newest first."""
    release = Release.open(config, target, model, as_json=as_json)
    book = Retrainings.connect(release.target.table).of(release.model)
    if as_json:
        release.out.json(book.to_dict())
        return
    if book.pending is not None:
        _show_pending(book.pending, release)
    if not book.runs and not book.refused:
        release.out.plain(f"{release.model} has not been retrained yet: see models.{release.model}.retraining")
    _show(book, release)


def _show(book: Book, release: Release) -> None:
    for run in book.runs[:_MOST_SHOWN]:
        _show_run(run, release)
    for refusal in book.refused[:_MOST_SHOWN]:
        release.out.plain(
            f"refused at {refusal.at:%Y-%m-%d %H:%M} UTC, {refusal.cause} by {refusal.by}: {refusal.reason}"
        )
        release.out.plain(f"  because {refusal.refused}")


def _show_pending(pending: Pending, release: Release) -> None:
    release.out.plain(f"waits since {pending.at:%Y-%m-%d %H:%M} UTC: {pending.reason}")
    release.out.plain(
        "  it is taken up when nothing is in flight and drift_wait_hours, cool-down and budget allow it, if it still "
        "is so then"
    )


def _show_run(run: Run, release: Release) -> None:
    forced = ", forced" if run.forced else ""
    ended = f", seen to end at {run.ended_at:%Y-%m-%d %H:%M} UTC" if run.ended_at else ""
    refused = f", {Ending.REFUSED}" if ending(run) is Ending.REFUSED else ""
    release.out.plain(
        f"retraining {run.id}: {run.status}{refused}, called for at {run.requested_at:%Y-%m-%d %H:%M} UTC by {run.by} "
        f"({run.cause}{forced}){ended}: {run.reason}"
    )
    if run.version:
        release.out.plain(f"  version {run.version}")
    if run.execution:
        release.out.plain(f"  {run.execution}")
    if run.failure:
        release.out.plain(f"  {run.failure}")
    for step in run.failed:
        release.out.plain(f"  step {step.name} failed: {step.reason}".removesuffix(": "))


def _parameters(words: list[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    if any(not name or not equals for name, equals, _ in pairs):
        raise UsageProblem(f"--parameter is NAME=VALUE, got {', '.join(words)}")
    return {name: value for name, _, value in pairs}
