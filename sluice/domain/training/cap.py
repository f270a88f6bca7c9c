"""How many rows may one unit bring? One that asks a thousand times would teach a model mostly about itself.

What is kept is spread evenly over the unit's time, so that the cap moves no rows between the parts of a split.
"""

import numpy as np

from sluice.domain.training.rows import Flags, Whole


def over_cap(units: Whole, most: int) -> Flags:
    """Which rows to leave out; ``units`` are sorted, and the rows of each in the order of time.

    >>> over_cap(np.array([1, 1, 1, 1, 2]), 2).tolist()
    [True, False, True, False, False]
    """
    if not len(units):
        return np.zeros(0, dtype=np.bool_)
    starts = np.flatnonzero(np.r_[True, units[1:] != units[:-1]])
    counts = np.diff(np.r_[starts, len(units)])
    rank = np.arange(len(units)) - np.repeat(starts, counts)
    of = np.repeat(counts, counts)
    kept = (rank + 1) * most // of > rank * most // of
    return np.asarray((of > most) & ~kept)
