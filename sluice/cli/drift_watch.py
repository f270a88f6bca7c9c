"""Commands about drift in the cloud: what each version is asked now, beside what it was trained on."""

from typing import Annotated

import typer

from sluice.aws.drift_judge import DriftJudge
from sluice.aws.volume_watches import VolumeWatches
from sluice.aws.watches import Watches
from sluice.cli.options import CONFIG, ConfigOption, JsonOption, ModelOption, TargetOption
from sluice.cli.release import Release
from sluice.cli.target import TargetName
from sluice.domain.drift.figures import number
from sluice.domain.monitoring.quality import KnownQuality, SliceQuality
from sluice.domain.monitoring.watch import Watch
from sluice.domain.monitoring.watch_volume import VolumeWatch

app = typer.Typer(help="Is a model still asked what it was trained on?")


@app.command()
def status(
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """What drifts, of every version that was looked at: how, how much, since when; and how often the model is asked."""
    release = Release.open(config, target, model, as_json=as_json)
    watches = Watches.connect(release.target.table).recent(release.model)
    volume = VolumeWatches.connect(release.target.table).of(release.model)
    if as_json:
        of_model = {"volume": volume.to_dict()} if volume else {}
        release.out.json([{**watch.to_dict(), **of_model} for watch in watches])
        return
    if not watches:
        release.out.plain(f"nobody has looked at {release.model} yet: see models.{release.model}.monitoring")
    if volume:
        _show_volume(volume, release)
    for watch in watches:
        _show(watch, release)


@app.command()
def accept(
    version: Annotated[str, typer.Argument(help="Whose drift: as `sluice drift status` shows it.")],
    reason: Annotated[str, typer.Option(help="Why this is the new normal, for the audit.")],
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Compare a version with what it has been asked since its drift began, and no longer with its training data."""
    release = Release.open(config, target, model, as_json=as_json)
    judge = DriftJudge.connect(release.output("monitoring", "JudgeDriftFunctionName"))
    watch = judge.accept(release.model, version, by=release.actor(), reason=reason)
    if as_json:
        release.out.json(watch.to_dict())
    elif watch.accepted is not None:
        since = f"{watch.accepted.since:%Y-%m-%d %H:%M}"
        release.out.plain(f"version {version} is compared with its {watch.accepted.rows:,} rows since {since} UTC")


def _show_volume(watch: VolumeWatch, release: Release) -> None:
    release.out.plain(
        f"volume of all versions: {watch.verdict}, {watch.reason}; looked at {watch.looked_at:%Y-%m-%d %H:%M} UTC"
    )
    if watch.unusual:
        found = watch.unusual
        release.out.plain(f"  far {found.change} since {found.since:%Y-%m-%d %H:%M}: {found.reason}")


def _show(watch: Watch, release: Release) -> None:
    compared = f"accepted by {watch.accepted.by}: {watch.accepted.reason}" if watch.accepted else "training data"
    release.out.plain(
        f"version {watch.id} ({watch.slot}): {watch.verdict}, {watch.reason}; "
        f"looked at {watch.looked_at:%Y-%m-%d %H:%M} UTC, compared with {compared}"
    )
    if watch.quality:
        _show_quality(watch.quality, release)
    else:
        release.out.plain("  quality: nothing is known: no reference of classes, or of labelled numbers")
    rows = [[f"  {each.where}", f"since {each.since:%Y-%m-%d %H:%M}", each.reason] for each in watch.drifting]
    if rows:
        release.out.lines(rows)


def _show_quality(known: KnownQuality, release: Release) -> None:
    release.out.plain(f"  quality: {known.reason}")
    if known.loss:
        release.out.plain(f"  lost since {known.loss.since:%Y-%m-%d %H:%M}: {known.loss.reason}")
    for where, loss in known.losses.items():
        release.out.plain(f"  lost in {where} since {loss.since:%Y-%m-%d %H:%M}: {loss.reason}")
    if known.judged:
        release.out.plain(f"  slices: {known.judged}")
    if known.slices:
        release.out.plain("  worst beside training, by slice:")
        release.out.lines([_of_slice(each) for each in known.slices])


def _of_slice(of: SliceQuality) -> list[str]:
    """A line: where, how well, how well at training, by how many labels."""
    now, then = of.accuracy, of.accuracy_at_training
    if of.mean_absolute_error is None:
        was = "unknown" if then is None else f"{then:.3f}"
        return [f"    {of.where}", f"accuracy {now:.3f}", f"{was} at training", f"{of.rows:,} labels"]
    then = of.mean_absolute_error_at_training
    was = "unknown" if then is None else number(then)
    error = f"mean absolute error {number(of.mean_absolute_error)}"
    return [f"    {of.where}", error, f"{was} at training", f"{of.rows:,} labels"]
