"""What did two versions answer in the same hours? The one's hours weigh as much as they do for the other.

A release's share grows: most of a candidate's rows are of its last hours, while the champion's are spread over all.
Added up as they are, a storm in the last hour would have moved the candidate's answers and hardly the champion's.
"""

from collections.abc import Sequence

import numpy as np

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.summary import Summary, empty

Hour = tuple[Summary, Summary]
"""The candidate's and the champion's."""


def shared_hours(candidate: Sequence[Summary], champion: Sequence[Summary]) -> list[Hour]:
    """The hours, those that only one has answered in made empty for both."""
    pairs = zip(candidate, champion, strict=True)
    return [(own, other) if own.rows and other.rows else (_nothing(own), _nothing(other)) for own, other in pairs]


def beside(hours: Sequence[Hour], binning: Binning) -> Summary:
    """The champion's hours together, each in proportion to the candidate's rows in it.

    As many rows as such a sum is worth: (Σ w)² / Σ w² for rows of weight w (Kish, Survey Sampling, 1965).
    """
    there = [(own.rows / other.rows, other) for own, other in hours if other.rows]
    if not there:
        return empty(binning)
    rows = sum(weight * other.rows for weight, other in there)
    worth = rows * rows / sum(weight * weight * other.rows for weight, other in there)
    counts = sum((weight * other.counts for weight, other in there), np.zeros(binning.size))
    return Summary(binning.id, round(worth), np.rint(counts * (worth / rows)).astype(np.int64))


def _nothing(summary: Summary) -> Summary:
    return Summary(summary.binning, 0, np.zeros_like(summary.counts))
