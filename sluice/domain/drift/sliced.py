"""How are slices compared with their own past? Counted beside the whole, in a reference as in a window.

A slice is the rows with one value in one column, such as those of one carrier. It differs from all rows without ever
drifting, so its reference is its own rows, in the bins of all.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.column import Codes, Column, taken, words
from sluice.domain.drift.outcomes import ClassOutcomes, Outcomes, count_outcomes
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.reference_form import read_outcomes, read_reference
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.summary_form import summary_from_dict, summary_to_dict
from sluice.domain.errors import InvalidReference, InvalidSummary, ReferenceMismatch

MOST_SLICES = 50  # of a column: each is judged by itself, and all share the budget of false alarms
# Fewer rows are no past to be compared with.
LEAST_ROWS = 100


class Slice(NamedTuple):
    """Which rows: those with this value in this column."""

    column: str
    value: str

    def __str__(self) -> str:
        return f"{self.column} {self.value}"


@dataclass(frozen=True, slots=True)
class SlicedReference:
    """A reference and those of its slices.

    Attributes:
        whole: Of all rows.
        slices: Counts of each slice's rows, in the order of columns and then of how many rows they have.
        outcomes: Labelled predictions of the slices that have some; of one from an earlier Sluice none.

    """

    whole: Reference
    slices: Mapping[Slice, Summary] = field(default_factory=dict)
    outcomes: Mapping[Slice, Outcomes] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """By which columns it is sliced."""
        return tuple(dict.fromkeys(of.column for of in self.slices))

    def of(self, slice_: Slice) -> Reference:
        """What a slice is compared with."""
        return self.whole.rebased(self.slices[slice_])

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as it stands in reference.json."""
        binning = self.whole.binning
        slices = [
            {"column": of.column, "value": of.value, **summary_to_dict(binning, summary), **self._labels(of)}
            for of, summary in self.slices.items()
        ]
        return self.whole.to_dict() | ({"slices": slices} if slices else {})

    def _labels(self, of: Slice) -> dict[str, Any]:
        return {"outcomes": self.outcomes[of].to_dict()} if of in self.outcomes else {}


def read_sliced(text: str | bytes) -> SlicedReference:
    """Read reference.json with its slices. Raises InvalidReference, which names the place."""
    whole = read_reference(text)
    form = json.loads(text).get("slices", [])
    if not isinstance(form, list):
        raise InvalidReference(f"slices: expected a list, got {form!r:.60}")
    read = [_slice(place, each, whole.binning) for place, each in enumerate(form)]
    labelled = {of: outcomes for of, _, outcomes in read if outcomes is not None}
    return SlicedReference(whole, {of: summary for of, summary, _ in read}, labelled)


def coded(column: Column) -> Codes:
    """The same column as codes, categories in the order they are met; what is no category counts as missing."""
    if isinstance(column, Codes):
        return column
    values = column.tolist() if isinstance(column, np.ndarray) else list(column)
    try:
        names = {value: next(iter(words([value]).counts), "") for value in dict.fromkeys(values)}
    except TypeError as error:
        raise InvalidReference(f"a column to slice by holds one word or whole number a row: {error}") from error
    places = {name: place for place, name in enumerate(dict.fromkeys(filter(None, names.values())))}
    codes = [places.get(names[value], -1) for value in values]
    return Codes(np.array(codes, dtype=np.int64), tuple(places))


def most_frequent_slices(
    slices: Mapping[str, Codes], *, most: int = MOST_SLICES, least_rows: int = LEAST_ROWS
) -> tuple[Slice, ...]:
    """Of each column the slices with the most rows, the largest first; none with fewer rows than say enough."""
    found = []
    for name, column in slices.items():
        counts = {value: rows for value, rows in words(column).counts.items() if rows >= least_rows}
        found += [Slice(name, value) for value in sorted(counts, key=lambda value: (-counts[value], value))[:most]]
    return tuple(found)


def count_slices(
    binning: Binning,
    columns: Mapping[str, Column],
    slices: Mapping[str, Codes],
    *,
    known: Collection[Slice],
    answers: Answers | None = None,
) -> dict[Slice, Summary]:
    """Count the rows of each known slice; one without rows is left out."""
    wanted, every = set(known), {of: _indexed(each) for of, each in columns.items()} if slices else {}
    counted = {}
    for name, column in slices.items():
        for value, rows in places(column):
            if Slice(name, value) in wanted:
                counted[Slice(name, value)] = summarise(
                    binning,
                    {of: taken(each, rows) for of, each in every.items()},
                    answers and taken_of(answers, rows),
                )
    return counted


def count_slice_outcomes(
    binning: Binning,
    slices: Mapping[str, Codes],
    answers: Answers,
    labels: NDArray[np.integer[Any]],
    *,
    known: Collection[Slice],
) -> dict[Slice, ClassOutcomes]:
    """Compare the answers of each known slice with labels, which are places among the classes, one a row."""
    return {
        Slice(name, value): count_outcomes(binning, taken_of(answers, rows), labels[rows])
        for name, column in slices.items()
        for value, rows in places(column)
        if Slice(name, value) in known
    }


def taken_of(answers: Answers, rows: NDArray[np.integer[Any]]) -> Answers:
    """Some rows of answers, by place."""
    return Answers(answers.probabilities[rows], answers.predicted[rows])


def _indexed(column: Column) -> Column:
    """The same column, of which any rows are taken at once: from a list one by one."""
    return column if isinstance(column, Codes | np.ndarray) else np.fromiter(column, dtype=object, count=len(column))


def places(column: Codes) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """Each category that has rows, with their places in order."""
    order = np.argsort(column.codes, kind="stable")
    ends = np.searchsorted(column.codes[order], np.arange(len(column.categories) + 1))
    for place, name in enumerate(column.categories):
        rows = order[ends[place] : ends[place + 1]]
        if len(rows):
            yield name, rows


def _slice(place: int, form: Any, binning: Binning) -> tuple[Slice, Summary, Outcomes | None]:
    where = f"slices[{place}]"
    if not isinstance(form, Mapping) or not all(isinstance(form.get(name), str) for name in Slice._fields):
        raise InvalidReference(f"{where}: an object with column, value and counts, got {form!r:.60}")
    try:
        outcomes = read_outcomes(form["outcomes"], binning) if form.get("outcomes") else None
        return Slice(form["column"], form["value"]), summary_from_dict(form, binning), outcomes
    except (InvalidSummary, ReferenceMismatch, InvalidReference, LookupError, TypeError, ValueError) as error:
        raise InvalidReference(f"{where}: {error}") from error
