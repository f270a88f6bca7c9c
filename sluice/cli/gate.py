"""The gate: may a candidate take the champion's place? Two model directories and a file of labelled rows; no cloud."""

from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.drift_options import DataOption, check_installed
from sluice.cli.options import CONFIG, JsonOption
from sluice.cli.show import Output
from sluice.domain.evidence.finding import Verdict

_STATUS = {Verdict.PASS: 0, Verdict.INCONCLUSIVE: 1, Verdict.FAIL: 1, Verdict.ERROR: 2}


def gate_command(
    candidate: Annotated[Path, typer.Argument(metavar="CANDIDATE", help="Its model directory.")],
    champion: Annotated[Path, typer.Option("--champion", help="The model directory of the version it may replace.")],
    data: DataOption,
    label: Annotated[str, typer.Option("--label", help="Column of the true class, by its name or place.")],
    slice_: Annotated[
        list[str] | None, typer.Option("--slice", help="Column in each of whose values it must not do worse.")
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="Column of groups that it must not treat less alike than the champion does."),
    ] = None,
    checks: Annotated[
        Path | None, typer.Option("--checks", help="A checks.yaml: cases and answers; by default that of --config.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A directory to write card.md and card.json into; such as CANDIDATE.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="A sluice.yaml with margins; by default the one here, if any.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge a candidate beside the champion. Exit status: 0 passed, 1 stopped by the gate, 2 it could not be judged."""
    check_installed()
    from sluice.cli.gate_files import Words, judge_files  # noqa: PLC0415  needs numpy and pyarrow
    from sluice.cli.show_gate import show, write  # noqa: PLC0415  the same

    here = config or (CONFIG if CONFIG.is_file() else None)
    words = Words(candidate, champion, data, label, tuple(slice_ or ()), tuple(group or ()), checks, here)
    output = Output(as_json)
    with output.console.status("asking both versions, and comparing"):
        card = judge_files(words)
    show(card, write(card, out) if out else (), output)
    raise typer.Exit(_STATUS[card.verdict])
