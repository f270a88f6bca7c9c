"""What did a model answer to the rows of a file, and what should it have? Classes or numbers, as files write them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sluice.cli.target import UsageProblem
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.array import Counts, Floats
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.column import Codes, Column
from sluice.domain.drift.model_reference import number_output
from sluice.domain.drift.part import number_feature
from sluice.domain.drift.sliced import coded
from sluice.domain.signature import Signature

_FLAGS = {"false": 0, "true": 1}
_TWO = 2
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Answering:
    """What a model answers.

    Attributes:
        classes: Their names; none where it is no classifier.
        number: Name of the output that is one number a row; None of a classifier, or where there is none.

    """

    classes: tuple[str, ...] = ()
    number: str | None = None

    @classmethod
    def by_signature(cls, signature: Signature) -> Self:
        """As the model says. Raises UsageProblem where a number has the name of an input."""
        spec = number_output(signature)
        if spec is not None and spec.name in {each.name for each in signature.inputs}:
            raise UsageProblem(f"{spec.name} is an input and an output: its reference could not tell them apart")
        return cls(signature.classes, None if spec is None else spec.name)

    @classmethod
    def by_reference(cls, binning: Binning) -> Self:
        """As its reference knows."""
        return cls(binning.classes, number_feature(binning))

    def check_scores(self, scores: int) -> None:
        """Raises UsageProblem where so many columns of answers do not fit."""
        if scores > 1 and self.number:
            raise UsageProblem(f"--score names the one column that holds {self.number}, got {scores}")
        if self.number or scores == len(self.classes) or (scores, len(self.classes)) == (1, _TWO):
            return
        raise UsageProblem(
            f"--score is given for each of the classes {', '.join(self.classes)}, in this order (of two, the second "
            f"alone will do), got {scores}"
            if self.classes
            else "--score is of a classifier, or of a model that answers one number: signature.json names no classes"
        )


def scored(columns: Mapping[str, Column], names: Sequence[str], classes: int) -> Answers:
    """Probabilities that stand in a file. Raises UsageProblem."""
    empty = [name for name in names if not np.isfinite(_floats(columns[name])).any()]
    if empty:
        raise UsageProblem(f"--score {', '.join(empty)}: some thousand rows in a row hold no probability")
    given = np.stack([_floats(columns[name]) for name in names], axis=1)
    return Answers.most_probable(given if given.shape[1] == classes else np.concatenate([1 - given, given], axis=1))


def places(column: Column, classes: Sequence[str], name: str) -> Counts:
    """The place of each row's class, -1 where it is missing. Raises UsageProblem for what is no class."""
    codes = column if isinstance(column, Codes) else coded(column)
    if (codes.codes >= len(codes.categories)).any():
        raise UsageProblem(f"{name} holds something else than classes")
    by_code = np.array([*(_place(word, classes, name) for word in codes.categories), -1], dtype=np.int64)
    found: Counts = by_code[codes.codes]
    return found


def true_numbers(column: Column, name: str) -> Floats:
    """Each row's number, NaN where it is missing. Raises UsageProblem for what is no finite number."""
    if isinstance(column, np.ndarray):
        numbers: Floats = column.astype(np.float64)
    else:
        values = () if isinstance(column, Codes) else column
        other = next((each for each in values if type(each) not in {int, float, type(None)}), None)
        if other is not None:
            raise UsageProblem(f"{name} holds {other!r:.40}: a label of this model is a finite number")
        numbers = np.array(values, dtype=np.float64)
    wrong = numbers[np.abs(numbers) > _LARGEST]
    if len(wrong):
        raise UsageProblem(f"{name} holds {wrong[0]}: a label of this model is a finite number, not beyond FP32")
    return numbers


def _place(word: str, classes: Sequence[str], name: str) -> int:
    if word in classes:
        return classes.index(word)
    place = _FLAGS.get(word, -1) if len(classes) == _TWO else -1
    place = int(word) if word.isdecimal() else place
    if not 0 <= place < len(classes):
        raise UsageProblem(
            f"{name} holds {word!r:.40}: a label is one of {', '.join(classes)}, or its place, 0 to {len(classes) - 1}"
        )
    return place


def _floats(column: Column) -> NDArray[Any]:
    if isinstance(column, np.ndarray):
        return column.astype(np.float64)
    values = () if isinstance(column, Codes) else column
    return np.array([value if isinstance(value, int | float) else np.nan for value in values], dtype=np.float64)
