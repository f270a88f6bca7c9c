"""Does a candidate do what people are sure of? Cases with inputs, each with one expectation of the answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.domain.drift.answers import NOTHING, Answers
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.finding import GateFinding, Subject

Inputs = Mapping[str, Any]
_NO_CLASS = "no class"


@dataclass(frozen=True, slots=True)
class Labelled:
    """The answer is this class."""

    inputs: Inputs
    label: str

    def rows(self) -> list[Inputs]:
        """What is asked."""
        return [self.inputs]

    def problem(self, answers: Answers, classes: Sequence[str]) -> str | None:
        """What is wrong with the answers to these rows, in words; None where nothing is."""
        (got,) = answers.predicted
        if _named(got, classes) == self.label:
            return None
        chance = float(answers.probabilities[0, classes.index(self.label)])
        return f"{self.label} was expected, {_named(got, classes)} is answered ({self.label} has {chance:.3f})"


@dataclass(frozen=True, slots=True)
class Unmoved:
    """The class stays the same, whichever of these values one input has."""

    inputs: Inputs
    input: str
    values: tuple[Any, ...]

    def rows(self) -> list[Inputs]:
        """What is asked: the inputs as they are first."""
        return [self.inputs, *({**self.inputs, self.input: value} for value in self.values)]

    def problem(self, answers: Answers, classes: Sequence[str]) -> str | None:
        """What is wrong with the answers to these rows, in words; None where nothing is."""
        first, *others = answers.predicted
        for value, got in zip(self.values, others, strict=True):
            if got != first:
                return f"{_named(first, classes)} becomes {_named(got, classes)} where {self.input} is {value}"
        return f"{_NO_CLASS} is answered" if first == NOTHING else None


@dataclass(frozen=True, slots=True)
class Monotone:
    """A class's probability never falls (or never rises) by more than a tolerance from one value to the next."""

    inputs: Inputs
    input: str
    values: tuple[Any, ...]
    probability_of: str
    is_rising: bool = True
    tolerance: float = 0.0

    def rows(self) -> list[Inputs]:
        """What is asked, value by value."""
        return [{**self.inputs, self.input: value} for value in self.values]

    def problem(self, answers: Answers, classes: Sequence[str]) -> str | None:
        """What is wrong with the answers to these rows, in words; None where nothing is."""
        chances = answers.probabilities[:, classes.index(self.probability_of)].tolist()
        steps = zip(self.values, self.values[1:], chances, chances[1:], strict=False)
        for value, then, chance, later in steps:
            loss = chance - later if self.is_rising else later - chance
            if not loss <= self.tolerance:
                way = "falls" if self.is_rising else "rises"
                return (
                    f"{self.probability_of} {way} from {chance:.3f} to {later:.3f} where {self.input} goes from "
                    f"{value} to {then}"
                )
        return None


Check = Labelled | Unmoved | Monotone


def asked(checks: Mapping[str, Check]) -> list[Inputs]:
    """The rows of all checks, one after the other."""
    return [row for check in checks.values() for row in check.rows()]


def judge_checks(
    checks: Mapping[str, Check], candidate: Answers, champion: Answers, classes: Sequence[str]
) -> list[GateFinding]:
    """Judge the answers to the rows of all checks, in their order; failed ones first."""
    found = [
        _finding(name, check.problem(mine, classes), check.problem(theirs, classes), rows=len(mine))
        for (name, check), mine, theirs in zip(
            checks.items(), _parts(checks, candidate), _parts(checks, champion), strict=True
        )
    ]
    return sorted(found, key=lambda each: -each.verdict.severity)


def _finding(name: str, problem: str | None, champions: str | None, *, rows: int) -> GateFinding:
    beside = "" if champions is None else "; the champion does not" if problem is None else "; so does the champion"
    verdict = Verdict.PASS if problem is None else Verdict.FAIL
    told = "as expected" if problem is None else problem
    return GateFinding(
        Subject.CHECK,
        name,
        verdict,
        f"{told}{beside}",
        candidate=float(problem is None),
        champion=float(champions is None),
        rows=rows,
    )


def _named(got: int, classes: Sequence[str]) -> str:
    return _NO_CLASS if got == NOTHING else classes[got]


def _parts(checks: Mapping[str, Check], answers: Answers) -> Iterator[Answers]:
    start = 0
    for check in checks.values():
        end = start + len(check.rows())
        yield answers[start:end]
        start = end
