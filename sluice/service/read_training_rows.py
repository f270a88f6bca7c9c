"""Bring captured requests, with the labels that were given for them, to where training data is made of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from sluice.aws.captures import CapturedFile, Captures
from sluice.aws.given_labels import Given, GivenLabels
from sluice.data_file import spill, training
from sluice.domain.feedback.capture import Origin, Poison, Skipped
from sluice.domain.training import fit
from sluice.domain.training.captured import Captured, read_captured
from sluice.domain.training.fit import Wanted
from sluice.domain.training.rows import State

_AT_ONCE = 8192  # requests: memory stays the same however long a file is
_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading takes.

    Attributes:
        model: Name of the model.
        label: The name of the feedback that is the label.
        wanted: Which inputs are learnt from.
        captures: The files.
        labels: What was said.

    """

    model: str
    label: str
    wanted: Wanted
    captures: Captures
    labels: GivenLabels


@dataclass(slots=True)
class ReadFile:
    """What a captured file brought.

    Attributes:
        key: Its key.
        etag: Of its content as it was captured; empty where it cannot be read.
        predictions: Attempts at predictions in it.
        poisoned: Lines that cannot be read.
        trouble: Why none of it can be read; empty where it can.

    """

    key: str
    etag: str = ""
    predictions: int = 0
    poisoned: int = 0
    trouble: str = ""


@dataclass(slots=True)
class _Waiting:
    """Requests that wait to be put down."""

    found: list[Captured] = field(default_factory=list)
    files: list[int] = field(default_factory=list)


def read_training_rows(files: Sequence[tuple[int, CapturedFile]], reading: Reading, out: Path) -> list[ReadFile]:
    """Put the rows of numbered files down in a file; what each brought. Raises StoreUnavailable, and what S3 may."""
    read: list[ReadFile] = []
    spill.write(out, training.schema_of(reading.wanted.inputs), _batches(files, reading, read))
    return read


def _batches(
    files: Iterable[tuple[int, CapturedFile]], reading: Reading, read: list[ReadFile]
) -> Iterator[pa.RecordBatch]:
    waiting = _Waiting()
    for number, file in files:
        read.append(ReadFile(file.key))
        for captured in _requests(file, reading, read[-1]):
            waiting.found.append(captured)
            waiting.files.append(number)
            if len(waiting.found) >= _AT_ONCE:
                yield _batch(waiting, reading)
                waiting = _Waiting()
    if waiting.found:
        yield _batch(waiting, reading)


def _requests(file: CapturedFile, reading: Reading, told: ReadFile) -> Iterator[Captured]:
    """The attempts at predictions in a file; what else is in it is counted."""
    try:
        origin = Origin.of(file.key)
        content = reading.captures.open(file)
    except Poison as unreadable:
        told.trouble = str(unreadable)
        return
    told.etag = content.etag
    for line in content.lines:
        try:
            found = read_captured(line, model=reading.model, origin=origin, wanted=reading.wanted)
        except Poison:
            told.poisoned += 1
            continue
        if not isinstance(found, Skipped):
            told.predictions += 1
            yield found


def _batch(waiting: _Waiting, reading: Reading) -> pa.RecordBatch:
    found, wanted = waiting.found, reading.wanted
    states, reasons = [each.state for each in found], [each.reason for each in found]
    alone = [place for place, state in enumerate(states) if state is State.FIT]
    for place, reason in fit.misfits([found[place].row for place in alone], wanted).items():
        states[alone[place]], reasons[alone[place]] = State.MISFIT, reason
    rows = [
        fit.named(each.row, wanted) if state is State.FIT else {} for each, state in zip(found, states, strict=True)
    ]
    ids = [each.by.prediction_id for each, state in zip(found, states, strict=True) if state is not State.SEVERAL]
    columns: dict[str, Any] = {
        **{spec.name: fit.column(rows, spec) for spec in wanted.inputs},
        **_who(found),
        training.ANSWER: [each.answer for each in found],
        training.FILE: waiting.files,
        training.STATE: [int(state) for state in states],
        training.REASON: [reason or None for reason in reasons],
        training.ASKED: [None if state is State.FIT else each.asked for each, state in zip(found, states, strict=True)],
        **_labels([each.by.prediction_id for each in found], reading.labels.of(ids, reading.label)),
    }
    schema = training.schema_of(wanted.inputs)
    return pa.record_batch([training.column(columns[each.name], each.type) for each in schema], schema)


def _who(found: Sequence[Captured]) -> dict[str, Any]:
    """Who answered which prediction."""
    attempts = [each.by for each in found]
    return {
        training.SOURCE: [training.CAPTURED] * len(found),
        training.ID: [each.prediction_id for each in attempts],
        training.AT: [int(each.at.timestamp()) * _MICROS for each in attempts],
        training.UNIT: [each.by.unit for each in attempts],
        training.VERSION: [each.by.version for each in attempts],
        training.VARIANT: [each.by.variant for each in attempts],
        training.PROPENSITY: [each.by.propensity for each in attempts],
        training.ATTEMPT: [each.by.attempt for each in attempts],
    }


def _labels(prediction_ids: Sequence[str], given: dict[str, Given]) -> dict[str, Any]:
    found = [given.get(each) for each in prediction_ids]
    return {
        training.LABEL: [None if each is None else each.value for each in found],
        training.LABEL_AT: [None if each is None else int(each.at.timestamp()) * _MICROS for each in found],
        training.RECEIVED_AT: [None if each is None else int(each.received_at.timestamp()) * _MICROS for each in found],
    }
