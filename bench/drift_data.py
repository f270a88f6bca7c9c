"""Which data do the benchmarks of drift look at? Sixty made-up features, of which five drift, and the real flights."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from examples.flights.data import load
from examples.flights.features import CATEGORIES as WORDS
from examples.flights.features import features
from sluice.domain.drift.column import Codes, Column

Floats = NDArray[np.float64]

FAMILIES = ("normal", "lognormal", "uniform", "poisson", "gamma")
NUMERIC = 50
CATEGORIES = (2, 2, 3, 5, 5, 8, 10, 20, 50, 100)
_MEAN = {"normal": 0.0, "lognormal": np.exp(0.5), "uniform": 0.5, "poisson": 5.0, "gamma": 2.0}
_DEVIATION = {
    "normal": 1.0,
    "lognormal": np.sqrt((np.e - 1) * np.e),
    "uniform": np.sqrt(1 / 12),
    "poisson": np.sqrt(5),
    "gamma": np.sqrt(2),
}
_MISSING = 0.01  # of every other feature


class Drift(NamedTuple):
    """What happens to some features.

    Attributes:
        kind: ``shift`` (in standard deviations), ``scale``, ``swap`` (share of rows that change category) or
            ``missing`` (share of rows).
        size: How much.
        features: Places of those that drift.

    """

    kind: str = "none"
    size: float = 0.0
    features: tuple[int, ...] = ()


_NUMBERS = (2, 13, 24, 35, 46)  # one of each family
QUIET = Drift()
DRIFTS = {
    "shift .1": Drift("shift", 0.1, _NUMBERS),
    "shift .25": Drift("shift", 0.25, _NUMBERS),
    "shift .5": Drift("shift", 0.5, _NUMBERS),
    "sd x1.25": Drift("scale", 1.25, _NUMBERS),
    "swap 5 %": Drift("swap", 0.05, (51, 53, 55, 57, 59)),
    "missing 3 %": Drift("missing", 0.03, (2, 13, 24, 35, 55)),
}


def rows(generator: np.random.Generator, count: int, drift: Drift = QUIET) -> dict[str, Column]:
    """So many rows of all features; numbers with NaN where missing, categories as codes with -1."""
    columns: dict[str, Column] = {}
    for place in range(NUMERIC):
        family = FAMILIES[place // 10]
        values = _numbers(generator, family, count, drift if place in drift.features else QUIET)
        missing = generator.random(count) < _share_missing(place, drift)
        columns[f"{family} {place}"] = np.where(missing, np.nan, values)
    for place, categories in enumerate(CATEGORIES, NUMERIC):
        codes = generator.choice(categories, count, p=_shares(categories, drift if place in drift.features else QUIET))
        codes[generator.random(count) < _share_missing(place, drift)] = -1
        columns[f"category {place}"] = Codes(codes, tuple(map(str, range(categories))))
    return columns


def _numbers(generator: np.random.Generator, family: str, count: int, drift: Drift) -> Floats:
    mean, deviation = _MEAN[family], _DEVIATION[family]
    if family == "poisson":  # stays on the whole numbers
        shifted = 5 + drift.size * deviation if drift.kind == "shift" else 5
        values: Floats = generator.poisson(shifted, count).astype(np.float64)
        return np.asarray(np.rint(mean + (values - mean) * drift.size)) if drift.kind == "scale" else values
    values = _DRAWS[family](generator, count)
    if drift.kind == "shift":
        return np.asarray(values + drift.size * deviation)
    return np.asarray(mean + (values - mean) * drift.size) if drift.kind == "scale" else values


_DRAWS: Mapping[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda generator, count: generator.standard_normal(count),
    "lognormal": lambda generator, count: generator.lognormal(0, 1, count),
    "uniform": lambda generator, count: generator.random(count),
    "gamma": lambda generator, count: generator.gamma(2, 1, count),
}


def _share_missing(place: int, drift: Drift) -> float:
    if drift.kind == "missing" and place in drift.features:
        return drift.size
    return _MISSING if place % 2 else 0.0


def _shares(categories: int, drift: Drift) -> Floats:
    """Zipf's law; a swap moves rows from the most frequent category to the rarest."""
    shares = 1 / np.arange(1, categories + 1)
    shares /= shares.sum()
    if drift.kind == "swap":
        shares[0] -= drift.size
        shares[-1] += drift.size
    return np.asarray(shares, dtype=np.float64)


def flights(seed: int | None) -> dict[str, Column]:
    """All flights of 2013 as the example's model sees them: in the order of time, or shuffled by a seed."""
    split = load()
    frame = features(pd.concat([split.training, split.validation, split.live]))
    if seed is not None:
        frame = frame.sample(frac=1, random_state=seed)
    return {
        name: _codes(frame[name]) if name in WORDS else frame[name].to_numpy(np.float32, na_value=np.nan)
        for name in frame
    }


def _codes(words: pd.Series) -> Codes:
    encoded = words.astype("category").cat
    return Codes(encoded.codes.to_numpy(), tuple(map(str, encoded.categories)))


def cut(columns: Mapping[str, Column], start: int, stop: int) -> dict[str, Column]:
    """Some of the rows."""
    return {name: column[start:stop] for name, column in columns.items()}
