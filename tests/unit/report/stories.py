"""Stories to tell: quiet ones, bad ones, and those with names that mean mischief."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from sluice.domain.drift.build import Choices
from sluice.domain.drift.column import Codes
from sluice.domain.drift.model_reference import Training, model_reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.sliced import SlicedReference, coded
from sluice.domain.signature import Datatype, TensorSpec
from sluice.report.story import Story
from sluice.service.count_windows import ByRows, ByTime, count_windows
from sluice.service.drift_rows import Rows
from sluice.service.judge_windows import fitting, judge_windows
from tests.drift_builders import some_answers, some_rows
from tests.drift_files import COLUMN, SIGNATURE
from tests.number_builders import a_number_reference, some_numbers

T0 = datetime(2013, 6, 1, tzinfo=UTC)
EVIL = "<script src='https://evil.example/x.js'>&\"'"


def a_reference(name: str = "carrier") -> SlicedReference:
    rows = some_rows(3000, seed=1)
    columns = {name if of == "carrier" else of: column for of, column in rows.items()}
    answers, labels = some_answers(3000, seed=2)
    spec = TensorSpec(name, Datatype.BYTES, COLUMN)
    signature = replace(SIGNATURE, inputs=(*SIGNATURE.inputs[:3], spec))
    training = Training(columns, answers=answers, labels=labels, slices={name: columns[name]})
    return model_reference(signature, training, choices=Choices(draws=0, window_rows=100))


def a_story(
    windows: int = 4,
    *,
    name: str = "carrier",
    is_timed: bool = True,
    has_slices: bool = True,
    knows: str = "answers and labels",
    **columns: Any,
) -> Story:
    """Windows of 300 rows; ``columns`` replace those of the last one, ``knows`` says what of the model is known."""
    reference = a_reference(name)
    if not has_slices:
        reference = SlicedReference(reference.whole)
    stream = []
    for window in range(windows):
        given = some_rows(300, seed=50 + window) | (columns if window == windows - 1 else {})
        answers, labels = some_answers(300, seed=50 + window)
        stream.append(
            Rows(
                {name if of == "carrier" else of: column for of, column in given.items()},
                {name: coded(given["carrier"])} if has_slices else {},
                (int(T0.timestamp()) + 3600 * window + 12 * np.arange(300)) * 1_000_000,
                answers if "answers" in knows else None,
                labels if "labels" in knows else None,
            )
        )
    counted = count_windows(reference, stream, ByTime(timedelta(hours=1)) if is_timed else ByRows(300))
    rules = fitting(Rules(), windows)
    looks = tuple(judge_windows(reference, counted, rules))
    return Story(f"model of {name}", reference.whole, looks, rules, (f"a note about {name}",), {"data": name})


def a_bad_story(**given: Any) -> Story:
    """In the last window temp has moved, delay is always the same, seats are odd, a carrier is new."""
    temp = some_rows(300, seed=53)["temp"] + 30
    carrier = Codes(np.arange(300) % 2, ("AA", EVIL))
    return a_story(
        **{"temp": temp, "delay": np.full(300, 7.0), "seats": [None, "x", 1e9] * 100, "carrier": carrier} | given
    )


def a_story_of_numbers(*shifts: float, labelled: int = 300) -> Story:
    """Windows of 300 rows, each with what its answers are too large by; of each so many rows have a label."""
    reference = SlicedReference(a_number_reference())
    stream = []
    for window, shift in enumerate(shifts):
        said, true = some_numbers(300, seed=60 + window, shift=shift)
        true[labelled:] = np.nan
        stream.append(Rows({**some_rows(300, seed=60 + window), "minutes": said}, true_numbers=true))
    rules = fitting(Rules(), len(shifts))
    looks = tuple(judge_windows(reference, count_windows(reference, stream, ByRows(300)), rules))
    return Story("minutes", reference.whole, looks, rules)
