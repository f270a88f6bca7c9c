"""How likely is a chi-square at least so large, under no effect or one too small to matter? Tails, without scipy."""

from math import erfc, lgamma, sqrt

import numpy as np

from sluice.domain.drift.array import Floats

_PRECISION = 1e-13
_TINY = 1e-300
# Up to this noncentrality the mixture of central tails is summed; beyond it has too many terms.
_MIXTURE = 50.0
_HEAD = 1e-3  # standard deviations around the mean, where a saddlepoint's formula is 0/0


def chi_square_tail(statistic: Floats, freedom: Floats) -> Floats:
    """P(X >= statistic) of a central chi-square; degrees of freedom are real and above 0.

    The regularised upper incomplete gamma function: its series below the mean, its continued fraction above. Press,
    Teukolsky, Vetterling and Flannery, Numerical Recipes, 3rd edition (2007), section 6.2; DLMF 8.11.4 and 8.9.2.
    """
    shape, at = np.broadcast_arrays(np.asarray(freedom, float) / 2, np.maximum(statistic, 0) / 2)
    upper = np.ones(at.shape)
    is_low = at < shape + 1
    upper[is_low] = 1 - _series(shape[is_low], at[is_low])
    upper[~is_low] = _fraction(shape[~is_low], at[~is_low])
    return np.clip(upper, 0, 1)


def noncentral_tail(statistic: Floats, freedom: Floats, noncentrality: Floats) -> Floats:
    """P(X >= statistic) of a noncentral chi-square.

    Up to a noncentrality of 50 the Poisson mixture of central tails (DLMF 8.22; Johnson, Kotz and Balakrishnan,
    Continuous Univariate Distributions 2, 29.2); beyond, the saddlepoint approximation of Lugannani and Rice (Advances
    in Applied Probability 12, 1980), whose relative error is below 1 % there.
    """
    statistic, freedom, noncentrality = np.broadcast_arrays(
        np.maximum(np.asarray(statistic, float), 0), np.asarray(freedom, float), np.asarray(noncentrality, float)
    )
    tail = np.empty(statistic.shape)
    is_near = noncentrality <= _MIXTURE
    tail[is_near] = _mixture(statistic[is_near], freedom[is_near], noncentrality[is_near])
    tail[~is_near] = _saddlepoint(statistic[~is_near], freedom[~is_near], noncentrality[~is_near])
    return np.clip(tail, 0, 1)


def log_gamma(values: Floats) -> Floats:
    """Logarithm of the gamma function."""
    return np.array([lgamma(value) for value in values.ravel().tolist()]).reshape(values.shape)


def normal_tail(deviates: Floats) -> Floats:
    """P(X >= deviate) of a standard normal."""
    return np.array([erfc(each / sqrt(2)) / 2 for each in deviates.ravel().tolist()]).reshape(deviates.shape)


def _front(shape: Floats, at: Floats) -> Floats:
    """exp(-x) x^a / Gamma(a), by logarithms."""
    distinct, back = np.unique(shape, return_inverse=True)
    return np.exp(shape * np.log(np.maximum(at, _TINY)) - at - log_gamma(distinct)[back])


def _series(shape: Floats, at: Floats) -> Floats:
    """The lower tail."""
    term, step = 1 / shape, 0
    total = term.copy()
    while (term > total * _PRECISION).any():
        step += 1
        term = term * at / (shape + step)
        total += term
    return total * _front(shape, at)


def _fraction(shape: Floats, at: Floats) -> Floats:
    """The upper tail, by Lentz's method."""
    below = at + 1 - shape
    c = np.full_like(at, 1 / _TINY)
    d = 1 / below
    value, step, factor = d.copy(), 0, np.zeros_like(at)
    while (np.abs(factor - 1) > _PRECISION).any():
        step += 1
        numerator = -step * (step - shape)
        below += 2
        d = 1 / _nonzero(numerator * d + below)
        c = _nonzero(below + numerator / c)
        factor = c * d
        value *= factor
    return value * _front(shape, at)


def _nonzero(values: Floats) -> Floats:
    return np.where(np.abs(values) < _TINY, _TINY, values)


def _mixture(statistic: Floats, freedom: Floats, noncentrality: Floats) -> Floats:
    """Sum over j of Poisson(j; noncentrality/2) P(chi-square of freedom + 2j >= statistic).

    Each tail is the one before and one term more (DLMF 8.8.11), so the sum is the central tail and, for each such term,
    the chance that the Poisson variable lies beyond it: positive terms all.
    """
    if not statistic.size:
        return statistic
    shape, at, mean = freedom / 2, np.maximum(statistic / 2, _TINY), noncentrality / 2
    # Beyond the largest term of the double sum, by enough for what is left to be nothing.
    last = np.sqrt(mean * at) + mean
    steps = np.arange(int(np.ceil((last + 9 * np.sqrt(last) + 20).max())))
    poisson = np.cumsum(np.log(np.maximum(mean, _TINY))[:, None] - np.log(np.maximum(steps, 1)), axis=1)
    beyond = _beyond(np.exp(poisson - poisson[:, :1] - mean[:, None]))
    growth = np.log(at)[:, None] - np.log(shape[:, None] + np.maximum(steps, 1))
    growth[:, 0] = 0
    first = shape * np.log(at) - at - log_gamma(shape + 1)
    terms = np.exp(first[:, None] + np.cumsum(growth, axis=1))
    return chi_square_tail(statistic, freedom) + (terms * beyond).sum(axis=1)


def _beyond(probabilities: Floats) -> Floats:
    """P(N > j) from P(N = j), summed from the far end so that small tails keep their digits."""
    at_least = np.cumsum(probabilities[:, ::-1], axis=1)[:, ::-1]
    return at_least - probabilities


def _saddlepoint(statistic: Floats, freedom: Floats, noncentrality: Floats) -> Floats:
    """Lugannani and Rice's tail; u = 1/(1 - 2t) solves noncentrality u^2 + freedom u = statistic."""
    mean, deviation = freedom + noncentrality, np.sqrt(2 * freedom + 4 * noncentrality)
    at = np.where(np.abs(statistic - mean) < _HEAD * deviation, mean + _HEAD * deviation, statistic)
    u = (np.sqrt(freedom**2 + 4 * noncentrality * at) - freedom) / (2 * noncentrality)
    u = np.maximum(u, _TINY)
    t = (1 - 1 / u) / 2
    cumulant = freedom / 2 * np.log(u) + noncentrality * t * u
    w = np.sign(t) * np.sqrt(2 * np.maximum(t * at - cumulant, 0))
    v = t * u * np.sqrt(2 * freedom + 4 * noncentrality * u)
    density = np.exp(-(w**2) / 2) / np.sqrt(2 * np.pi)
    return normal_tail(w) + density * (1 / v - 1 / w)
