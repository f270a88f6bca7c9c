"""How is told what the gate found? What stops a candidate, all of it; of what passed, the closest call of each kind."""

import json
from collections.abc import Sequence
from pathlib import Path

from sluice.cli.show import Output
from sluice.cli.target import UsageProblem
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.card import Card
from sluice.domain.gate.finding import Subject
from sluice.report.model_card import headline, markdown

_MOST_LINES = 40


def write(card: Card, directory: Path) -> Sequence[Path]:
    """Write card.md and card.json into a directory, and say where. Raises UsageProblem."""
    texts = {"card.md": markdown(card), "card.json": json.dumps(card.to_dict(), indent=2) + "\n"}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (directory / name).write_text(text, encoding="utf-8")
    except OSError as refused:
        raise UsageProblem(f"{refused.filename} cannot be written: {refused.strerror}") from refused
    return [directory / name for name in texts]


def show(card: Card, files: Sequence[Path], out: Output) -> None:
    """Show the verdict and why."""
    if out.as_json:
        out.json({**card.to_dict(), "files": [str(file) for file in files]})
        return
    out.plain(headline(card))
    stopping = card.stopped_by
    for each in stopping[:_MOST_LINES]:
        out.plain(f"  {each.verdict.value}: {each.name}: {each.reason}")
    if (more := len(stopping) - _MOST_LINES) > 0:
        out.plain(f"  and {more} more; --json has all")
    for subject in Subject:
        passed = [each for each in card.of(subject) if each.verdict is Verdict.PASS]
        if passed:
            count = f" ({len(passed)} passed, this is the closest call)" if len(passed) > 1 else ""
            out.plain(f"  pass: {passed[0].name}: {passed[0].reason}{count}")
    if card.unjudged:
        few = ", ".join(f"{each.of} ({each.rows:,})" for each in card.unjudged[:_MOST_LINES])
        out.plain(f"  too few rows to judge: {few}")
    for file in files:
        out.plain(f"  {file}")
