"""How does a candidate compare with what was answered? Shown as a table, and the answers that differ most."""

import json
from collections.abc import Mapping
from math import isfinite

from rich.markup import escape

from sluice.cli.replay_candidate import Opened
from sluice.cli.show import Output
from sluice.domain.replay.compare import OutputTally
from sluice.domain.replay.report import Example, Outcome, Report

_IN_WORDS = {
    Outcome.COMPARED: "compared",
    Outcome.FAILED: "got no answer",
    Outcome.DEFECTIVE: "got an answer that would not be passed on",
    Outcome.REDACTED: "cannot be asked again: their sensitive inputs were taken out",
    Outcome.MISFIT: "do not fit the candidate: its inputs are others",
    Outcome.NO_ANSWER: "have no captured answer that can be read",
    Outcome.NOTHING_COMMON: "have no output in common",
}


def show_replay(report: Report, opened: Opened, out: Output, *, model: str) -> None:
    """Print a report, for people or as JSON."""
    if out.as_json:
        candidate = {"name": opened.name, "version": opened.version}
        job = {"job": opened.job} if opened.job else {}
        out.json({"model": model, "candidate": candidate, **job, **report.to_dict()})
        return
    out.plain(f"{model}: captured requests replayed to {opened.name}, version {opened.version}")
    out.plain(f"  requests: {_requests(report)}")
    out.plain(f"  answered then by: {_counts({f'version {name}': n for name, n in report.versions.items()})}")
    if report.skipped:
        out.plain(f"  left out: {_counts(report.skipped)}")
    out.plain(f"  agreement: {agreement_in_words(report)}")
    if report.outputs:
        columns = ("output", "rows", "agreement", "difference: mean", "p95", "max")
        out.table(columns, [_row(name, tally) for name, tally in report.outputs.items()])
    if report.milliseconds.n:
        p50, p95 = report.milliseconds.quantile(0.5), report.milliseconds.quantile(0.95)
        out.plain(f"  it took, seen from here: p50 {p50:.1f} ms, p95 {p95:.1f} ms")
    if opened.job:
        out.plain(f"  it took: not known by request, {opened.job}")
    for trouble in report.troubles:
        out.plain(f"  trouble: {trouble}")
    for example in report.worst:
        _show_example(example, out)


def agreement_in_words(report: Report) -> str:
    """The share of the rows in which the answers agree."""
    if report.agreement is None:
        return "unknown, nothing could be compared"
    return f"{report.agreement:.2%} ({report.agreeing} of {report.rows} rows)"


def _requests(report: Report) -> str:
    return _counts({_IN_WORDS[outcome]: n for outcome, n in sorted(report.outcomes.items(), key=_place)})


def _place(outcome: tuple[Outcome, int]) -> int:
    return list(Outcome).index(outcome[0])


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items()) or "none was found"


def _row(name: str, tally: OutputTally) -> list[str]:
    sketch = tally.differences
    amounts = (sketch.mean, sketch.quantile(0.95), sketch.largest) if sketch.n else ()
    numbers = [f"{amount:.3g}" for amount in amounts] or ["-", "-", "-"]
    return [escape(name), str(tally.rows), f"{tally.agreeing / tally.rows:.2%}", *numbers]


def _show_example(example: Example, out: Output) -> None:
    by = f"by {example.difference:.3g}" if isfinite(example.difference) else "a number is missing"
    verdict = "agrees" if example.agrees else "does not agree"
    out.plain(f"  {example.prediction_id} row {example.row} {verdict}, differs {by}")
    out.plain(f"    asked:    {json.dumps(example.inputs)}")
    out.plain(f"    answered: {json.dumps(example.captured)}")
    out.plain(f"    now:      {json.dumps(example.candidate)}")
