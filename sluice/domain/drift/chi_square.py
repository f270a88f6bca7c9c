"""Do the shares of the cells differ at all? The chi-square of two samples, with cells too rare for it pooled.

Pearson's statistic with both margins pooled; a cell of which the window would hold fewer than two rows is pooled with
the other rare ones, and these with the least of the rest where they are still too few together (Cochran, Some methods
for strengthening the common chi-square tests, Biometrics 10, 1954).
"""

from typing import NamedTuple

import numpy as np

from sluice.domain.drift.array import Floats

_LEAST_EXPECTED = 2.0


class ChiSquare(NamedTuple):
    """Statistics of several features.

    Attributes:
        statistic: Of shape (...,).
        freedom: Degrees of freedom of each; 0 where there is nothing to compare.

    """

    statistic: Floats
    freedom: Floats


def chi_square(reference: Floats, window: Floats) -> ChiSquare:
    """Compare cells, (..., cells) twice."""
    n_reference, n_window = reference.sum(axis=-1, keepdims=True), window.sum(axis=-1, keepdims=True)
    rows = n_reference + n_window
    both = reference + window
    expected = both * n_window / np.maximum(rows, 1)
    is_rare = expected < _LEAST_EXPECTED
    kept = np.where(is_rare, 0.0, both)
    rare = np.where(is_rare, both, 0.0).sum(axis=-1)
    rare_window = np.where(is_rare, window, 0.0).sum(axis=-1)
    # Rows of the rare cells that go to the least of the others, because they are too few for a cell of their own.
    is_cell = rare * n_window[..., 0] >= _LEAST_EXPECTED * rows[..., 0]
    least = np.where(is_rare, np.inf, both).argmin(axis=-1)[..., None]
    is_host = (np.arange(both.shape[-1]) == least) & ~is_cell[..., None] & (kept > 0)
    kept = kept + is_host * rare[..., None]
    kept_window = np.where(is_rare, 0.0, window) + is_host * rare_window[..., None]
    own = _terms(kept, kept_window, n_window, rows).sum(axis=-1)
    pooled = _terms(rare, rare_window, n_window[..., 0], rows[..., 0])
    cells = (kept > 0).sum(axis=-1) + is_cell
    statistic = own + np.where(is_cell, pooled, 0.0)
    freedom = np.where((n_reference > 0) & (n_window > 0), np.maximum(cells - 1, 0)[..., None], 0)[..., 0]
    return ChiSquare(np.where(freedom > 0, statistic, 0.0), freedom.astype(np.float64))


def _terms(
    both: Floats,
    window: Floats,
    n_window: Floats,
    rows: Floats,
) -> Floats:
    """What each cell adds: with pooled margins the two rows of the table are one square of the window's excess."""
    expected = both * n_window / np.maximum(rows, 1)
    variance = expected * (1 - n_window / np.maximum(rows, 1))
    return np.where(both > 0, (window - expected) ** 2 / np.where(variance > 0, variance, 1.0), 0.0)
