"""Has one category become more frequent, however rare it was? The cell with the greatest excess, judged for them all.

A chi-square spreads its attention over all cells and must pool the rare ones. Here each cell is judged by itself: of
its rows on both sides, how many fell into the window is binomial. How unlikely so many are is bounded by their own
probability, which by Stirling's formula is at most exp(-n D) sqrt(n / (2 pi k (n - k))), and the geometric series of
what lies beyond (Feller, An Introduction to Probability Theory 1, 3rd edition, VI.3; Ash, Information Theory, 4.7). The
least of these bounds counts, times their number.
"""

import numpy as np

from sluice.domain.drift.array import Floats

_TINY = 1e-300
_HALF = 0.5  # a row of the reference, where it has none: a share above nothing


def largest_cell_tail(reference: Floats, window: Floats, *, least_effect: float) -> Floats:
    """P-values of cells (..., cells) twice, against growing by more than ``least_effect`` (squared, in deviations)."""
    n_reference, n_window = reference.sum(axis=-1, keepdims=True), window.sum(axis=-1, keepdims=True)
    share = np.maximum(reference, _HALF) / np.maximum(n_reference, 1)
    growth = 1 + np.sqrt(least_effect * np.maximum(1 / share - 1, 0))
    chance = n_window * growth / np.maximum(n_reference + n_window * growth, 1)
    both = reference + window
    bound = np.where(window > both * chance, _upper_bound(window, both, chance), 1.0)
    return np.minimum(1.0, (both > 0).sum(axis=-1) * bound.min(axis=-1))


def _upper_bound(seen: Floats, of: Floats, chance: Floats) -> Floats:
    """At least P(X >= seen) of a binomial X; ``seen`` is above the mean."""
    others = of - seen
    odds = chance / np.maximum(1 - chance, _TINY)
    divergence = seen * np.log(np.maximum(seen, 1) / np.maximum(of * chance, _TINY))
    divergence += others * np.log(np.maximum(others, _TINY) / np.maximum(of * (1 - chance), _TINY))
    stirling = np.where(others >= 1, np.sqrt(of / (2 * np.pi * np.maximum(seen * others, 1))), 1.0)
    ratio = others / (seen + 1) * odds
    return np.exp(-divergence) * stirling / np.maximum(1 - ratio, _TINY)
