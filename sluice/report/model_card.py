"""How does a model card read? As Markdown, for people who decide about a version."""

from collections.abc import Iterator, Sequence

from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.card import Card, Version
from sluice.domain.gate.finding import GateFinding, Subject

_HEADS = {
    "On all rows": (Subject.ANSWERS, Subject.AUC, Subject.LOG_LOSS, Subject.BRIER, Subject.CALIBRATION),
    "By slice": (Subject.SLICE,),
    "Between groups": (Subject.FAIRNESS,),
    "Robustness: one input missing or out of range": (Subject.ROBUSTNESS,),
    "Cost": (Subject.LATENCY, Subject.SIZE),
    "Checks": (Subject.CHECK,),
}
_HINTS = {
    "By slice": "Log loss of the rows with one value, beside the champion's of the same rows.",
    "Between groups": (
        "How far each group's rate is from that of all other groups together, beside how far the champion's is. A gap "
        "is not its cause: groups differ in how often a class is true of them."
    ),
    "Robustness: one input missing or out of range": "Share of answers whose class changes, beside the champion's.",
}
_OUTCOMES = {
    Verdict.PASS: "PASSED",
    Verdict.INCONCLUSIVE: "STOPPED: not shown to be as good",
    Verdict.ERROR: "STOPPED: it could not be judged",
    Verdict.FAIL: "STOPPED: worse than allowed",
}


def headline(card: Card) -> str:
    """What, beside what, on what, and the outcome."""
    one, other = card.candidate.signature, card.champion.signature
    return (
        f"{one.model} version {one.version} beside version {other.version}, on {card.holdout.judged:,} labelled rows "
        f"of {card.holdout.name}: {_OUTCOMES[card.verdict]}"
    )


def markdown(card: Card) -> str:
    """The whole card."""
    signature = card.candidate.signature
    parts = [f"# {_cell(signature.model)} version {_cell(signature.version)}", f"**{_cell(headline(card))}**"]
    if card.stopped_by:
        parts.append(
            "\n".join(f"- {each.verdict}: {_cell(each.name)}: {_cell(each.reason)}" for each in card.stopped_by)
        )
    parts += ["## The model", _table(("", "candidate", "champion"), _versions(card.candidate, card.champion))]
    parts += [_table(("input or output", "datatype", "shape", ""), _tensors(card.candidate))]
    parts += ["## The rows", _table(("", ""), _rows(card))]
    for head, subjects in _HEADS.items():
        parts += _section(head, [each for subject in subjects for each in card.of(subject)])
    parts += _limits(card)
    return "\n\n".join(parts) + "\n"


def _section(head: str, findings: Sequence[GateFinding]) -> Iterator[str]:
    if not findings:
        return
    yield f"## {head}"
    if head in _HINTS:
        yield _HINTS[head]
    rows = [(each.of or each.name, each.verdict.value, each.reason) for each in findings]
    yield _table(("", "verdict", "in words"), rows)


def _limits(card: Card) -> Iterator[str]:
    if card.unjudged:
        yield "## Not judged"
        yield "Too few labelled rows: " + ", ".join(f"{_cell(each.of)} ({each.rows:,})" for each in card.unjudged) + "."
    yield "## How it was judged"
    share = 100 * card.margins.error
    yield (
        f"Each interval misses on either side in {share:g} of 100 holdouts at most; the candidate passes where all of "
        "it is within what is allowed. Rows are taken to depend on each other within blocks of "
        f"{card.holdout.block_rows:,} consecutive ones. Differences are candidate less champion, but for latency: that "
        "is a ratio."
    )
    yield _table(("margin", ""), [(name, f"{value:g}") for name, value in card.margins.to_dict().items()])
    yield f"Judged at {card.judged_at:%Y-%m-%d %H:%M} UTC."


def _versions(one: Version, other: Version) -> Iterator[tuple[str, str, str]]:
    yield "version", one.signature.version, other.signature.version
    yield "model.onnx, SHA-256", one.digest, other.digest
    yield "model.onnx, bytes", f"{one.size:,}", f"{other.size:,}"
    yield "classes", ", ".join(one.signature.classes), ", ".join(other.signature.classes)


def _tensors(version: Version) -> Iterator[tuple[str, str, str, str]]:
    for spec in (*version.signature.inputs, *version.signature.outputs):
        shape = " by ".join("any" if dim < 0 else str(dim) for dim in spec.shape)
        bounds = f"{spec.minimum:g} to {spec.maximum:g}" if None not in (spec.minimum, spec.maximum) else ""
        yield spec.name, spec.datatype.value, shape, "optional" if spec.optional else bounds


def _rows(card: Card) -> Iterator[tuple[str, str]]:
    holdout = card.holdout
    yield "file", holdout.name
    yield "SHA-256", holdout.digest
    yield "rows", f"{holdout.rows:,}"
    yield "of them judged: labelled, and answered by both", f"{holdout.judged:,}"
    for name, rows in holdout.by_class.items():
        yield f"… {name}", f"{rows:,}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]] | Iterator[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """As text: a category may be called anything."""
    plain = " ".join(text.split())
    return "".join(f"\\{mark}" if mark in "\\|<>`*_[]#" else mark for mark in plain)
