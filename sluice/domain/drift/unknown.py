"""Which words does a reference not know? The most frequent ones of each feature of categories, counted within a bound.

A Misra-Gries sketch of eight words for each feature: such sketches merge in any order, and a word is counted too few
times by at most a ninth of the rows that no count holds (Agarwal and others, Mergeable summaries, PODS 2012). Up to
eight words all counts are exact. Where no category is known no word is kept: none of a sensitive input (``presence``).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self, TypeAlias

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import Binning, CategoricalBins
from sluice.domain.drift.column import Column, words
from sluice.domain.drift.summarise import all_columns
from sluice.domain.drift.summary import Summary

MOST_WORDS = 8
LONGEST_WORD = 64
_CUT = "…"


@dataclass(frozen=True, slots=True)
class Words:
    """Unknown words of one feature.

    Attributes:
        rows: How many rows hold one, be it kept or not.
        counts: How many rows hold each that is kept, at least; the most frequent first.

    """

    rows: int
    counts: Mapping[str, int]

    @property
    def short(self) -> int:
        """By how much a count may be too low; so often, at most, came a word that is not kept."""
        return (self.rows - sum(self.counts.values())) // (MOST_WORDS + 1)

    def __add__(self, other: Self) -> Self:
        counts = Counter(self.counts)
        counts.update(other.counts)
        return type(self)(self.rows + other.rows, _reduced(counts))


Unknown: TypeAlias = Mapping[str, Words]
"""By feature; one without unknown words is not there."""


def unknown_words(
    binning: Binning, columns: Mapping[str, Column], answers: Answers | None, *, summary: Summary
) -> Unknown:
    """Those of some rows, which ``summary`` has counted: where it has no unknown ones nothing is looked at."""
    every = all_columns(binning, columns, answers)
    return {
        bins.name: _words(bins, every[bins.name])
        for bins, at in zip(binning.features, binning.features_at, strict=True)
        if isinstance(bins, CategoricalBins) and bins.categories and summary.counts[at][len(bins.categories)]
    }


def together(pieces: Iterable[Unknown]) -> Unknown:
    """The words of all."""
    found: dict[str, Words] = {}
    for piece in pieces:
        for name, of in piece.items():
            found[name] = found[name] + of if name in found else of
    return found


def _words(bins: CategoricalBins, column: Column) -> Words:
    known, counts = set(bins.categories), Counter[str]()
    for word, rows in words(column).counts.items():
        if word not in known:
            counts[word if len(word) <= LONGEST_WORD else word[: LONGEST_WORD - 1] + _CUT] += rows
    return Words(counts.total(), _reduced(counts))


def _reduced(counts: Counter[str]) -> dict[str, int]:
    """The most frequent, each less what the ninth has: nine words lose that much, so all lose nine times what one does.

    A word of which nothing is left stays until another one takes its place: that it came is known.
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    taken = ordered[MOST_WORDS][1] if len(ordered) > MOST_WORDS else 0
    return {word: rows - taken for word, rows in ordered[:MOST_WORDS]}
