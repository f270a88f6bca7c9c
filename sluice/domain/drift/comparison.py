"""How does one window compare with its reference, feature by feature? Three tests each, which share the error.

Values get 80 %, missing ones and those outside of what is known 10 % each.
"""

from typing import NamedTuple

import numpy as np

from sluice.domain.drift.array import Flags, Floats
from sluice.domain.drift.combine import shared
from sluice.domain.drift.design import arrays
from sluice.domain.drift.rates import rate_tail
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.side import Side, is_numeric, side
from sluice.domain.drift.smooth import polynomials
from sluice.domain.drift.summary import Summary, check_alike
from sluice.domain.drift.tail_table import corrected
from sluice.domain.drift.value_test import ValueTest, compare_values

PARTS = np.array([0.8, 0.1, 0.1])
"""Of the error: those of values, missing, outside."""


class Comparison(NamedTuple):
    """One window beside its reference; every array begins with the features.

    Attributes:
        reference: Counts.
        window: Counts.
        p: Of each feature, all its tests together.
        parts: Of shape (features, 3): p-values of values, missing, outside, each for its share of the error.
        values: The test of the values.
        effects: Of shape (features, 3): how large each change is, as Cohen's w is.
        has_rows: Whether there are enough rows to judge a feature at all.
        has_values: Whether there are enough values in them.

    """

    reference: Side
    window: Side
    p: Floats
    parts: Floats
    values: ValueTest
    effects: Floats
    has_rows: Flags
    has_values: Flags


def compare(reference: Reference, window: Summary, rules: Rules) -> Comparison:
    """Compare; 60 features take some milliseconds. Raises ReferenceMismatch for counts by other bins."""
    check_alike(reference.binning.id, window.binning)
    before, now = side(reference.binning, reference.summary.counts), side(reference.binning, window.counts)
    design = arrays(reference.designs)
    directions = polynomials(before.cells) * is_numeric(reference.binning)[:, None, None]
    has_values = (now.values >= rules.min_rows) & (before.values > 0)
    values = compare_values(before.cells, now.cells, directions, design.values, least_effect=rules.least_effect)
    of_values = values.p if reference.tail_table is None else corrected(reference.tail_table, values.p, now.values)
    missing = _rate(
        before.missing, before.rows, now.missing, now.rows, design=design.missing, least_effect=rules.least_effect
    )
    outside = _rate(
        before.outside, before.values, now.outside, now.values, design=design.outside, least_effect=rules.least_effect
    )
    p_values = np.stack([np.where(has_values, of_values, 1.0), missing, np.where(has_values, outside, 1.0)], axis=-1)
    effects = np.stack(
        [
            _effect_of_values(values),
            np.abs(_effect(before.missing, before.rows, now.missing, now.rows)),
            np.abs(_effect(before.outside, before.values, now.outside, now.values)),
        ],
        axis=-1,
    )
    parts = np.minimum(1.0, p_values / PARTS)
    has_rows = now.rows >= rules.min_rows
    return Comparison(before, now, shared(p_values, PARTS), parts, values, effects, has_rows, has_values)


def _rate(
    of_reference: Floats, reference: Floats, of_window: Floats, window: Floats, *, design: Floats, least_effect: float
) -> Floats:
    """P-values of equal shares; 1 for a change that is sure but too small. Dependent rows count for as many as vary."""
    effect = _effect(of_reference, reference, of_window, window)
    p_values = rate_tail(of_reference / design, reference / design, of_window / design, window / design)
    return np.where(effect**2 >= least_effect, p_values, 1.0)


def _effect(of_reference: Floats, reference: Floats, of_window: Floats, window: Floats) -> Floats:
    """Difference of two shares in standard deviations of both together."""
    share = (of_reference + of_window) / np.maximum(reference + window, 1)
    difference = of_window / np.maximum(window, 1) - of_reference / np.maximum(reference, 1)
    deviation = np.sqrt(share * (1 - share))
    return np.divide(difference, deviation, out=np.zeros_like(difference), where=deviation > 0)


def _effect_of_values(values: ValueTest) -> Floats:
    """The length of the coefficients or, where that is more, what the chi-square says; both less what chance adds."""
    rows = np.maximum(values.effective_rows, 1)
    squares = values.coefficients**2
    of_directions = squares.sum(axis=-1) - (squares > 0).sum(axis=-1) / rows
    of_cells = (values.chi_square - values.freedom) / rows
    return np.sqrt(np.maximum(np.maximum(of_directions, of_cells), 0))
