"""A model that answers a number, what it says and what was true: its reference, and labels that have joined."""

from datetime import datetime
from functools import cache
from typing import Any

import numpy as np

from sluice.domain.attribution import Attribution
from sluice.domain.drift.build import Choices
from sluice.domain.drift.model_reference import Training, model_reference
from sluice.domain.drift.reference import Reference
from sluice.domain.monitoring.labelled import Labelled
from sluice.domain.monitoring.window import Window, hour_of
from tests.drift_builders import some_rows
from tests.drift_files import NUMBERS
from tests.feedback_builders import CHAMPION, T0


def some_numbers(rows: int, *, seed: int, noise: float = 3.0, shift: float = 0.0) -> tuple[Any, Any]:
    """Answers around 20 minutes that miss the labels by some noise, and are too large by ``shift``."""
    generator = np.random.default_rng(seed)
    true = generator.normal(20, 10, rows)
    return (true + shift + generator.normal(0, noise, rows)).astype(np.float32), true


@cache
def a_number_reference(rows: int = 5000) -> Reference:
    """Of ``some_rows`` and ``some_numbers``: the mean absolute error is about 2.4, nine in ten are off by up to 5."""
    said, true = some_numbers(rows, seed=2)
    training = Training(some_rows(rows, seed=1), outputs={"minutes": said}, true_numbers=true)
    return model_reference(NUMBERS, training, choices=Choices(draws=0)).whole


def some_number_labels(
    rows: int, *, seed: int, at: datetime = T0, by: Attribution = CHAMPION, noise: float = 3.0, shift: float = 0.0
) -> list[Labelled]:
    """Labels of ``some_numbers``."""
    window = Window("flights", by.version, by.variant, hour_of(at))
    pairs = zip(*some_numbers(rows, seed=seed, noise=noise, shift=shift), strict=True)
    return [
        Labelled(window, f"n-{seed}-{number}", 1, round(float(true), 6), (float(said),))
        for number, (said, true) in enumerate(pairs)
    ]
