"""Labels that have joined their predictions, in numbers: of a classifier that is wrong at some rate."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np

from sluice.aws.item_store import ItemStore
from sluice.aws.labels import add_label
from sluice.domain.attribution import Attribution
from sluice.domain.monitoring.labelled import Labelled
from sluice.domain.monitoring.window import Window, hour_of
from tests.drift_builders import some_answers
from tests.feedback_builders import CHAMPION, T0

KEEP = timedelta(days=30)


def some_labels(
    rows: int, *, seed: int, at: datetime = T0, by: Attribution = CHAMPION, wrong: float = 0.0, carrier: str = ""
) -> list[Labelled]:
    """Labels of ``some_answers``; of this share another class is said than was drawn. All are of this carrier."""
    answers, labels = some_answers(rows, seed=seed)
    flipped = np.random.default_rng(seed).random(rows) < wrong
    window = Window("flights", by.version, by.variant, hour_of(at))
    slices = (("carrier", carrier),) if carrier else ()
    lines = answers.probabilities.astype(np.float32).tolist()
    return [
        Labelled(window, f"p-{seed}-{number}", 1, int(label) ^ int(flip), tuple(line), slices=slices)
        for number, (label, flip, line) in enumerate(zip(labels, flipped, lines, strict=True))
    ]


def bring(items: ItemStore, labels: Iterable[Labelled]) -> None:
    """Put labels down to be counted, as joining does."""
    items.put_many(add_label(each, keep=KEEP)["Put"]["Item"] for each in labels)
