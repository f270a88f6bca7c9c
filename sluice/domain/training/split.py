"""Where do validation and test begin? At two moments, never at random: a model is judged by what came after it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sluice.domain.errors import InvalidTrainingData
from sluice.domain.training.rows import Whole


class Part(StrEnum):
    """Of the rows, in the order of time."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Shares:
    """How many percent of the rows each part gets, about: rows of the same moment stay together.

    Attributes:
        validation: In percent.
        test: In percent.

    """

    validation: int
    test: int

    def cuts(self, times: Whole) -> Cuts:
        """Where the parts begin; ``times`` are in order, at least one."""
        rows, learnt = len(times), 100 - self.validation - self.test
        first, second = rows * learnt // 100, rows * (100 - self.test) // 100
        last = rows - 1
        return Cuts(int(times[min(first, last)]), int(times[min(second, last)]))


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the parts begin, in microseconds since 1970.

    Attributes:
        validation: Its first moment: what is before is learnt from.
        test: Its first moment.

    """

    validation: int
    test: int

    def cuts(self, _times: Whole) -> Cuts:
        """Wherever the rows are."""
        return self


Wanted = Shares | Cuts


def split(times: Whole, wanted: Wanted) -> dict[Part, Whole]:
    """The places of each part's rows; ``times`` are in order. Raises InvalidTrainingData where a part has none."""
    if not len(times):
        raise InvalidTrainingData("there is no row to learn from")
    cuts = wanted.cuts(times)
    at = np.searchsorted(times, [cuts.validation, cuts.test], side="left")
    places = np.arange(len(times))
    parts = dict(zip(Part, (places[: at[0]], places[at[0] : at[1]], places[at[1] :]), strict=True))
    empty = [part for part, found in parts.items() if not len(found)]
    if empty:
        raise InvalidTrainingData(
            f"of {len(times):,} rows at {len(np.unique(times)):,} moments none is left for {' and '.join(empty)}: "
            "ask for more time, or split otherwise"
        )
    return parts
