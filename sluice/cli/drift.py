"""Commands about drift: has later data moved away from what the model was made for?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sluice.cli.drift_options import (
    AlarmsOption,
    DataOption,
    FileWords,
    LabelOption,
    MaybeDataOption,
    MaybeReferenceOption,
    PredictOption,
    ReferenceOption,
    RowsOption,
    RunsOption,
    ScoreOption,
    SliceOption,
    TimeOption,
    ViolationsOption,
    WindowOption,
    WithoutOption,
    check_installed,
)
from sluice.cli.drift_subject import SinceOption, VersionOption, check_subject
from sluice.cli.options import CONFIG, ConfigOption, JsonOption, ModelOption, TargetOption
from sluice.cli.release import Release
from sluice.cli.show import Output
from sluice.cli.target import TargetName

if TYPE_CHECKING:  # needs numpy and pyarrow
    from sluice.cli.drift_look import Found

app = typer.Typer(help="Drift: has later data moved away from what the model was made for?")

_BUDGET = 1.0


@app.command()
def check(
    reference: ReferenceOption,
    data: DataOption,
    rows_per_window: RowsOption = None,
    time: TimeOption = None,
    window: WindowOption = None,
    slice_: SliceOption = None,
    without: WithoutOption = None,
    score: ScoreOption = None,
    predict: PredictOption = False,
    false_alarms: AlarmsOption = _BUDGET,
    runs: RunsOption = None,
    violations: ViolationsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the rows of a file. Exit status: 0 nothing drifted, 1 something did, 2 it could not be judged."""
    words = FileWords(
        reference=reference,
        data=data,
        rows_per_window=rows_per_window,
        time=time,
        window=window,
        slices=slice_,
        without=without,
        scores=score,
        predict=predict,
        false_alarms=false_alarms,
        runs=runs,
    )
    out = Output(as_json)
    found = _look_at_file(words, out)
    from sluice.cli.show_drift import show  # noqa: PLC0415  needs numpy

    show(found, out)
    if violations is not None:
        from sluice.cli.reference_baseline import write_violations  # noqa: PLC0415  needs numpy

        write_violations(found.findings, violations)
    raise typer.Exit(1 if found.drifted else 0)


@app.command()
def report(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="The page: one HTML file that needs nothing else.")],
    png: Annotated[Path | None, typer.Option("--png", help="A picture of the overview, too, for chat.")] = None,
    model: ModelOption = None,
    version: VersionOption = None,
    since: SinceOption = "7d",
    reference: MaybeReferenceOption = None,
    data: MaybeDataOption = None,
    label: LabelOption = None,
    rows_per_window: RowsOption = None,
    time: TimeOption = None,
    window: WindowOption = None,
    slice_: SliceOption = None,
    without: WithoutOption = None,
    score: ScoreOption = None,
    predict: PredictOption = False,
    false_alarms: AlarmsOption = _BUDGET,
    runs: RunsOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Write what drifted as a page to look at: what a deployed model was asked or, with --data, the rows of a file."""
    check_subject(context)
    output = Output(as_json)
    if reference is None or data is None:
        found = _look_at_version(Release.open(config, target, model, as_json=as_json), config, version, since)
    else:
        words = FileWords(
            reference=reference,
            data=data,
            label=label,
            rows_per_window=rows_per_window,
            time=time,
            window=window,
            slices=slice_,
            without=without,
            scores=score,
            predict=predict,
            false_alarms=false_alarms,
            runs=runs,
        )
        found = _look_at_file(words, output)
    from sluice.cli.drift_report import write  # noqa: PLC0415  needs numpy

    write(found, out, png, output)


def _look_at_file(words: FileWords, out: Output) -> "Found":
    length = words.window_length()
    check_installed()
    from sluice.cli.drift_look import Wanted, look  # noqa: PLC0415  needs numpy and pyarrow

    with out.console.status("reading and judging"):
        return look(Wanted.of(words, length))


def _look_at_version(release: Release, config: Path, version: str | None, since: str) -> "Found":
    check_installed("numpy")
    from sluice.cli.drift_deployed import look  # noqa: PLC0415  needs numpy

    with release.out.console.status("reading and judging"):
        return look(release, config, version, since)
