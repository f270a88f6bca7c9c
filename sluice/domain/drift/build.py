"""How is a reference made from training data? Bins by its quantiles, counts by these bins, and what rows depend on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sluice.domain.drift import tail_table
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.array import Floats
from sluice.domain.drift.binning import Binning, CategoricalBins, FeatureBins, NumericBins, Role, ScoreBins, scored
from sluice.domain.drift.column import Column, is_numeric, numbers, words
from sluice.domain.drift.design import learn_designs
from sluice.domain.drift.edges import CELLS, SCORE_CELLS, most_frequent, quantile_edges, usual_range
from sluice.domain.drift.outcomes import count_outcomes
from sluice.domain.drift.reference import Moments, Reference
from sluice.domain.drift.repeats import repeats_of_reference
from sluice.domain.drift.summarise import answer_columns, common_rows, summarise
from sluice.domain.errors import InvalidReference


@dataclass(frozen=True, slots=True)
class Choices:
    """How finely a reference looks.

    Attributes:
        categorical: Features that are categories although they are numbers, such as a weekday.
        outputs: Features that the model gives, not takes.
        most_categories: Categories that are counted one by one; all rarer ones are counted as one.
        window_rows: Consecutive rows of a block, about as many as a window will have.
        draws: Windows drawn for each shape of a feature and size, for the tails of p-values; 0 leaves them to theory.

    """

    categorical: frozenset[str] = frozenset()
    outputs: frozenset[str] = frozenset()
    most_categories: int = 100
    window_rows: int = 500
    draws: int = tail_table.DRAWS

    def __post_init__(self) -> None:
        if self.most_categories < 1 or self.window_rows < 1 or self.draws < 0:
            raise InvalidReference("most_categories and window_rows are at least 1, draws is 0 or more")


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a classifier answered to the rows of a reference.

    Attributes:
        classes: Names, in the order of the probabilities.
        answers: A row each.
        labels: Of shape (rows,): place of the true class; None where it is not known.

    """

    classes: tuple[str, ...]
    answers: Answers
    labels: NDArray[np.integer[Any]] | None = None


def build_reference(
    columns: Mapping[str, Column], *, seed: int, labelled: Labelled | None = None, choices: Choices | None = None
) -> Reference:
    """Make a reference of rows in the order they came, for blocks of them show how much they depend on each other.

    ``seed`` is of the simulated tails: equal data and seed give equal references. Raises InvalidReference where there
    is nothing to refer to; what is merely little, ``Reference.lacks`` tells.
    """
    choices = choices or Choices()
    answers = labelled.answers if labelled else None
    every = dict(columns) | (answer_columns(labelled.classes, labelled.answers) if labelled else {})
    rows = _rows(every, choices)
    outputs = choices.outputs | (every.keys() - columns.keys())
    features = [_feature(name, column, outputs, choices) for name, column in every.items()]
    classes = labelled.classes if labelled else ()
    binning = Binning(tuple(bins for bins, _ in features), classes, _score_bins(labelled))
    summary = summarise(binning, every, answers)
    blocks = rows // choices.window_rows
    parts = [_part(block * choices.window_rows, choices.window_rows) for block in range(blocks)]
    designs = learn_designs(binning, [summarise(binning, _cut(every, part), None) for part in parts])
    return Reference(
        binning,
        summary,
        tuple(moments for _, moments in features),
        designs,
        choices.window_rows,
        blocks,
        None if labelled is None or labelled.labels is None else _outcomes(binning, labelled),
        tail_table.simulate(binning, summary, seed=seed, draws=choices.draws) if choices.draws else None,
        repeats_of_reference(binning, every, rows),
    )


def _rows(columns: Mapping[str, Column], choices: Choices) -> int:
    if unknown := (choices.categorical | choices.outputs) - columns.keys():
        raise InvalidReference(f"categorical and outputs name columns, got {sorted(unknown)}")
    try:
        rows = common_rows(columns)
    except ValueError as error:
        raise InvalidReference(str(error)) from error
    if not rows:
        raise InvalidReference("a reference needs at least one column and one row")
    return rows


def _feature(
    name: str, column: Column, outputs: frozenset[str] | set[str], choices: Choices
) -> tuple[FeatureBins, Moments | None]:
    role = Role.OUTPUT if name in outputs else Role.INPUT
    if name in choices.categorical or not is_numeric(column):
        counts, missing, wrong_type = words(column)
        if not counts and wrong_type:
            raise InvalidReference(f"{name}: none of {wrong_type + missing:,} rows holds a category")
        return CategoricalBins(name, most_frequent(counts, most=choices.most_categories), role), None
    values, _ = numbers(column)
    finite = np.sort(values[np.isfinite(values)].astype(np.float64))
    bins = NumericBins(name, quantile_edges(finite, cells=CELLS), *usual_range(finite), role)
    return bins, _moments(finite)


def _moments(finite: Floats) -> Moments | None:
    if not len(finite):
        return None
    scale = max(float(np.abs(finite).max()), 1.0)  # so that squares of the largest numbers stay finite
    mean, deviation = (scale * float(value) for value in ((finite / scale).mean(), (finite / scale).std()))
    return Moments(mean, deviation, float(finite[0]), float(finite[-1]))


def _score_bins(labelled: Labelled | None) -> tuple[ScoreBins, ...]:
    if labelled is None:
        return ()
    bins = []
    for name in scored(labelled.classes):
        score, _ = labelled.answers.of(labelled.classes.index(name))
        finite = np.sort(score[np.isfinite(score)].astype(np.float64))
        bins.append(ScoreBins(name, quantile_edges(finite, cells=SCORE_CELLS)))
    return tuple(bins)


def _outcomes(binning: Binning, labelled: Labelled) -> Any:
    try:
        return count_outcomes(binning, labelled.answers, labelled.labels)  # type: ignore[arg-type]  # asked before
    except ValueError as error:
        raise InvalidReference(f"labels: {error}") from error


def _part(start: int, rows: int) -> slice:
    return slice(start, start + rows)


def _cut(columns: Mapping[str, Column], rows: slice) -> dict[str, Column]:
    return {name: column[rows] for name, column in columns.items()}
