"""Where does a numeric feature's scale get cut? At quantiles of the reference, so that every cell is about as full."""

import numpy as np

from sluice.domain.drift.array import Floats

CELLS = 32
SCORE_CELLS = 100
# Two values in a thousand lie outside of the range, by construction.
_LOW, _HIGH = 0.001, 0.999


def quantile_edges(values: Floats, *, cells: int) -> tuple[float, ...]:
    """Inner edges of at most so many cells, none of them empty: ties and whole numbers get fewer.

    ``values`` are finite; edges are among them, so a value that is frequent ends its cell.
    """
    if not len(values):
        return ()
    wanted = np.quantile(values, np.arange(1, cells) / cells, method="inverted_cdf")
    edges = np.unique(np.asarray(wanted, dtype=np.float64))
    return tuple(edges[edges < values.max()].tolist())


def usual_range(values: Floats) -> tuple[float, float]:
    """From the 0.1 % to the 99.9 % quantile of finite values; (0, 0) without any."""
    if not len(values):
        return 0.0, 0.0
    low, high = np.quantile(values, [_LOW, _HIGH], method="inverted_cdf")
    return float(low), float(high)


def most_frequent(counts: dict[str, int], *, most: int) -> tuple[str, ...]:
    """So many categories at most, the most frequent first, in alphabetical order where equal."""
    return tuple(sorted(counts, key=lambda word: (-counts[word], word))[:most])
