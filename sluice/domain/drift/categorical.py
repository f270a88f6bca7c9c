"""How is a column of categories counted? By name, all unknown ones as one."""

import numpy as np

from sluice.domain.drift.array import Counts
from sluice.domain.drift.binning import CategoricalBins
from sluice.domain.drift.column import Column, words


def count_categories(bins: CategoricalBins, column: Column) -> Counts:
    """The counters of a categorical feature: one for each category, others, missing, wrong_type."""
    counts, missing, wrong_type = words(column)
    known = [counts[category] for category in bins.categories]
    return np.array([*known, counts.total() - sum(known), missing, wrong_type], dtype=np.int64)
