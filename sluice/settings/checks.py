"""What are people sure of? From a checks.yaml to cases, or to errors that name the line and what is allowed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from sluice.domain.errors import InvalidInput
from sluice.domain.gate.checks import Check, Labelled
from sluice.domain.gate.checks import Monotone as MonotoneCheck
from sluice.domain.gate.checks import Unmoved as UnmovedCheck
from sluice.domain.instances import parse_instances
from sluice.domain.signature import Signature
from sluice.settings.mistake import Path as Place
from sluice.settings.mistake import Problem
from sluice.settings.source import InvalidSettings, line_in, parse_as, text_of
from sluice.settings.strict import Strict

WHOLE = "checks.yaml"

Value = str | int | float | bool | None


class Unmoved(Strict):
    """One input takes other values, and the class stays."""

    input: str
    """Its name."""

    values: list[Value] = Field(min_length=1)
    """The values."""


class Monotone(Strict):
    """One input takes one value after the other, and a class becomes ever likelier, or ever less likely."""

    input: str
    """Its name."""

    values: list[Value] = Field(min_length=2)
    """The values, in their order."""

    probability_of: str
    """The class."""

    direction: Literal["rising", "falling"] = "rising"
    """Where its probability goes."""

    tolerance: float = Field(default=0, ge=0, le=1, strict=False)
    """By so much it may go the other way, from one value to the next."""


class Case(Strict):
    """A row, and one thing that is expected of the answer."""

    inputs: dict[str, Value]
    """By name, as in a request; an optional one may be null or left out."""

    label: str | None = None
    """The class that is answered."""

    unmoved_by: Unmoved | None = None
    """An input that does not change the class."""

    monotone: Monotone | None = None
    """An input that moves a probability one way only."""

    @model_validator(mode="after")
    def _check_one_expectation(self) -> Self:
        given = [name for name in ("label", "unmoved_by", "monotone") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"one of label, unmoved_by and monotone says what is expected, got {len(given)}")
        return self

    def to_check(self) -> Check:
        """The case as it is judged."""
        if self.label is not None:
            return Labelled(self.inputs, self.label)
        if self.unmoved_by is not None:
            return UnmovedCheck(self.inputs, self.unmoved_by.input, tuple(self.unmoved_by.values))
        (then,) = filter(None, [self.monotone])
        return MonotoneCheck(
            self.inputs,
            then.input,
            tuple(then.values),
            then.probability_of,
            is_rising=then.direction == "rising",
            tolerance=then.tolerance,
        )


class Checks(Strict):
    """All of a checks.yaml."""

    checks: dict[str, Case] = Field(min_length=1)
    """By name."""


def load_checks(file: Path, signature: Signature) -> dict[str, Check]:
    """Read a checks.yaml for a model of this signature. Raises InvalidSettings."""
    text = text_of(file, WHOLE)
    cases = parse_as(Checks, text, file, WHOLE).checks
    found = [
        Problem(line_in(text, place), ".".join(map(str, place)), message)
        for name, case in cases.items()
        for place, message in _misfits(case, ("checks", name), signature)
    ]
    if found:
        raise InvalidSettings(file, found)
    return {name: case.to_check() for name, case in cases.items()}


def _misfits(case: Case, place: Place, signature: Signature) -> Iterator[tuple[Place, str]]:
    """Where a case does not fit the signature, and why."""
    wrong = list(_wrong_inputs(case.inputs, (*place, "inputs"), signature))
    yield from wrong
    if case.label is not None:
        yield from _unknown(case.label, signature.classes, (*place, "label"))
    if case.monotone is not None:
        yield from _unknown(case.monotone.probability_of, signature.classes, (*place, "monotone", "probability_of"))
    names = [spec.name for spec in signature.inputs]
    for name, varied in (("unmoved_by", case.unmoved_by), ("monotone", case.monotone)):
        if varied is None:
            continue
        unknown = list(_unknown(varied.input, names, (*place, name, "input")))
        yield from unknown
        for index, value in enumerate(varied.values if not (wrong or unknown) else ()):
            row = {**case.inputs, varied.input: value}
            for _, message in _wrong_inputs(row, (), signature):
                yield (*place, name, "values", index), message


def _wrong_inputs(inputs: dict[str, Any], place: Place, signature: Signature) -> Iterator[tuple[Place, str]]:
    try:
        parse_instances(signature, {"instances": [inputs]})
    except InvalidInput as invalid:
        for each in invalid.violations:
            name = each.where.partition(".")[2]
            yield (*place, *filter(None, [name])), f"must be {each.expected}, got {each.got}"


def _unknown(word: str, known: Sequence[str], place: Place) -> Iterator[tuple[Place, str]]:
    if word not in known:
        yield place, f"must be one of {', '.join(known)}, got {word}"
