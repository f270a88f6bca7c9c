"""Have a feature's values drifted? Smooth tests of two and four directions and a chi-square of the cells, as one.

The smooth tests see what moves as a whole, the chi-square what happens in single cells; together they find more than
either, and more than Kolmogorov and Smirnov's test on the rows themselves (docs/benchmarks.md, bench/drift_power.py).
Categories have no direction: beside the chi-square their largest cell is tested.
"""

from typing import NamedTuple

import numpy as np

from sluice.domain.drift.array import Floats
from sluice.domain.drift.chi_square import chi_square
from sluice.domain.drift.combine import cauchy
from sluice.domain.drift.largest_cell import largest_cell_tail
from sluice.domain.drift.smooth import ORDERS, coefficients
from sluice.domain.drift.tails import chi_square_tail, noncentral_tail

_TWO, _FOUR = 2, 4
# A bound that says nothing must not weigh against what another test says, as a p-value near 1 does in Cauchy's mean.
_AT_MOST = 0.5


class Dependence(NamedTuple):
    """By how much dependent rows inflate the statistics of features; 1 for independent ones.

    Attributes:
        components: Of shape (features, 4), by polynomial.
        scale: Of shape (features,), of the chi-square.
        freedom: Factor of its degrees of freedom (Satterthwaite).

    """

    components: Floats
    scale: Floats
    freedom: Floats


class ValueTest(NamedTuple):
    """The outcome for each feature.

    Attributes:
        p: Of shape (features,); 1 where nothing can be compared.
        p_values: Of shape (features, 4): smooth of order 2, smooth of order 4, chi-square, largest cell.
        coefficients: Of shape (features, 4): how far in each direction, in standard deviations.
        chi_square: Of shape (features,): the statistic, over its design effect.
        freedom: Of shape (features,): its degrees of freedom.
        effective_rows: Of shape (features,): of both sides together, as rows of the window beside an endless reference.

    """

    p: Floats
    p_values: Floats
    coefficients: Floats
    chi_square: Floats
    freedom: Floats
    effective_rows: Floats


def independent(features: int) -> Dependence:
    """Rows that do not depend on each other."""
    return Dependence(np.ones((features, ORDERS)), np.ones(features), np.ones(features))


def compare_values(
    reference: Floats, window: Floats, polynomials: Floats, dependence: Dependence, *, least_effect: float
) -> ValueTest:
    """Test cells, (features, cells) twice, with polynomials (features, 4, cells), zero for a categorical feature.

    The null is an effect of at most ``least_effect``: the sum of the squares of its coefficients.
    """
    moved = coefficients(reference, window, polynomials)
    effective = effective_rows(reference.sum(axis=-1), window.sum(axis=-1))
    squares = effective[..., None] * moved**2 / dependence.components
    cells = chi_square(reference, window)
    statistics = np.stack([squares[..., :_TWO].sum(-1), squares.sum(-1), cells.statistic / dependence.scale], axis=-1)
    two, four = np.full(effective.shape, _TWO), np.full(effective.shape, _FOUR)
    freedom = np.stack([two, four, cells.freedom * dependence.freedom], axis=-1)
    has_degree = np.broadcast_to((polynomials != 0).any(axis=-1), moved.shape) & (effective > 0)[..., None]
    is_used = np.stack([has_degree[..., _TWO - 1], has_degree[..., _FOUR - 1], cells.freedom > 0], axis=-1)
    noncentrality = effective[..., None] * least_effect / _inflation(dependence)
    p_values = np.ones(statistics.shape)
    p_values[is_used] = _tail(statistics[is_used], freedom[is_used], noncentrality[is_used])
    is_category = (effective > 0) & ~has_degree.any(axis=-1)
    scale = dependence.scale[..., None]
    largest = largest_cell_tail(reference / scale, window / scale, least_effect=least_effect)
    p_values = np.concatenate([p_values, np.minimum(largest, _AT_MOST)[..., None]], axis=-1)
    is_used = np.concatenate([is_used, is_category[..., None]], axis=-1)
    return ValueTest(cauchy(p_values, is_used), p_values, moved, statistics[..., -1], freedom[..., -1], effective)


def effective_rows(reference: Floats, window: Floats) -> Floats:
    """1/(1/reference + 1/window); 0 where one of them is."""
    both = reference + window
    return np.divide(reference * window, both, out=np.zeros_like(both), where=both > 0)


def _inflation(dependence: Dependence) -> Floats:
    """The least design effect of what each statistic sums: (features, 3)."""
    least = np.minimum.accumulate(dependence.components, axis=-1)
    return np.stack([least[..., _TWO - 1], least[..., _FOUR - 1], dependence.scale], axis=-1)


def _tail(statistic: Floats, freedom: Floats, noncentrality: Floats) -> Floats:
    if not noncentrality.any():
        return chi_square_tail(statistic, freedom)
    return noncentral_tail(statistic, freedom, noncentrality)
