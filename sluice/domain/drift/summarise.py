"""What does a window of rows come to, counted by a reference's bins?"""

from collections.abc import Mapping

import numpy as np

from sluice.domain.drift.answers import NOTHING, Answers
from sluice.domain.drift.array import Counts
from sluice.domain.drift.binning import Binning, FeatureBins, NumericBins, scored
from sluice.domain.drift.categorical import count_categories
from sluice.domain.drift.column import Codes, Column, rows_of
from sluice.domain.drift.numeric import count_cells, count_numbers
from sluice.domain.drift.summary import Summary
from sluice.domain.reference_fit import PREDICTED, score_name


def summarise(binning: Binning, columns: Mapping[str, Column], answers: Answers | None = None) -> Summary:
    """Count rows. A feature without a column is missing in every row; a column without a feature is not looked at.

    ``answers`` of a classifier stand beside the columns, row by row: they fill its scores and the output features that
    ``answer_columns`` names. Raises ValueError where columns differ in length.
    """
    every = all_columns(binning, columns, answers)
    rows = common_rows(every)
    counts = [_count(feature, every.get(feature.name), rows) for feature in binning.features]
    scores = _scores(binning, answers)
    return Summary(binning.id, rows, np.concatenate([*counts, *scores]))


def all_columns(binning: Binning, columns: Mapping[str, Column], answers: Answers | None) -> Mapping[str, Column]:
    """Columns and, where there are answers, those of the answers."""
    return columns if answers is None else {**columns, **answer_columns(binning.classes, answers)}


def answer_columns(classes: tuple[str, ...], answers: Answers) -> dict[str, Column]:
    """Answers as columns: the score of each scored class, and the class predicted."""
    if answers.probabilities.shape[1] != len(classes):
        raise ValueError(f"probabilities of {len(classes)} classes, got {answers.probabilities.shape[1]}")
    columns: dict[str, Column] = {
        score_name(name): answers.probabilities[:, classes.index(name)] for name in scored(classes)
    }
    return columns | {PREDICTED: Codes(answers.predicted, classes)}


def common_rows(columns: Mapping[str, Column]) -> int:
    """How many rows all columns have. Raises ValueError unless they agree."""
    lengths = {name: rows_of(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns have equally many rows, got {lengths}")
    return next(iter(lengths.values()), 0)


def _count(bins: FeatureBins, column: Column | None, rows: int) -> Counts:
    if column is None:
        column = [None] * rows
    return count_numbers(bins, column) if isinstance(bins, NumericBins) else count_categories(bins, column)


def _scores(binning: Binning, answers: Answers | None) -> list[Counts]:
    """For each scored class: cells of rows that got another class, then of those that got this one."""
    if answers is None:
        return [np.zeros(2 * score.cells, dtype=np.int64) for score in binning.scores]
    counted, is_answered = [], answers.predicted != NOTHING
    for bins in binning.scores:
        score, is_predicted = answers.of(binning.classes.index(bins.name))
        is_other = is_answered & ~is_predicted
        counted += [count_cells(score[is_other], bins.edges), count_cells(score[is_predicted], bins.edges)]
    return counted
