"""How do several tests of one feature become one p-value, and those of many features findings?

Tests that look at the same counts depend on each other; the Cauchy combination holds whatever the dependence, in its
tail (Liu and Xie, Journal of the American Statistical Association 115, 2020). Tests of different things share the error
(Bonferroni). Features are many, and of those called drifted only a share may be wrong: Benjamini and Hochberg, Journal
of the Royal Statistical Society B 57 (1995); without any drift that bounds the chance of calling even one.
"""

import numpy as np

from sluice.domain.drift.array import Flags, Floats

_LEAST = 1e-300
_MOST = 1 - 1e-12
_LINEAR = 1e-15  # below it the tangent is its first term


def cauchy(p_values: Floats, is_used: Flags) -> Floats:
    """One p-value of those used along the last axis; 1 where none is."""
    p_values = np.clip(p_values, _LEAST, _MOST)
    deviates = np.where(p_values < _LINEAR, 1 / (np.pi * p_values), np.tan((0.5 - p_values) * np.pi))
    used = is_used.sum(axis=-1)
    mean = np.where(is_used, deviates, 0.0).sum(axis=-1) / np.maximum(used, 1)
    far = mean > 1 / _LINEAR
    combined = np.where(far, 1 / (np.pi * np.where(far, mean, 1.0)), 0.5 - np.arctan(mean) / np.pi)
    return np.where(used > 0, combined, 1.0)


def shared(p_values: Floats, weights: Floats) -> Floats:
    """One p-value of tests along the last axis that share the error by weights of sum 1."""
    return np.minimum(1.0, (p_values / weights).min(axis=-1))


def discoveries(p_values: Floats, q: float) -> Flags:
    """Which of these are discoveries, at most a share ``q`` of them false on average."""
    order = np.argsort(p_values, kind="stable")
    is_small = p_values[order] <= q * np.arange(1, len(order) + 1) / max(len(order), 1)
    found = np.zeros(len(order), dtype=bool)
    found[order[: is_small.nonzero()[0].max(initial=-1) + 1]] = True
    return found
