"""How far off is a model in each slice that answers numbers? Its labelled rows, counted as those of all rows are."""

from collections.abc import Collection, Mapping

from sluice.domain.drift.array import Floats
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.column import Codes, Column, taken
from sluice.domain.drift.number_outcomes import NumberOutcomes, count_number_outcomes
from sluice.domain.drift.sliced import Slice, places


def count_slice_numbers(
    binning: Binning, slices: Mapping[str, Codes], answers: Column, labels: Floats, *, known: Collection[Slice]
) -> dict[Slice, NumberOutcomes]:
    """Compare the answers of each known slice with labels, one a row, NaN where it is not known. Raises ValueError."""
    return {
        Slice(name, value): count_number_outcomes(binning, taken(answers, rows), labels[rows])
        for name, column in slices.items()
        for value, rows in places(column)
        if Slice(name, value) in known
    }
