"""Commands about data to learn from."""

from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.drift_options import check_installed
from sluice.cli.options import CONFIG, ConfigOption, JsonOption, ModelOption, TargetOption
from sluice.cli.release import Release
from sluice.cli.show import Output
from sluice.cli.target import TargetName

app = typer.Typer(help="Data to learn from: what was asked, beside what became of it.")


@app.command()
def assemble(
    since: Annotated[str, typer.Option("--since", help="Predicted from then on: 30d (ago), 2026-11-22T10:30.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")] = Path("build/data"),
    until: Annotated[str, typer.Option("--until", help="Predicted before then; as --since.")] = "0s",
    as_of: Annotated[
        str, typer.Option("--as-of", help="Nothing that was not known then; --since and --until go by it, too.")
    ] = "0s",
    label: Annotated[
        str | None, typer.Option("--label", help="The name of the feedback to learn; by default feedback.label.")
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            "--split",
            metavar="PERCENTS|MOMENTS",
            help="Percents for train/validation/test, or the first moments of the last two: 2026-11-20/2026-11-25.",
        ),
    ] = "80/10/10",
    max_per_unit: Annotated[
        int, typer.Option("--max-per-unit", min=0, help="At most so many captured rows of a unit; 0: all.")
    ] = 0,
    outliers: Annotated[
        float,
        typer.Option(
            "--outliers", min=0, help="Not learnt from: so many widths of 98% of the numbers beyond them; 0: none is."
        ),
    ] = 10.0,
    quarantine_rows: Annotated[
        int, typer.Option("--quarantine-rows", min=0, help="At most so many rows in quarantine.parquet.")
    ] = 10_000,
    history: Annotated[
        Path | None, typer.Option("--history", help="A .parquet file of earlier rows, put before the captured ones.")
    ] = None,
    history_time: Annotated[
        str, typer.Option("--history-time", help="Its column of times: ISO 8601 or seconds since 1970; UTC.")
    ] = "time",
    history_label: Annotated[
        str | None, typer.Option("--history-label", help="Its column of labels; by default it is called as --label.")
    ] = None,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Join captured requests with the labels that came for them: train, validation and test, split by time."""
    check_installed()
    release = Release.open(config, target, model, as_json=as_json)
    from sluice.cli.assemble_here import run  # noqa: PLC0415  needs numpy and pyarrow
    from sluice.cli.assemble_order import Words  # noqa: PLC0415  the same

    words = Words(
        since=since,
        until=until,
        as_of=as_of,
        label=label,
        split=split,
        max_per_unit=max_per_unit,
        outliers=outliers,
        quarantine_rows=quarantine_rows,
        history=history,
        history_time=history_time,
        history_label=history_label,
    )
    run(release, config, words, out)


@app.command()
def skew(
    data: Annotated[Path, typer.Option("--data", help="A part that was assembled, such as build/data/test.parquet.")],
    features: Annotated[
        str,
        typer.Option(
            "--features",
            metavar="package.module:function",
            help="Computes features anew: takes rows (a pyarrow table), gives a table of the same rows.",
        ),
    ],
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0, help="How far numbers may lie apart, relative above 1.")
    ] = 1e-5,
    fail_above: Annotated[
        float, typer.Option("--fail-above", min=0, max=1, help="Exit with 1 when more of a feature's rows differ.")
    ] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Compare captured features with the same ones computed anew: what a model is asked, with what it learns from."""
    check_installed()
    from sluice.cli.skew_here import run  # noqa: PLC0415  needs numpy and pyarrow

    run(data, features, tolerance=tolerance, fail_above=fail_above, out=Output(as_json))
