"""By how much do rows that depend on each other inflate what is measured? Learnt from consecutive blocks of reference.

Ten rows of one user are not ten witnesses: statistics that assume so call quiet windows drifted. The design effect of a
statistic is its mean over blocks of the reference, each against the rest, divided by what independent rows would give
(Rao and Scott, The analysis of categorical data from complex sample surveys, Journal of the American Statistical
Association 76, 1981). Blocks are few, so each feature's estimate is drawn towards the mean of all by as much as chance
explains their differences (Efron and Morris, ibid. 68, 1973).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from sluice.domain.drift.array import Floats
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.chi_square import chi_square
from sluice.domain.drift.side import Side, is_numeric, side
from sluice.domain.drift.smooth import coefficients, polynomials
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.value_test import Dependence, effective_rows

_LEAST = 1e-3  # of a design effect before it is drawn up: rows in strict alternation hardly vary at all


@dataclass(frozen=True, slots=True)
class Design:
    """The design effects of one feature; 1 or more, and 1 for independent rows.

    Attributes:
        location: Of the first polynomial.
        spread: Of the second.
        skewness: Of the third.
        tails: Of the fourth.
        cells: By which the chi-square is divided.
        freedom: By which its degrees of freedom are multiplied.
        missing: Of the share of missing values.
        outside: Of the share out of range, or of unknown categories.

    """

    location: float = 1.0
    spread: float = 1.0
    skewness: float = 1.0
    tails: float = 1.0
    cells: float = 1.0
    freedom: float = 1.0
    missing: float = 1.0
    outside: float = 1.0

    def __post_init__(self) -> None:
        values = (self.location, self.spread, self.skewness, self.tails, self.cells, self.missing, self.outside)
        if not (all(1 <= value < np.inf for value in values) and 0 < self.freedom < np.inf):
            raise ValueError(f"design effects are 1 or more, got {self}")

    def to_dict(self) -> dict[str, float]:
        """JSON form."""
        return asdict(self)


class DesignArrays(NamedTuple):
    """The design effects of all features, each of shape (features,) but for the first, which is of the values."""

    values: Dependence
    missing: Floats
    outside: Floats


def arrays(designs: Sequence[Design]) -> DesignArrays:
    """Side by side."""
    components = [(each.location, each.spread, each.skewness, each.tails) for each in designs]
    scale, freedom = ([getattr(each, name) for each in designs] for name in ("cells", "freedom"))
    missing, outside = ([getattr(each, name) for each in designs] for name in ("missing", "outside"))
    values = Dependence(np.array(components), np.array(scale), np.array(freedom))
    return DesignArrays(values, np.array(missing), np.array(outside))


def learn_designs(binning: Binning, blocks: Sequence[Summary]) -> tuple[Design, ...]:
    """The design effects of each feature, from blocks of consecutive rows; 1 where fewer than two are given."""
    if len(blocks) < 2:  # noqa: PLR2004
        return (Design(),) * len(binning.features)
    counts = np.stack([block.counts for block in blocks])
    total = counts.sum(axis=0)
    block, rest = side(binning, counts), side(binning, total - counts)
    directions = polynomials(side(binning, total).cells) * is_numeric(binning)[:, None, None]
    squares = _squares(block, rest, directions)
    missing = _rates(block.missing, block.rows, rest.missing, rest.rows)
    outside = _rates(block.outside, block.values, rest.outside, rest.values)
    components = [_shrunk(values, len(blocks)) for values in (*np.moveaxis(squares, -1, 0), missing, outside)]
    lines = np.stack([*components[:4], *_satterthwaite(block, rest), *components[4:]], axis=-1)
    return tuple(Design(*line) for line in lines.tolist())


def _squares(block: Side, rest: Side, directions: Floats) -> Floats:
    """Each polynomial's square over what it is for independent rows: (blocks, features, 4), NaN where there is none."""
    effective = effective_rows(rest.values, block.values)[..., None]
    squares = effective * coefficients(rest.cells, block.cells, directions) ** 2
    return np.where((directions != 0).any(axis=-1) & (effective > 0), squares, np.nan)


def _rates(of_block: Floats, block: Floats, of_rest: Floats, rest: Floats) -> Floats:
    """The same of a share, (blocks, features)."""
    share = (of_block + of_rest) / np.maximum(block + rest, 1)
    variance = share * (1 - share)
    difference = of_block / np.maximum(block, 1) - of_rest / np.maximum(rest, 1)
    squares = effective_rows(rest, block) * difference**2
    return np.divide(squares, variance, out=np.full(variance.shape, np.nan), where=variance > 0)


def _shrunk(squares: Floats, blocks: int) -> Floats:
    """The mean over blocks, (blocks, features) to (features,), drawn towards that of all features; at least 1.

    On the scale of logarithms, on which the mean of so many squares of normal deviates has a variance of 2/blocks. A
    feature that shows nothing, because nothing of it is ever missing for one, has no design effect.
    """
    mean = _mean(squares, axis=0)
    own = np.log(np.maximum(mean, _LEAST)) + 1 / blocks
    if np.isnan(own).all():
        return np.ones(own.shape)
    common = float(np.nanmean(own))
    weight = max(0.0, 1 - 2 / blocks / max(float(np.nanvar(own)), _LEAST))
    return np.exp(np.maximum(0.0, np.nan_to_num(weight * own + (1 - weight) * common, nan=0.0)))


def _satterthwaite(block: Side, rest: Side) -> tuple[Floats, Floats]:
    """Scale and degrees of freedom by which the chi-square of blocks has the mean and the variance it was seen with."""
    statistic, freedom = chi_square(rest.cells, block.cells)
    ratio = np.divide(statistic, freedom, out=np.full(statistic.shape, np.nan), where=freedom > 0)
    mean = np.maximum(1.0, np.nan_to_num(_mean(ratio, axis=0), nan=1.0))
    blocks = len(statistic)
    spread = _shrunk((ratio - _mean(ratio, axis=0)) ** 2 * freedom / 2 * blocks / (blocks - 1), blocks)
    scale = np.maximum(1.0, spread / mean)
    return scale, mean / scale


def _mean(values: Floats, axis: int) -> Floats:
    """The mean of what is not NaN; NaN where all is."""
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
