"""The demo's last act: the summer's drift becomes a better version, and a poisoned one is stopped.

The champion's drift starts a retraining by itself, on May and on what was asked since, with the labels that
came. A person approves what has passed the gate. Then the labels of one carrier are turned round.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import boto3
import numpy as np
import pandas as pd

from examples.flights import data
from examples.flights.evaluate import probabilities
from examples.flights.features import NUMBERS, features
from examples.flights.landings import LABEL, Landed
from examples.flights.traffic import MODEL
from sluice.aws.retrainings import Retrainings
from sluice.domain.gate.measures import area
from sluice.domain.gate.paired import blocks_of, difference
from sluice.domain.retraining.run import Run
from sluice.domain.training.pipeline import training_folder
from sluice.domain.training.split import Part

HISTORY, TIME = "history.parquet", "scheduled_departure"
POISONED_CARRIER = "B6"
_PATIENCE_SECONDS = 600
_CHANCE = 0.025  # on either side


def put_history(bucket: str) -> None:
    """Put the flights of May, which no version has learnt from, where the pipeline looks for history."""
    may = data.landed(data.load().validation)
    rows = features(may).assign(**{LABEL: may["late"].astype(int), TIME: may[TIME]})
    with TemporaryDirectory() as folder:
        file = Path(folder) / HISTORY
        rows.to_parquet(file, index=False)
        _s3().upload_file(str(file), bucket, f"{training_folder(MODEL)}/{HISTORY}")


def wait_for_end(book: Retrainings, chosen: Callable[[Run], bool], what: str) -> Run:
    """The newest retraining that is chosen, once it is over. Raises TimeoutError."""
    deadline = monotonic() + _PATIENCE_SECONDS
    while monotonic() < deadline:
        run = next((run for run in book.of(MODEL).runs if chosen(run)), None)
        if run is not None and run.is_over:
            return run
        sleep(1)
    raise TimeoutError(f"{what} was not over after {_PATIENCE_SECONDS} s")


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions on the same flights.

    Attributes:
        flights: How many.
        auc: Of the answers that users got.
        old: Of those that the other version would have given.
        better_by: The difference.
        low: It is no less, with 97.5 % confidence.
        high: It is no more, with 97.5 % confidence.

    """

    flights: int
    auc: float
    old: float
    better_by: float
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"AUC {self.auc:.3f} on {self.flights:,} flights asked about since; the old champion's, on the same "
            f"flights: {self.old:.3f}. Better by {self.better_by:+.3f} (95 %: {self.low:+.3f} to {self.high:+.3f})"
        )


def compare(landed: Sequence[Landed], champion: Path) -> Compared:
    """What users were answered, beside what the version in a model directory makes of the same flights."""
    ordered = sorted(landed, key=lambda each: each.flight.scheduled_at)  # flights of a day share its weather
    table = pd.DataFrame([each.flight.instance for each in ordered]).astype(dict.fromkeys(NUMBERS, np.float64))
    labels = np.array([each.flight.label for each in ordered], dtype=np.int64)
    late = np.array([each.probability for each in ordered])
    ours = area(np.column_stack([1 - late, late]), labels)
    theirs = area(probabilities(champion, table).astype(np.float64), labels)
    if ours is None or theirs is None:
        raise ValueError(f"{len(labels)} flights are too few to compare versions by")
    better = difference(ours, theirs, blocks_of(len(labels)))
    return Compared(len(labels), ours.estimate, theirs.estimate, better.estimate, *better.bounds(_CHANCE))


def poison(folder_url: str) -> str:
    """Turn the labels of one carrier round, in a copy of what was learnt from; its folder."""
    place, poisoned = urlsplit(folder_url), f"{training_folder(MODEL)}/poisoned"
    bucket, client = place.netloc, _s3()
    with TemporaryDirectory() as folder:
        for part in Part:
            file = str(Path(folder) / f"{part}.parquet")
            client.download_file(bucket, f"{place.path.strip('/')}/{part}.parquet", file)
            if part is not Part.TEST:
                _turn_round(file)
            client.upload_file(file, bucket, f"{poisoned}/{part}.parquet")
    return f"s3://{bucket}/{poisoned}"


def _turn_round(file: str) -> None:
    rows = pd.read_parquet(file)
    rows[LABEL] = rows[LABEL].where(rows["carrier"] != POISONED_CARRIER, 1 - rows[LABEL])
    rows.to_parquet(file, index=False)


def _s3() -> Any:
    return boto3.client("s3")
