"""Has a share changed: of missing values, of those out of range, of unknown categories? An exact test of two counts.

Given how many rows of the reference and the window together are of the kind, how many of these fell into the window is
binomial with the window's share of all rows (Przyborowski and Wilenski, Homogeneity of results in testing samples from
Poisson series, Biometrika 31, 1940). Where a kind is not rare that is conservative: rows cannot be of it twice.
"""

import numpy as np

from sluice.domain.drift.array import Floats
from sluice.domain.drift.tails import log_gamma

_MOST_TERMS = 8192
_DEVIATIONS = 9  # of a binomial, beyond which nothing is left
_BOTH_SIDES = 2.0


def rate_tail(of_reference: Floats, reference: Floats, of_window: Floats, window: Floats) -> Floats:
    """Two-sided p-values of equal shares: counts of the kind and of all rows, each of shape (n,), in both."""
    window_share = np.divide(window, reference + window, out=np.full(window.shape, 0.5), where=reference + window > 0)
    both = np.rint(of_reference) + np.rint(of_window)
    seen = np.rint(of_window)
    is_more = seen >= both * window_share
    # The lower tail of one window is the upper tail of the other.
    many = np.where(is_more, seen, both - seen)
    share = np.where(is_more, window_share, 1 - window_share)
    return np.minimum(1.0, _BOTH_SIDES * _upper(many, both, share))


def _upper(least: Floats, of: Floats, share: Floats) -> Floats:
    """P(X >= least), X binomial: the probabilities from there on, each by its ratio to the one before.

    ``least`` is at or beyond the mean, so they fall, and what lies more than nine deviations on is nothing.
    """
    deviation = np.sqrt(np.maximum(of * share * (1 - share), 1)).max(initial=1)
    steps = np.arange(min(int(of.max(initial=0)) + 1, int(_DEVIATIONS * deviation) + 20, _MOST_TERMS))
    at = least[:, None] + steps
    odds = (share / np.maximum(1 - share, 1e-300))[:, None]
    ratios = np.ones(at.shape)
    ratios[:, 1:] = np.maximum(of[:, None] - at[:, :-1], 0) / (at[:, :-1] + 1) * odds
    return np.minimum(1.0, np.exp(_log_probability(least, of, share)) * np.cumprod(ratios, axis=1).sum(axis=1))


def _log_probability(count: Floats, of: Floats, share: Floats) -> Floats:
    others = of - count
    chosen = log_gamma(of + 1) - log_gamma(count + 1) - log_gamma(others + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.where(count > 0, count * np.log(share), 0) + np.where(others > 0, others * np.log1p(-share), 0)
    return chosen + weights
