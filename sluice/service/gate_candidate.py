"""May a candidate take the champion's place? Ask both about the same rows, compare, and write down what was found."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np

from sluice.data_file.unreadable import UnreadableFile
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.array import Counts, Flags
from sluice.domain.drift.column import Codes, Column, taken
from sluice.domain.drift.sliced import coded, taken_of
from sluice.domain.errors import GateRefused
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.answers import judge_answers
from sluice.domain.gate.card import Card, Holdout, Version
from sluice.domain.gate.checks import Check, asked, judge_checks
from sluice.domain.gate.cost import judge_latency, judge_size
from sluice.domain.gate.finding import GateFinding
from sluice.domain.gate.groups import judge_groups
from sluice.domain.gate.margins import Margins
from sluice.domain.gate.overall import judge_overall
from sluice.domain.gate.paired import BLOCKS, LEAST_ROWS
from sluice.domain.gate.robustness import Base, Varied, judge_robustness, variations
from sluice.domain.gate.scored import Scored
from sluice.domain.gate.slices import Unjudged, judge_slices
from sluice.domain.signature import Datatype, Signature, TensorSpec
from sluice.service.drift_rows import Rows
from sluice.service.take_turns import Clock, Run, take_turns

_PIECE = 4096  # rows that a model is asked about at once
_VARIED_ROWS = 3000
_ROUNDS = {"per row": (1, 300), "per batch of 256 rows": (256, 60)}


@dataclass(frozen=True, slots=True)
class Contender:
    """A version that can be asked.

    Attributes:
        version: What it is.
        answers: Its output of probabilities.
        ask: From columns to answers. Raises UnreadableFile where it refuses them.
        prepare: From columns to a call that answers them once more and does nothing else.

    """

    version: Version
    answers: TensorSpec
    ask: Callable[[Mapping[str, Column]], Answers]
    prepare: Callable[[Mapping[str, Column]], Run]


class Pair(NamedTuple):
    """Who is compared."""

    candidate: Contender
    champion: Contender


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is judged, and by what.

    Attributes:
        name: Of the holdout.
        digest: Of the holdout.
        slices: Columns whose values must not do worse.
        groups: Columns whose values must not be treated less alike.
        checks: What is expected of certain answers, by name.
        margins: What is allowed.

    """

    name: str
    digest: str
    slices: Sequence[str]
    groups: Sequence[str]
    checks: Mapping[str, Check]
    margins: Margins


@dataclass(frozen=True, slots=True)
class _Both:
    """What both answered to the holdout."""

    candidate: Answers
    champion: Answers
    scored: Scored
    used: Flags


def check_alike(candidate: Signature, champion: Signature) -> None:
    """Raise GateRefused unless both take the same inputs and tell the same classes apart."""
    if not champion.classes:
        raise GateRefused("the champion's signature names no classes: the gate judges classifiers")
    if candidate.model != champion.model:
        raise GateRefused(f"the candidate is a version of {candidate.model}, the champion of {champion.model}")
    if not candidate.accepts_all_of(champion):
        theirs = {spec.name: spec for spec in champion.inputs}
        ours = {spec.name: spec for spec in candidate.inputs}
        other = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
        raise GateRefused(f"the candidate has another signature than the champion: inputs {', '.join(other)} differ")
    if candidate.classes != champion.classes:
        raise GateRefused(
            f"the candidate has another signature than the champion: its classes are {', '.join(candidate.classes)}, "
            f"the champion's {', '.join(champion.classes)}"
        )


def gate_candidate(pair: Pair, rows: Rows, wanted: Wanted, *, clock: Clock, now: datetime) -> Card:
    """Judge. ``rows`` have labels, the champion's answers, and the columns of ``wanted``.

    What answers anything but probabilities is stopped at once: nothing else would mean anything. Raises GateRefused
    where nothing can be judged.
    """
    candidate, champion = pair
    check_alike(candidate.version.signature, champion.version.signature)
    both = _ask_candidate(candidate, rows)
    findings: list[GateFinding] = [judge_answers(both.candidate, candidate.answers)]
    few: list[Unjudged] = []
    if findings[0].verdict is Verdict.PASS:
        _check_enough(both.scored)
        compared, few = _compare(pair, rows, both, wanted)
        findings += [*compared, *_judge_cost(pair, rows, wanted.margins, clock=clock)]
        findings += _judge_checks(pair, wanted.checks)
    holdout = _holdout(both, rows, candidate.version.signature.classes, wanted)
    return Card(candidate.version, champion.version, holdout, tuple(findings), tuple(few), wanted.margins, now)


def _ask_candidate(candidate: Contender, rows: Rows) -> _Both:
    labels, champions, classes = rows.labels, rows.answers, candidate.version.signature.classes
    if labels is None or champions is None or not (labels >= 0).any():
        raise GateRefused("no row of the holdout has a label: are the labels those of other rows?")
    present = np.unique(labels[labels >= 0])
    if len(present) == 1:
        raise GateRefused(
            f"every label of the holdout is {classes[int(present[0])]}: of a single class nothing can be judged"
        )
    answers = _ask(candidate, rows.columns, "the candidate")
    return _Both(answers, champions, *Scored.of(labels, answers, champions))


def _check_enough(scored: Scored) -> None:
    if len(scored) < LEAST_ROWS:
        raise GateRefused(
            f"{len(scored):,} rows of the holdout have a label and a finite answer of the champion: at least "
            f"{LEAST_ROWS} are needed"
        )


def _ask(contender: Contender, columns: Mapping[str, Column], name: str) -> Answers:
    try:
        parts = [contender.ask(piece) for piece in _pieces(columns)]
    except UnreadableFile as refused:
        raise GateRefused(f"{name} cannot be judged: {refused}") from refused
    return Answers(
        np.concatenate([part.probabilities for part in parts]), np.concatenate([part.predicted for part in parts])
    )


def _pieces(columns: Mapping[str, Column]) -> Iterator[dict[str, Column]]:
    rows = len(next(iter(columns.values())))
    for start in range(0, rows, _PIECE):
        yield {name: column[start : start + _PIECE] for name, column in columns.items()}


def _compare(pair: Pair, rows: Rows, both: _Both, wanted: Wanted) -> tuple[list[GateFinding], list[Unjudged]]:
    """On all rows, by slice, by group, and where inputs are missing or out of range."""
    classes, margins = pair.candidate.version.signature.classes, wanted.margins
    places = np.flatnonzero(both.used)
    columns = {name: Codes(each.codes[places], each.categories) for name, each in rows.slices.items()}
    slices, few = judge_slices(both.scored, {name: columns[name] for name in wanted.slices}, margins)
    groups, fewer = judge_groups(both.scored, {name: columns[name] for name in wanted.groups}, classes, margins)
    varied = _judge_robustness(pair, rows, both, margins)
    return [*judge_overall(both.scored, margins), *slices, *groups, *varied], [*few, *fewer]


def _judge_robustness(pair: Pair, rows: Rows, both: _Both, margins: Margins) -> list[GateFinding]:
    places = _spread(len(rows))
    columns = {name: taken(column, places) for name, column in rows.columns.items()}
    base = Base(taken_of(both.candidate, places), taken_of(both.champion, places))
    varied = []
    for variation in variations(pair.candidate.version.signature.inputs, columns):
        changed = columns | {variation.name: variation.column}
        varied.append(Varied(variation, *(_answers(each, changed) for each in pair)))
    return judge_robustness(base, varied, pair.candidate.answers, margins)


def _spread(rows: int) -> Counts:
    """Places of some rows of all times, in order."""
    return np.unique(np.linspace(0, rows - 1, min(rows, _VARIED_ROWS)).astype(np.int64))


def _answers(contender: Contender, columns: Mapping[str, Column]) -> Answers | None:
    try:
        return contender.ask(columns)
    except UnreadableFile:
        return None


def _judge_cost(pair: Pair, rows: Rows, margins: Margins, *, clock: Clock) -> list[GateFinding]:
    candidate, champion = pair
    limits = (margins.latency_ratio, margins.batch_latency_ratio)
    found = []
    for (of, (size, rounds)), allowed in zip(_ROUNDS.items(), limits, strict=True):
        first = {name: column[:size] for name, column in rows.columns.items()}
        times = take_turns(candidate.prepare(first), champion.prepare(first), rounds, clock)
        found.append(judge_latency(of, *times, allowed=allowed, error=margins.error))
    return [*found, judge_size(candidate.version.size, champion.version.size, margins)]


def _judge_checks(pair: Pair, checks: Mapping[str, Check]) -> list[GateFinding]:
    if not checks:
        return []
    signature, cases = pair.candidate.version.signature, asked(checks)
    columns = {spec.name: _column(spec, [case.get(spec.name) for case in cases]) for spec in signature.inputs}
    candidate = _ask(pair.candidate, columns, "the candidate")
    return judge_checks(checks, candidate, _ask(pair.champion, columns, "the champion"), signature.classes)


def _column(spec: TensorSpec, values: list[object]) -> Column:
    return coded(values) if spec.datatype in (Datatype.BYTES, Datatype.BOOL) else values


def _holdout(both: _Both, rows: Rows, classes: Sequence[str], wanted: Wanted) -> Holdout:
    counts = np.bincount(both.scored.labels, minlength=len(classes)).tolist()
    return Holdout(
        wanted.name,
        wanted.digest,
        len(rows),
        len(both.scored),
        dict(zip(classes, counts, strict=True)),
        -(-len(both.scored) // BLOCKS),
    )
