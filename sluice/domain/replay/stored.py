"""How is a report kept? As JSON, of which the same report is read back; times are not kept."""

from collections.abc import Mapping
from math import inf
from typing import Any

from sluice.domain.replay.compare import OutputTally
from sluice.domain.replay.report import Example, Outcome, Report
from sluice.domain.replay.sketch import Sketch


def to_document(report: Report) -> dict[str, Any]:
    """JSON form."""
    return {
        "outcomes": {outcome.value: count for outcome, count in report.outcomes.items()},
        "versions": dict(report.versions),
        "skipped": dict(report.skipped),
        "rows": report.rows,
        "agreeing": report.agreeing,
        "outputs": {name: _of_tally(tally) for name, tally in report.outputs.items()},
        "troubles": list(report.troubles),
        "worst": [example.to_dict() for example in report.worst],
    }


def from_document(form: Mapping[str, Any]) -> Report:
    """Read the JSON form. Raises KeyError, TypeError or ValueError."""
    return Report(
        outcomes={Outcome(outcome): count for outcome, count in form["outcomes"].items()},
        versions=dict(form["versions"]),
        skipped=dict(form["skipped"]),
        rows=form["rows"],
        agreeing=form["agreeing"],
        outputs={name: _tally(tally) for name, tally in form["outputs"].items()},
        troubles=tuple(form["troubles"]),
        worst=tuple(map(_example, form["worst"])),
    )


def _of_tally(tally: OutputTally) -> dict[str, Any]:
    found = tally.differences
    bins = {str(number): count for number, count in found.bins.items()}
    differences = {"n": found.n, "total": found.total, "largest": found.largest, "bins": bins}
    return {"rows": tally.rows, "agreeing": tally.agreeing, "differences": differences}


def _tally(form: Mapping[str, Any]) -> OutputTally:
    found = form["differences"]
    bins = {int(number): count for number, count in found["bins"].items()}
    return OutputTally(form["rows"], form["agreeing"], Sketch(found["n"], found["total"], found["largest"], bins))


def _example(form: Mapping[str, Any]) -> Example:
    """A difference that is no number is null."""
    return Example(**{**form, "difference": inf if form["difference"] is None else form["difference"]})
