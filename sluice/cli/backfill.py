"""`sluice drift backfill`: have files counted that were captured before they could be."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sluice.aws.backfills import Backfills
from sluice.cli.moment import parse_moment
from sluice.cli.options import CONFIG, ConfigOption, JsonOption, ModelOption, TargetOption
from sluice.cli.release import Release
from sluice.cli.show import Output
from sluice.cli.target import TargetName, UsageProblem
from sluice.clock import utc_now
from sluice.domain.feedback.capture import CAPTURES
from sluice.settings.source import load

if TYPE_CHECKING:  # needs numpy
    from sluice.service.backfill import Backfilled

_LOOK_AGAIN_SECONDS = 3.0


def backfill_command(
    since: Annotated[str, typer.Option("--since", help="Captured from then on: 2h (ago), 7d, 2026-11-22T10:30.")],
    until: Annotated[str, typer.Option("--until", help="Captured before then; as --since.")] = "0s",
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Count captured files by the references there are now; what is counted already is not counted again."""
    release = Release.open(config, target, model, as_json=as_json)
    settings = load(config)
    if not settings.models[release.model].is_watched:
        raise UsageProblem(f"{release.model} is not watched: see models.{release.model}.monitoring and capture")
    now = utc_now()
    first, last = parse_moment(since, now=now), parse_moment(until, now=now)
    if first >= last:
        raise UsageProblem(f"--since {since} is not before --until {until}")
    machine = release.output("monitoring", "BackfillStateMachineArn")
    if target is TargetName.LOCAL:  # which lists no bucket for a state machine
        from sluice.cli.backfill_here import Place, count_here  # noqa: PLC0415  needs numpy

        place = Place.of(settings, release.model, table=release.target.table, bucket=release.bucket())
        with progress_bar(release.out) as bar:
            done = count_here(place, bar, since=first, until=last, now=now)
        _show(release, done)
    else:
        _wait(release, Backfills.connect(machine), first, last)


def progress_bar(out: Output) -> Progress:
    """A bar of files; nothing for programs."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=out.console, disable=out.as_json, transient=True)


def _show(release: Release, done: "Backfilled") -> None:
    if release.out.as_json:
        release.out.json({"model": release.model, **done.to_dict()})
        return
    release.out.plain(f"{release.model}: {done.rows:,} rows of {done.files:,} files are counted, now or before")
    odd = {
        "requests of versions without a reference": done.without_reference,
        "lines that cannot be read": done.poisoned,
        "files that cannot be read": done.unreadable,
    }
    for what, count in odd.items():
        if count:
            release.out.plain(f"  {count:,} {what}")


def _wait(release: Release, backfills: Backfills, first: datetime, last: datetime) -> None:
    """By the function that counts, and a state machine that lists the files for it."""
    execution = backfills.start(f"{CAPTURES}/{release.endpoint}/", since=first, until=last)
    release.out.plain(f"started {execution}")
    with progress_bar(release.out) as bar:
        task = bar.add_task("counting", total=None)
        while not (found := backfills.progress(execution)).is_over:
            bar.update(task, completed=found.done + found.failed, total=found.files or None)
            time.sleep(_LOOK_AGAIN_SECONDS)
    if release.out.as_json:
        form = {"files": found.files, "done": found.done, "failed": found.failed, "trouble": found.trouble}
        release.out.json({"model": release.model, "execution": execution, **form})
    else:
        release.out.plain(f"{release.model}: {found.done:,} of {found.files:,} files are looked at")
        if found.failed or found.trouble:
            release.out.plain(f"  {found.failed:,} failed; {found.trouble or 'run it again: it counts nothing twice'}")
    if found.failed or found.trouble:
        raise typer.Exit(1)
