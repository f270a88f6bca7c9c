"""What do tests of drift have in common? Some rows with a few features, a small reference of them, and windows."""

from functools import cache
from typing import Any

import numpy as np

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.build import Choices, Labelled, build_reference
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.sliced import Slice, SlicedReference, coded, count_slices, most_frequent_slices
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import Summary

CARRIERS = ("AA", "B6", "DL", "UA", "WN")
CLASSES = ("on_time", "late")


def some_rows(rows: int, *, seed: int) -> dict[str, Any]:
    """Columns temp (normal, 2 % missing), delay (skewed), seats (whole), carrier (categories)."""
    generator = np.random.default_rng(seed)
    temp = generator.normal(50, 10, rows)
    temp[generator.random(rows) < 0.02] = np.nan
    delay = generator.lognormal(2, 1, rows).astype(np.float32)
    seats = generator.poisson(4, rows)
    carrier = generator.choice(CARRIERS, rows, p=[0.35, 0.25, 0.2, 0.15, 0.05])
    return {"temp": temp, "delay": delay, "seats": seats, "carrier": carrier.tolist()}


def some_answers(rows: int, *, seed: int, shift: float = 0.0) -> tuple[Answers, Any]:
    """Calibrated probabilities of two classes, and labels drawn by them."""
    generator = np.random.default_rng(seed)
    late = 1 / (1 + np.exp(-generator.normal(-1 + shift, 1.5, rows)))
    labels = (generator.random(rows) < late).astype(np.int64)
    return Answers.most_probable(np.stack([1 - late, late], axis=1)), labels


@cache
def a_reference(rows: int = 10_000, *, draws: int = 0) -> Reference:
    """Of ``some_rows`` and ``some_answers``; no simulated tails unless asked for."""
    answers, labels = some_answers(rows, seed=2)
    return build_reference(
        some_rows(rows, seed=1), seed=3, labelled=Labelled(CLASSES, answers, labels), choices=Choices(draws=draws)
    )


@cache
def a_sliced_reference() -> SlicedReference:
    """``a_reference`` with a slice for each carrier, the most frequent first."""
    rows, binning = some_rows(10_000, seed=1), a_reference().binning
    carriers = {"carrier": coded(rows["carrier"])}
    known = most_frequent_slices(carriers)
    counted = count_slices(binning, rows, carriers, known=known, answers=some_answers(10_000, seed=2)[0])
    return SlicedReference(a_reference(), {of: counted[of] for of in known})


def slices_of(rows: int, *, seed: int) -> dict[Slice, Summary]:
    """Some rows counted by carrier."""
    table = some_rows(rows, seed=seed)
    known, answers = a_sliced_reference().slices, some_answers(rows, seed=seed)[0]
    return count_slices(
        a_reference().binning, table, {"carrier": coded(table["carrier"])}, known=known, answers=answers
    )


def a_window(rows: int = 1000, *, seed: int = 10, **columns: Any) -> Summary:
    """Some rows counted by the reference's bins, with other columns where given."""
    answers, _ = some_answers(rows, seed=seed)
    return summarise(a_reference().binning, some_rows(rows, seed=seed) | columns, answers)
