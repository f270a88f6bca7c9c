"""How far has each feature moved away from its reference, and how surely is that known?

An effect and its standard error, both in standard deviations, for what has moved far as for what has hardly moved: the
error is that of the window as it is. Where it is asked whether anything has moved at all, ``comparison`` finds more.

Numbers: the length of the means of Neyman's four polynomials (``smooth``), and the error of the mean in its direction.
Classes, and shares of what is missing or outside: the difference of two arcsines of roots (h of Cohen, Statistical
Power Analysis for the Behavioral Sciences, 2nd edition, 1988, chapter 6), whose error is the same for all shares once
3/8 are added to each count (Anscombe, Biometrika 35, 1948). Either is less what chance adds to a length.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sluice.domain.drift.array import Flags, Floats
from sluice.domain.drift.design import Design, arrays
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.side import Side, is_numeric, side
from sluice.domain.drift.smooth import coefficients, polynomials, shares
from sluice.domain.drift.summary import Summary, check_alike

_NOTHING = 1e-12  # a length that has no direction
_DRAWN_IN = 3 / 8
_TWO = 2  # classes: what one gains, the other loses


class Moved(NamedTuple):
    """How far a window lies from its reference.

    Attributes:
        effects: Of shape (features, 3), of values, missing, outside: 0 or more.
        errors: Of shape (features, 3); infinite where there is nothing to compare.
        ways: Of shape (features,): of so many differences the effect of the values is the largest, as of classes.

    """

    effects: Floats
    errors: Floats
    ways: Floats


class _Far(NamedTuple):
    effects: Floats
    errors: Floats


def moved(reference: Reference, window: Summary, designs: Sequence[Design]) -> Moved:
    """Errors are inflated by ``designs``, one a feature. Raises ReferenceMismatch for counts by other bins."""
    check_alike(reference.binning.id, window.binning)
    before, now = (side(reference.binning, counts) for counts in (reference.summary.counts, window.counts))
    design, numeric = arrays(designs), is_numeric(reference.binning)
    is_used = (before.cells + now.cells) > 0
    numbers = _numbers(before, now, design.values.components)
    cells = _shares(
        before.cells, before.values[:, None], now.cells, now.values[:, None], design=design.values.scale[:, None]
    )
    classes = _Far(np.where(is_used, cells.effects, 0).max(axis=-1), cells.errors[:, 0])
    parts = (
        _Far(*(np.where(numeric, *each) for each in zip(numbers, classes, strict=True))),
        _shares(before.missing, before.rows, now.missing, now.rows, design=design.missing),
        _shares(before.outside, before.values, now.outside, now.values, design=design.outside),
    )
    effects, errors = (np.stack(each, axis=-1) for each in zip(*parts, strict=True))
    used = is_used.sum(axis=-1)
    return Moved(effects, errors, np.where(numeric | (used <= _TWO), 1, used))


def _numbers(before: Side, now: Side, design: Floats) -> _Far:
    """``design`` is by polynomial, (features, 4): the largest counts, since few blocks tell little of each."""
    basis = polynomials(before.cells)
    means = coefficients(before.cells, now.cells, basis)
    length = np.sqrt((means**2).sum(axis=-1))
    towards = means / np.maximum(length, _NOTHING)[:, None]
    along = np.einsum("fk,fkc->fc", towards, basis)
    variance = design.max(axis=-1) * (_variance(before, along) + _variance(now, along))
    has_both = (before.values > 0) & (now.values > 0)
    directions = (basis != 0).any(axis=-1).sum(axis=-1)
    return _far(length, variance, directions, has_both)


def _variance(of: Side, along: Floats) -> Floats:
    """Of the mean of a score of the cells, were rows independent."""
    share = shares(of.cells)
    mean = (share * along).sum(axis=-1)
    return ((share * along**2).sum(axis=-1) - mean**2) / np.maximum(of.values, 1)


def _shares(of_before: Floats, before: Floats, of_now: Floats, now: Floats, *, design: Floats) -> _Far:
    """Dependent rows count for as many as vary."""
    difference = _angle(of_now / design, now / design) - _angle(of_before / design, before / design)
    variance = design * (1 / np.maximum(now, 1) + 1 / np.maximum(before, 1))
    return _far(difference, variance, np.ones(difference.shape), (before > 0) & (now > 0))


def _far(length: Floats, variance: Floats, directions: Floats, has_both: Flags) -> _Far:
    """Chance adds its variance in each direction to the square of a length."""
    effects = np.sqrt(np.maximum(length**2 - directions * variance, 0))
    return _Far(np.where(has_both, effects, 0), np.where(has_both, np.sqrt(variance), np.inf))


def _angle(hits: Floats, rows: Floats) -> Floats:
    return 2 * np.arcsin(np.sqrt((hits + _DRAWN_IN) / (rows + 2 * _DRAWN_IN)))
