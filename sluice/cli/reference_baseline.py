"""How do references come from SageMaker Model Monitor, and how do its tools read ours? By its three JSON files."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice.cli.drift_source import read_reference_file
from sluice.cli.show import Output
from sluice.cli.target import UsageProblem
from sluice.domain.drift.finding import DriftFinding, Judgement
from sluice.domain.drift.model_monitor_export import constraints_of, statistics_of, violations_of
from sluice.domain.drift.model_monitor_import import import_baseline
from sluice.domain.drift.model_reference import text_of
from sluice.domain.drift.part import without
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.errors import InvalidReference

STATISTICS, CONSTRAINTS = "statistics.json", "constraints.json"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline of Model Monitor.

    Attributes:
        statistics: Its statistics.json.
        constraints: Its constraints.json; None where only statistics are known.
        left_out: Columns of it that are no inputs of the model, such as the label.

    """

    statistics: Path
    constraints: Path | None
    left_out: Collection[str]


def import_file(baseline: Baseline, out: Path, output: Output) -> None:
    """Write reference.json of a baseline. Raises UsageProblem, or InvalidReference where nothing of it is left."""
    reference = _watched(SlicedReference(_imported(baseline), {}), baseline.left_out)
    read = reference.whole
    _write(out, text_of(reference))
    names = [bins.name for bins in read.binning.features]
    if output.as_json:
        output.json({"file": str(out), "rows": read.summary.rows, "features": names})
        return
    output.plain(f"{out}: {len(names)} features of {read.summary.rows:,} rows")
    output.plain("  note: rows count as independent, and answers are not in it: `sluice reference build` learns both")


def _imported(baseline: Baseline) -> Reference:
    constraints = None if baseline.constraints is None else _json(baseline.constraints)
    try:
        return import_baseline(_json(baseline.statistics), constraints)
    except InvalidReference as wrong:
        raise UsageProblem(f"{baseline.statistics} is no baseline of Model Monitor: {wrong}") from wrong


def _watched(reference: SlicedReference, left_out: Collection[str]) -> SlicedReference:
    names = [bins.name for bins in reference.whole.binning.features]
    if unknown := sorted(set(left_out).difference(names)):
        raise UsageProblem(f"--without {', '.join(unknown)}: the baseline has {', '.join(names)}")
    return without(reference, left_out) if left_out else reference


def export_files(reference: Path, folder: Path, output: Output) -> None:
    """Write statistics.json and constraints.json of a reference. Raises UsageProblem."""
    whole = read_reference_file(reference).whole
    files = {STATISTICS: statistics_of(whole), CONSTRAINTS: constraints_of(whole)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise UsageProblem(f"{folder} cannot be made: {refused.strerror}") from refused
    for name, form in files.items():
        _write(folder / name, _text(form))
    written = [str(folder / name) for name in files]
    if output.as_json:
        output.json({"files": written})
        return
    output.plain(f"{' and '.join(written)}: {len(whole.binning.features)} features of {whole.summary.rows:,} rows")


def write_violations(findings: Sequence[DriftFinding], file: Path) -> None:
    """Write constraint_violations.json of what drifted. Raises UsageProblem."""
    _write(file, _text(violations_of(Judgement(tuple(findings)))))


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except OSError as unreadable:
        raise UsageProblem(f"{file} cannot be read ({unreadable.strerror})") from unreadable
    except ValueError as wrong:
        raise UsageProblem(f"{file} is not JSON: {wrong}") from wrong


def _text(form: Mapping[str, Any]) -> str:
    return json.dumps(form, indent=2) + "\n"


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as refused:
        raise UsageProblem(f"{file} cannot be written: {refused.strerror}") from refused
