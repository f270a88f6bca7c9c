"""How do the counters of many features stand side by side? A line of an array each, short ones padded with zeros."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sluice.domain.drift.array import Counts, Flags, Floats
from sluice.domain.drift.binning import Binning, NumericBins


class Side(NamedTuple):
    """The counts of one side of a comparison.

    Attributes:
        cells: Of shape (features, most cells): rows in each cell.
        values: Of shape (features,): rows with a usable value.
        missing: Rows without a usable value, be it missing or of the wrong type.
        outside: Rows outside of the range, or of an unknown category.

    """

    cells: Floats
    values: Floats
    missing: Floats
    outside: Floats

    @property
    def rows(self) -> Floats:
        """All rows of each feature."""
        return self.values + self.missing


class _Places(NamedTuple):
    """Where to find counts; the place after the last counter holds zero."""

    cells: NDArray[np.intp]
    missing: NDArray[np.intp]
    outside: NDArray[np.intp]


def side(binning: Binning, counts: Counts) -> Side:
    """Arrange counters of shape (..., size): every array of the side then begins with the same dimensions."""
    zero = np.zeros((*counts.shape[:-1], 1))
    padded = np.concatenate([counts.astype(np.float64), zero], axis=-1)
    places = _places(binning)
    cells = padded[..., places.cells]
    return Side(
        cells,
        cells.sum(axis=-1),
        padded[..., places.missing].sum(axis=-1),
        padded[..., places.outside].sum(axis=-1),
    )


def is_numeric(binning: Binning) -> Flags:
    """Of shape (features,)."""
    return np.array([isinstance(bins, NumericBins) for bins in binning.features])


@lru_cache(maxsize=8)
def _places(binning: Binning) -> _Places:
    features = list(zip(binning.features, binning.features_at, strict=True))
    cells = np.full((len(features), max(bins.cells for bins, _ in features)), binning.size, dtype=np.intp)
    missing, outside = [], []
    for line, (bins, at) in enumerate(features):
        last = at.start + bins.cells
        cells[line, : bins.cells] = np.arange(at.start, last)
        missing.append((last, last + 1))
        outside.append((last + 2, last + 3) if isinstance(bins, NumericBins) else (last - 1, binning.size))
    return _Places(cells, np.array(missing, dtype=np.intp), np.array(outside, dtype=np.intp))
