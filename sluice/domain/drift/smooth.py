"""How far, and in which direction, has a numeric feature moved? Neyman's smooth test on the reference's bins.

Orthonormal polynomials in the mid-rank of a cell pick up location (degree 1), spread (2), skewness (3) and tails (4).
Under the null, the mean of each over a window is a normal deviate of variance 1/effective rows, whatever the feature.
Neyman, "Smooth" test for goodness of fit, Skandinavisk Aktuarietidskrift 20 (1937); Rayner, Thas and Best, Smooth
Tests of Goodness of Fit, 2nd edition (2009).
"""

import numpy as np

from sluice.domain.drift.array import Floats

ORDERS = 4
_NOTHING_LEFT = 1e-9  # of a polynomial after those of lower degree are taken out: there are too few cells for it


def shares(cells: Floats) -> Floats:
    """Cells as shares of their sum, along the last axis; all zero where there is nothing."""
    return cells / np.maximum(cells.sum(axis=-1, keepdims=True), 1)


def polynomials(cells: Floats) -> Floats:
    """Orthonormal polynomials of degree 1 to 4 under cell shares: (..., cells) to (..., 4, cells).

    By Stieltjes' three-term recurrence (Gautschi, Orthogonal Polynomials, 2004, section 2.2). A degree for which there
    are too few cells is zero, and so adds nothing.
    """
    share = shares(cells)
    rank = 2 * np.cumsum(share, axis=-1) - share - 1
    before, current = np.zeros_like(share), np.ones_like(share)
    found = []
    for _ in range(ORDERS):
        along = rank * current
        rest = along - _inner(along, current, share) * current - _inner(along, before, share) * before
        length = np.sqrt(_inner(rest, rest, share))
        before, current = current, np.where(length > _NOTHING_LEFT, rest / np.maximum(length, _NOTHING_LEFT), 0.0)
        found.append(_bounded(current, share))
    return np.stack(found, axis=-2)


def coefficients(reference: Floats, window: Floats, of: Floats) -> Floats:
    """Mean of each polynomial in the window less that in the reference: (..., cells) twice to (..., 4).

    In units of the polynomial's standard deviation: the first is the shift of a rank, and so of a normal feature in
    standard deviations, nearly.
    """
    return np.einsum("...kc,...c->...k", of, shares(window) - shares(reference))


def _bounded(polynomial: Floats, share: Floats) -> Floats:
    """No further out than where there is something: between few cells a polynomial goes as far as it likes.

    One row of a window in a cell that a slice of 200 rows never had would else be a drift beyond all doubt.
    """
    furthest = np.where(share > 0, np.abs(polynomial), 0.0).max(axis=-1, keepdims=True)
    return np.clip(polynomial, -furthest, furthest)


def _inner(one: Floats, other: Floats, share: Floats) -> Floats:
    return (one * other * share).sum(axis=-1, keepdims=True)
