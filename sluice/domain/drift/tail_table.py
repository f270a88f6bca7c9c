"""How often are small p-values seen when nothing drifts? Simulated from the reference, where the theory is too coarse.

With few rows, rare categories or a small reference, a chi-square is only nearly chi-square, and least so in the far
tail in which a monitor of many features decides: at 50 rows a p-value of 1e-4 comes three times as often as it says.
Windows drawn from the reference's own cells show how often p-values up to 1 % come; below that, where draws get rare,
their tail is continued as the power of the p-value that fits it (Hill, A simple general approach to inference about the
tail of a distribution, Annals of Statistics 3, 1975).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import Any

import numpy as np

from sluice.domain.drift.array import Floats
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.side import is_numeric, side
from sluice.domain.drift.smooth import polynomials, shares
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.value_test import compare_values, independent

LEVELS = (0.1, 0.03, 0.01)
SIZES = (25, 50, 100, 200, 500, 2000)
DRAWS = 20_000
# Two tests of which only one sees anything are combined to twice the p-value it deserves; more is not taken back.
_LEAST_GROWTH = 0.5


@dataclass(frozen=True, slots=True)
class TailTable:
    """How much more often than it says a p-value is seen.

    Attributes:
        sizes: Rows of a window, growing; larger windows are judged as the largest, smaller ones as the smallest.
        shapes: For each distinct shape of a feature and each size: by how much the logarithm of the p-value grows at
            each of ``LEVELS``, and by which factor below the last (1: as it says; less: more often).
        shape_of: For each feature, the place of its shape.

    """

    sizes: tuple[int, ...]
    shapes: tuple[tuple[tuple[float, ...], ...], ...]
    shape_of: tuple[int, ...]

    def __post_init__(self) -> None:
        is_whole = all(len(by_size) == len(self.sizes) for by_size in self.shapes)
        wide = all(len(line) == len(LEVELS) + 1 for by_size in self.shapes for line in by_size)
        known = all(0 <= shape < len(self.shapes) for shape in self.shape_of)
        growing = all(0 < one < other for one, other in zip(self.sizes, self.sizes[1:], strict=False))
        if not (is_whole and wide and known and growing and self.sizes):
            raise ValueError("a tail table has a line of levels for each shape and size, and a shape for each feature")

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "sizes": list(self.sizes),
            "shapes": [[list(line) for line in by_size] for by_size in self.shapes],
            "shape_of": list(self.shape_of),
        }


def corrected(table: TailTable, p_values: Floats, rows: Floats) -> Floats:
    """P-values of all features, each with its rows, as often as they are seen, and at least half of what they were."""
    lines = np.array(table.shapes)[list(table.shape_of)]
    at = np.interp(np.log(np.maximum(rows, 1)), np.log(table.sizes), np.arange(len(table.sizes)))
    lower = np.floor(at).astype(np.intp)
    upper = np.minimum(lower + 1, len(table.sizes) - 1)
    every, part = np.arange(len(p_values)), (at - lower)[:, None]
    line = lines[every, lower] * (1 - part) + lines[every, upper] * part
    logs = np.log(np.maximum(p_values, 1e-300))
    knots = np.log([1.0, *LEVELS])[::-1]
    growths = np.concatenate([line[:, -2::-1], np.zeros((len(line), 1))], axis=1)
    growth = np.array([np.interp(log, knots, each) for log, each in zip(logs, growths, strict=True)])
    beyond = np.minimum(logs - knots[0], 0) * (line[:, -1] - 1)
    return np.minimum(1.0, np.exp(logs + growth + beyond))


def simulate(
    binning: Binning, reference: Summary, *, seed: int, draws: int = DRAWS, sizes: Sequence[int] = SIZES
) -> TailTable:
    """Draw windows of each size from the reference's cells, ``draws`` of each: some seconds for many features.

    Features with the same shares in their cells, as most numeric ones have, are simulated once.
    """
    counts = side(binning, reference.counts)
    directions = polynomials(counts.cells) * is_numeric(binning)[:, None, None]
    keys = [
        (bool(line.any()), tuple(np.round(share[share > 0], 3).tolist()))
        for line, share in zip(directions, shares(counts.cells), strict=True)
    ]
    first = {key: place for place, key in reversed(list(enumerate(keys)))}
    order = {key: shape for shape, key in enumerate(sorted(first, key=lambda key: first[key]))}
    shapes = []
    for key in order:
        place = first[key]
        is_cell = counts.cells[place] > 0
        cells, of = counts.cells[place][is_cell], directions[place][:, is_cell]
        shapes.append(tuple(_line(cells, of, size=size, draws=draws, seed=seed) for size in sizes))
    return TailTable(tuple(sizes), tuple(shapes), tuple(order[key] for key in keys))


def _line(cells: Floats, of: Floats, *, size: int, draws: int, seed: int) -> tuple[float, ...]:
    """What one shape and size add to the table."""
    if len(cells) < 2:  # noqa: PLR2004
        return (*(0.0 for _ in LEVELS), 1.0)
    p_values = np.sort(_quiet(cells, of, size=size, draws=draws, seed=seed))
    seen = [(int(np.searchsorted(p_values, level, "right")) + 1) / (draws + 1) for level in LEVELS]
    growths = [log(max(share / level, _LEAST_GROWTH)) for share, level in zip(seen, LEVELS, strict=True)]
    tail = p_values[: np.searchsorted(p_values, LEVELS[-1], "right")]
    if len(tail) < 2:  # noqa: PLR2004
        return (*growths, 1.0)
    return (*growths, min(1.0, 1 / float(np.log(LEVELS[-1] / np.maximum(tail, 1e-300)).mean())))


def _quiet(cells: Floats, of: Floats, *, size: int, draws: int, seed: int) -> Floats:
    """P-values of windows that are drawn, as the reference was, from its shares."""
    generator, rows, share = np.random.default_rng(seed), cells.sum(), shares(cells)
    # Of its own thousands of rows the normal approximation will do.
    noise = generator.standard_normal((draws, len(cells)))
    root = np.sqrt(share)
    noise = (noise - (noise @ root)[:, None] * root) * root * sqrt(rows)
    window = generator.multinomial(size, share / share.sum(), size=draws).astype(np.float64)
    reference = np.maximum(cells + noise, 0.0)
    return compare_values(reference, window, of[None], independent(draws), least_effect=0.0).p
