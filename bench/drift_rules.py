"""How do others decide that a column has drifted? Their default rules, re-implemented, and ours on the same windows.

Evidently 0.7 with a reference of more than 1,000 rows: normalised Wasserstein distance, or Jensen-Shannon distance of
categories, at least 0.1. The textbook: two-sample Kolmogorov-Smirnov or chi-square below 0.05, at once or by Benjamini
and Hochberg. The population stability index above 0.2 on ten quantile bins. SageMaker Model Monitor's robust L-infinity
distance above 0.1 (awslabs/deequ, Distance.scala). All drop missing values, as the originals do.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.drift.column import Codes, Column
from sluice.domain.drift.combine import discoveries
from sluice.domain.drift.comparison import compare
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summarise import summarise

Floats = NDArray[np.float64]
Flags = NDArray[np.bool]

OURS = ("Sluice q=.05", "Sluice q=.01", "Sluice q=.01, floor")
OTHERS = ("Evidently default", "KS/chi2 p<.05", "KS/chi2 BH q=.05", "PSI>.2", "SageMaker linf_robust>.1")
_DRAWS = 5000
_EVIDENTLY, _ALPHA, _STABLE, _SAGEMAKER = 0.1, 0.05, 0.2, 0.1
_ROBUST = 1.8
_FLOOR = 1e-4


class Judges:
    """All rules with one reference."""

    def __init__(self, columns: Mapping[str, Column], *, seed: int) -> None:
        """Sort the columns for the others, and build a reference for ours."""
        self._known = [_known(column) for column in columns.values()]
        self._reference = build_reference(columns, seed=seed, choices=Choices(draws=_DRAWS, window_rows=200))

    def flags(self, columns: Mapping[str, Column]) -> dict[str, Flags]:
        """Which columns each rule calls drifted."""
        return self._ours(columns) | self._others(columns)

    def _ours(self, columns: Mapping[str, Column]) -> dict[str, Flags]:
        window = summarise(self._reference.binning, columns)
        plain, floor = (
            compare(self._reference, window, Rules(levels=1, least_effect=least)).p
            for least in (0.0, Rules().least_effect)
        )
        return dict(
            zip(OURS, (discoveries(plain, 0.05), discoveries(plain, 0.01), discoveries(floor, 0.01)), strict=True)
        )

    def _others(self, columns: Mapping[str, Column]) -> dict[str, Flags]:
        pairs = [(old, _known(column)) for old, column in zip(self._known, columns.values(), strict=True)]
        p_values = np.array([_p_value(*pair) for pair in pairs])
        flags = (
            np.array([_distance(*pair) >= _EVIDENTLY for pair in pairs]),
            p_values < _ALPHA,
            discoveries(p_values, _ALPHA),
            np.array([_stability(*pair) > _STABLE for pair in pairs]),
            np.array([_robust(*pair) > _SAGEMAKER for pair in pairs]),
        )
        return dict(zip(OTHERS, flags, strict=True))


def _known(column: Column) -> Floats | Codes:
    """What is not missing: sorted numbers, or codes."""
    if isinstance(column, Codes):
        return Codes(column.codes[column.codes >= 0], column.categories)
    values = np.asarray(column, dtype=np.float64)
    return np.sort(values[~np.isnan(values)])


def _counts(codes: Codes) -> Floats:
    return np.bincount(codes.codes, minlength=len(codes.categories)).astype(np.float64)


def _steps(old: Floats, new: Floats) -> tuple[Floats, Floats]:
    """All values in order, and the difference of the distribution functions at each."""
    both = np.sort(np.concatenate((old, new)), kind="stable")
    return both, old.searchsorted(both, "right") / len(old) - new.searchsorted(both, "right") / len(new)


def _distance(old: Floats | Codes, new: Floats | Codes) -> float:
    if isinstance(old, Codes) or isinstance(new, Codes):
        one, other = (_counts(codes) / len(codes) for codes in (old, new) if isinstance(codes, Codes))
        middle = (one + other) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [np.where(each > 0, each * np.log(each / middle), 0).sum() for each in (one, other)]
        return float(np.sqrt(max(sum(parts) / 2, 0)))
    both, difference = _steps(old, new)
    return float((np.abs(difference[:-1]) * np.diff(both)).sum() / old.std())


def _p_value(old: Floats | Codes, new: Floats | Codes) -> float:
    if isinstance(old, Codes) or isinstance(new, Codes):
        before, now = (_counts(codes) for codes in (old, new) if isinstance(codes, Codes))
        expected = before * now.sum() / before.sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            unseen = np.where(now > 0, np.inf, 0)
            statistic = np.where(expected > 0, (now - expected) ** 2 / expected, unseen).sum()
        return float(stats.chi2.sf(statistic, len(before) - 1))
    distance = float(np.abs(_steps(old, new)[1]).max())
    return float(np.clip(stats.kstwo.sf(distance, round(len(old) * len(new) / (len(old) + len(new)))), 0, 1))


def _stability(old: Floats | Codes, new: Floats | Codes) -> float:
    if isinstance(old, Codes) or isinstance(new, Codes):
        before, now = (_counts(codes) / len(codes) for codes in (old, new) if isinstance(codes, Codes))
    else:
        edges = np.unique(np.quantile(old, np.arange(1, 10) / 10))
        before, now = (
            np.bincount(edges.searchsorted(each, "left"), minlength=len(edges) + 1) / len(each) for each in (old, new)
        )
    before, now = np.maximum(before, _FLOOR), np.maximum(now, _FLOOR)
    return float(((now - before) * np.log(now / before)).sum())


def _robust(old: Floats | Codes, new: Floats | Codes) -> float:
    if isinstance(old, Codes) or isinstance(new, Codes):
        before, now = (_counts(codes) / len(codes) for codes in (old, new) if isinstance(codes, Codes))
        distance = float(np.abs(before - now).max())
    else:
        distance = float(np.abs(_steps(old, new)[1]).max())
    return max(0.0, distance - _ROBUST * float(np.sqrt((len(old) + len(new)) / (len(old) * len(new)))))
