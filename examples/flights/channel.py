"""What may a training job learn from? The rows of a channel, or one sentence on what is wrong with them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from examples.flights.features import CATEGORIES, NUMBERS
from model_container.training_job import CannotTrain

INPUTS = (*CATEGORIES, *NUMBERS)


def read_channel(folder: Path, label: str) -> pd.DataFrame:
    """All rows of a channel's files; of either class there must be some. Raises CannotTrain."""
    files = sorted(file for file in folder.glob("*") if file.suffix in READERS)
    if not files:
        raise CannotTrain(f"channel {folder.name}: there is no file that ends in {' or '.join(READERS)}")
    tables = []
    for file in files:
        tables.append(_read(file))
        for wrong in _mistakes(tables[-1], label):
            raise CannotTrain(f"channel {folder.name}, {file.name}: {wrong}")
    table = pd.concat(tables, ignore_index=True)
    for wrong in _one_class(table, label):
        raise CannotTrain(f"channel {folder.name}: {wrong}")
    return table


def check_variety(table: pd.DataFrame, allowed: frozenset[str]) -> None:
    """Raise CannotTrain for an input that never changes, unless it may: what makes it has most likely broken."""
    for name in INPUTS:
        found = table[name].unique()
        if len(found) == 1 and name not in allowed:
            what = "is missing" if pd.isna(found[0]) else f"is {found[0]}"
            raise CannotTrain(
                f"channel training: {name} {what} in all {len(table):,} rows; "
                "if that is right, name it in hyperparameter constant"
            )


def read_examples(file: Path) -> pd.DataFrame:
    """One file of a channel."""
    return READERS[file.suffix](file)


def _read(file: Path) -> pd.DataFrame:
    try:
        return read_examples(file)
    except (OSError, ValueError) as damaged:
        reason = str(damaged).partition("\n")[0]
        raise CannotTrain(f"channel {file.parent.name}: {file.name} cannot be read: {reason}") from damaged


def _read_csv(file: Path) -> pd.DataFrame:
    """Codes stay text: an airline may be called "NA"."""
    return pd.read_csv(file, dtype=dict.fromkeys(CATEGORIES, str), keep_default_na=False, na_values=[""])


READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {".csv": _read_csv, ".parquet": pd.read_parquet}


def _mistakes(table: pd.DataFrame, label: str) -> Iterator[str]:
    """What makes a file none of flights."""
    if lacking := [name for name in (*INPUTS, label) if name not in table]:
        yield f"{'columns' if lacking[1:] else 'column'} {', '.join(lacking)} not found"
    elif len(table) == 0:
        yield "there are no rows"
    else:
        for name in INPUTS:
            if table[name].notna().any() and is_numeric_dtype(table[name]) is not (name in NUMBERS):
                wanted, got = ("numbers", "text") if name in NUMBERS else ("text", "numbers")
                yield f"column {name} should hold {wanted} and holds {got}"
        if odd := [value for value in table[label].unique() if value not in (0, 1)]:
            yield f"column {label} should hold 0 and 1 and holds {odd[0]}"


def _one_class(table: pd.DataFrame, label: str) -> Iterator[str]:
    classes = np.unique(table[label])
    if len(classes) == 1:
        yield f"the {label} is {classes[0]:g} in all {len(table):,} rows: a single class teaches nothing"
