"""How likely is the positive class at a score? The share seen in each bin, made to grow with the score."""

import numpy as np

from sluice.domain.drift.array import Counts, Floats


def growing_shares(positives: Counts, rows: Counts) -> Floats:
    """Shares of positives by bin, the closest ones by least squares that never fall; bins without rows lie between.

    Pool adjacent violators (Ayer, Brunk, Ewing, Reid and Silverman, Annals of Mathematical Statistics 26, 1955).
    """
    pools: list[list[float]] = []  # positives, rows, bins
    seen = np.flatnonzero(rows)
    for positive, row in zip(positives[seen].tolist(), rows[seen].tolist(), strict=True):
        pools.append([positive, row, 1])
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] >= pools[-1][0] * pools[-2][1]:
            last = pools.pop()
            pools[-1] = [one + other for one, other in zip(pools[-1], last, strict=True)]
    if not pools:
        return np.full(len(rows), 0.5)
    shares = np.repeat([positive / row for positive, row, _ in pools], [int(bins) for *_, bins in pools])
    return np.interp(np.arange(len(rows)), seen, shares)
