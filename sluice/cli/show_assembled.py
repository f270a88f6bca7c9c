"""What was assembled to learn from, in a few lines?"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sluice.cli.show import Output
from sluice.domain.training.choose import Fate
from sluice.domain.training.nothing import IN_WORDS

_SHOWN = 5


def show_assembled(form: Mapping[str, Any], folder: Path, out: Output) -> None:
    """Show a lineage: to programs all of it."""
    if out.as_json:
        out.json({"folder": str(folder), **form})
        return
    rows = sum(part["rows"] for part in form["parts"].values())
    out.plain(f"{form['model']}: {rows:,} rows to learn {form['label']!r} from, in {folder}")
    for line in _lines(form):
        out.plain(f"  {line}")


def _lines(form: Mapping[str, Any]) -> Iterator[str]:
    for name, part in form["parts"].items():
        yield f"{name}: {part['rows']:,} rows, {part['from']} to {part['to']}, label {_labels(part)}"
    own = form["own_decisions"]
    yield f"own decisions: {own['share']:.1%} of the rows are requests that the model itself answered ({own['rows']:,})"
    if form["largest_unit_rows"] > 1:
        yield f"the unit with most rows has {form['largest_unit_rows']:,}"
    yield from _coverage(form["labels"])
    yield from _left_out(form)
    yield from _troubles(form["files"])
    if form["settings"]["inputs_left_out"]:
        yield f"sensitive inputs are in no file: {', '.join(form['settings']['inputs_left_out'])}"


def _labels(part: Mapping[str, Any]) -> str:
    total = part["rows"]
    if not part["labels"] or len(part["labels"]) > _SHOWN:
        return f"{part['mean_label']:g} on average"
    return ", ".join(f"{label}: {count / total:.1%}" for label, count in part["labels"].items())


def _coverage(labels: Mapping[str, Any]) -> Iterator[str]:
    by_answer = labels["by_answer"]
    known, total = (sum(each[name] for each in by_answer.values()) for name in ("labels", "predictions"))
    told = ", ".join(f"{each['share']:.1%} of those answered {name}" for name, each in by_answer.items())
    yield f"labels came for {known:,} of {total:,} captured predictions{': ' if told else ''}{told}"
    if labels["are_selective"]:
        yield "note: whether a label comes depends on what was answered: these rows are no sample of what was asked"


def _left_out(form: Mapping[str, Any]) -> Iterator[str]:
    for whose, counts in (("", form["left_out"]), (" of history", (form["history"] or {}).get("left_out", {}))):
        for name, count in counts.items():
            fate = Fate[name.upper()]
            where = ": see quarantine.parquet" if fate.is_quarantined else ""
            yield f"left out{whose}: {count:,} {IN_WORDS[fate]}{where}"


def _troubles(files: list[Mapping[str, Any]]) -> Iterator[str]:
    troubled = [file for file in files if file["trouble"] or file["poisoned"]]
    for file in troubled[:_SHOWN]:
        why = file["trouble"] or f"{file['poisoned']:,} lines cannot be read"
        yield f"note: {file['key']}: {why}"
    if len(troubled) > _SHOWN:
        yield f"note: {len(troubled) - _SHOWN:,} more such files are named in lineage.json"
