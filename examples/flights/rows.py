"""Rows for files: the inputs of some months, when each flight was to leave, and whether it was late."""

from collections.abc import Sequence
from pathlib import Path

from examples.flights import data
from examples.flights.features import features

LABEL, TIME = "label", "scheduled_departure"


def write_rows(months: Sequence[int], file: Path) -> int:
    """Write the flights of these months, first and last, as .csv or .parquet (label empty: no landing); how many."""
    flights = data.join(data.read())
    month = flights[TIME].dt.tz_convert(data.NEW_YORK).dt.month
    chosen = flights[month.between(*months)]
    rows = features(chosen).assign(**{TIME: chosen[TIME], LABEL: chosen["late"]})
    if file.suffix == ".parquet":
        rows.to_parquet(file, index=False)
    else:
        rows.to_csv(file, index=False)
    return len(rows)
