"""What does the model's monitor compare later flights with? The flights it learnt from, counted, and its answers."""

from pathlib import Path

import numpy as np
import pandas as pd

from examples.flights.evaluate import probabilities
from examples.flights.features import CATEGORIES, NUMBERS, signature
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.build import Choices
from sluice.domain.drift.column import Codes, Column
from sluice.domain.drift.model_reference import FILE_NAME, Training, model_reference, text_of

SLICES = ("carrier", "origin")
WINDOW_ROWS = 900  # about as many as a day has
_DRAWS = 4_000  # a fifth of what is usual: training stays a matter of seconds


def write_reference(table: pd.DataFrame, label: str, version: str, model_dir: Path) -> None:
    """Write reference.json beside the graph, from labelled examples in the order of time."""
    columns = {name: column(table, name) for name in (*CATEGORIES, *NUMBERS)}
    training = Training(
        columns,
        answers=Answers.most_probable(probabilities(model_dir, table)),
        labels=table[label].to_numpy(np.int64),
        slices={name: columns[name] for name in SLICES},
    )
    reference = model_reference(signature(version), training, choices=Choices(window_rows=WINDOW_ROWS, draws=_DRAWS))
    (model_dir / FILE_NAME).write_text(text_of(reference), encoding="utf-8")


def column(table: pd.DataFrame, name: str) -> Column:
    """One input as the monitor counts it."""
    if name not in CATEGORIES:
        return table[name].to_numpy(np.float32)
    codes, names = pd.factorize(table[name].replace("", None))
    return Codes(codes.astype(np.int64), tuple(names))
