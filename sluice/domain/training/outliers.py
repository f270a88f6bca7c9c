"""Which numbers lie so far off that a model should not learn from them? Far beyond nearly all others.

The fences are of the rows that are learnt from: nothing of later rows is used. Learnt from is what lies within them;
a model is judged by all that it was asked.
"""

from dataclasses import dataclass

import numpy as np

from sluice.domain.training.rows import Flags, Numbers

_NEARLY_ALL = (0.01, 0.99)


@dataclass(frozen=True, slots=True)
class Fences:
    """Between which numbers are those of a feature that one learns from?

    Attributes:
        low: Less is an outlier.
        high: More is an outlier.

    """

    low: float
    high: float

    def outside(self, values: Numbers) -> Flags:
        """Which values are outliers; a missing one is none."""
        return np.asarray((values < self.low) | (values > self.high))


def fences(values: Numbers, reach: float) -> Fences:
    """Nearly all values lie in a range; the fences are ``reach`` times its width beyond. NaN is a missing value.

    Where nearly all are the same, as of a rare flag, nothing tells how far is far, and nothing is an outlier.
    """
    known = values[~np.isnan(values)]
    low, high = np.quantile(known, _NEARLY_ALL).tolist() if len(known) else (0.0, 0.0)
    beyond = (high - low) * reach if high > low else np.inf
    return Fences(low - beyond, high + beyond)
