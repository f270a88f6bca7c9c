"""How is a report written, and what is said about it?"""

from collections.abc import Sequence
from pathlib import Path

from sluice.cli.drift_look import Found
from sluice.cli.show import Output
from sluice.cli.show_drift import form
from sluice.cli.target import UsageProblem
from sluice.report.compared_groups import compared_groups
from sluice.report.page import render
from sluice.report.sentence import headline


def write(found: Found, file: Path, picture: Path | None, out: Output) -> None:
    """Write the page, and the picture if there is to be one, and say where they are. Raises UsageProblem."""
    try:
        file.write_text(render(found.story), encoding="utf-8")
        if picture:
            picture.write_bytes(_drawn(found))
    except OSError as refused:
        raise UsageProblem(f"{refused.filename} cannot be written: {refused.strerror}") from refused
    _show([file, picture] if picture else [file], found, out)


def _show(files: Sequence[Path], found: Found, out: Output) -> None:
    """Where the report is, and its first sentence."""
    if out.as_json:
        between = {column: groups.to_dict() for column, groups in compared_groups(found.story).items()}
        lost = {where: loss.to_dict() for where, loss in found.story.losses.items()}
        files_told = [str(file) for file in files]
        out.json({**form(found), "between_groups": between, "quality_lost": lost, "files": files_told})
        return
    out.plain(headline(found.story, found.findings))
    for where, loss in found.story.losses.items():
        out.plain(f"  quality lost in {where or 'all rows'} since {loss.since:%Y-%m-%d %H:%M}: {loss.reason}")
    for file in files:
        out.plain(f"  {file}")


def _drawn(found: Found) -> bytes:
    try:
        from sluice.report.picture import picture  # noqa: PLC0415  the only one that needs pillow
    except ModuleNotFoundError as missing:
        raise UsageProblem("--png draws with pillow: pip install 'sluice[drift-files]'") from missing
    return picture(found.story)
