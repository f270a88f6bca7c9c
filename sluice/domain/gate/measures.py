"""How good are a classifier's probabilities beside labels? Four measures, each with what every row adds to it."""

from collections.abc import Iterator

import numpy as np

from sluice.domain.drift.array import Counts, Flags, Floats
from sluice.domain.gate.paired import Measured

LEAST_OF_CLASS = 20  # rows with a class, and without: fewer say little about how well they are told apart
_CERTAIN = 1e-15  # a probability of 0 for what happened would be an infinite loss
_BINS = 10
_TWO = 2


def log_losses(probabilities: Floats, labels: Counts) -> Floats:
    """-log(probability of the label), row by row."""
    return -np.log(np.clip(probabilities[np.arange(len(labels)), labels], _CERTAIN, 1.0))


def brier_losses(probabilities: Floats, labels: Counts) -> Floats:
    """Squared errors of all classes' probabilities, row by row; of two classes those of one."""
    errors = probabilities.copy()
    errors[np.arange(len(labels)), labels] -= 1
    losses: Floats = (errors**2).sum(axis=1) / (_TWO if probabilities.shape[1] == _TWO else 1)
    return losses


def area(probabilities: Floats, labels: Counts) -> Measured | None:
    """Area under the ROC curve: of two classes the second's, of more the mean of each against the rest.

    Classes with too few rows, or with all but too few, are left out; None where that leaves none.
    """
    found = [_area(scores, is_own) for scores, is_own in _scored(probabilities, labels) if _is_told(is_own)]
    return _mean(found) if found else None


def calibration(probabilities: Floats, labels: Counts, blocks: Counts) -> Measured:
    """Mean squared distance of probability and share, over ten bins of equally many rows, less what chance adds.

    That is the reliability of Murphy (A new vector partition of the probability score, Journal of Applied Meteorology
    12, 1973) without its bias (Bröcker, Estimating reliability and resolution of probability forecasts through
    decomposition of the empirical score, Climate Dynamics 39, 2012), by what bins vary from block to block. Distances
    without squares are never less than nothing: a perfect model's would be all chance, in its rival's favour. Of two
    classes it is the second's, of more the mean of all.
    """
    return _mean([_calibration(scores, is_own, blocks) for scores, is_own in _scored(probabilities, labels)])


def _scored(probabilities: Floats, labels: Counts) -> Iterator[tuple[Floats, Flags]]:
    classes = probabilities.shape[1]
    for place in (1,) if classes == _TWO else range(classes):
        yield probabilities[:, place], labels == place


def _is_told(is_own: Flags) -> bool:
    return LEAST_OF_CLASS <= int(is_own.sum()) <= len(is_own) - LEAST_OF_CLASS


def _mean(found: list[Measured]) -> Measured:
    return Measured(
        float(np.mean([each.estimate for each in found])), np.mean([each.influence for each in found], axis=0)
    )


def _area(scores: Floats, is_own: Flags) -> Measured:
    """The share of pairs in the right order, ties half, and each row's own share, less that.

    DeLong, DeLong and Clarke-Pearson, Comparing the areas under two or more correlated receiver operating
    characteristic curves, Biometrics 44, 1988, by midranks (Sun and Xu, IEEE Signal Processing Letters 21, 2014).
    """
    rows, own = len(scores), int(is_own.sum())
    others = rows - own
    ranks = _midranks(scores)
    below = (ranks[is_own] - _midranks(scores[is_own])) / others
    above = 1 - (ranks[~is_own] - _midranks(scores[~is_own])) / own
    estimate = float(below.mean())
    influence = np.empty(rows)
    influence[is_own] = (below - estimate) * rows / own
    influence[~is_own] = (above - estimate) * rows / others
    return Measured(estimate, influence)


def _midranks(scores: Floats) -> Floats:
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks


def _calibration(scores: Floats, is_own: Flags, blocks: Counts) -> Measured:
    rows = len(scores)
    bins = np.empty(rows, dtype=np.int64)
    bins[np.argsort(scores, kind="stable")] = np.arange(rows) * _BINS // rows
    sizes = np.bincount(bins, minlength=_BINS)
    excess = is_own - scores
    distances = np.bincount(bins, excess, minlength=_BINS) / sizes
    apart = excess - distances[bins]
    many = int(blocks.max()) + 1
    sums = np.bincount(blocks * _BINS + bins, apart, minlength=many * _BINS).reshape(many, _BINS)
    by_chance = many / (many - 1) * (sums**2).sum(axis=0) / sizes**2
    estimate = float((sizes * (distances**2 - by_chance)).sum() / rows)
    return Measured(estimate, 2 * distances[bins] * apart)
