"""Commands about references: what later rows are compared with."""

from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.drift_options import (
    DataOption,
    LabelOption,
    PredictOption,
    ReferenceOption,
    ScoreOption,
    SliceOption,
    WithoutOption,
    check_installed,
)
from sluice.cli.options import JsonOption
from sluice.cli.show import Output

app = typer.Typer(help="References: what later data is compared with, to find drift.")


@app.command()
def build(
    data: DataOption,
    model_dir: Annotated[Path, typer.Option("--model-dir", help="The model directory: its signature names features.")],
    out: Annotated[Path | None, typer.Option("--out", help="Where to; by default into the model directory.")] = None,
    label: LabelOption = None,
    score: ScoreOption = None,
    predict: PredictOption = False,
    slice_: SliceOption = None,
    categorical: Annotated[
        list[str] | None, typer.Option("--categorical", help="Input that is a category although it is a number.")
    ] = None,
    without: WithoutOption = None,
    block: Annotated[
        int, typer.Option("--rows-per-window", min=1, help="About as many rows as a window will have.")
    ] = 500,
    as_json: JsonOption = False,
) -> None:
    """Build reference.json from the rows a model learnt from, in the order they came."""
    check_installed()
    from sluice.cli.drift_source import Data  # noqa: PLC0415  needs numpy and pyarrow
    from sluice.cli.reference_build import Wanted, build_file  # noqa: PLC0415  the same

    wanted = Wanted(
        Data(data, label, tuple(score or ()), tuple(slice_ or ())),
        model_dir,
        predict=predict,
        categorical=frozenset(categorical or ()),
        left_out=frozenset(without or ()),
        window_rows=block,
    )
    build_file(wanted, out, Output(as_json))


@app.command("import")
def import_(
    statistics: Annotated[Path, typer.Option("--statistics", help="Model Monitor's statistics.json.")],
    constraints: Annotated[
        Path | None, typer.Option("--constraints", help="Its constraints.json: categories and bounds beside them.")
    ] = None,
    without: WithoutOption = None,
    out: Annotated[Path, typer.Option("--out", help="Where to.")] = Path("reference.json"),
    as_json: JsonOption = False,
) -> None:
    """Make reference.json of a baseline of SageMaker Model Monitor."""
    check_installed()
    from sluice.cli.reference_baseline import Baseline, import_file  # noqa: PLC0415  needs numpy and pyarrow

    import_file(Baseline(statistics, constraints, without or ()), out, Output(as_json))


@app.command()
def export(
    reference: ReferenceOption,
    out: Annotated[Path, typer.Option("--out", help="The folder they are written to.")] = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write statistics.json and constraints.json, as SageMaker Model Monitor does, of a reference."""
    check_installed()
    from sluice.cli.reference_baseline import export_files  # noqa: PLC0415  needs numpy and pyarrow

    export_files(reference, out, Output(as_json))
