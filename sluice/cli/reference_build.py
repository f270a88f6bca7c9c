"""How is reference.json made of a file of rows?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sluice.cli.drift_answers import Answering
from sluice.cli.drift_source import Data, kinds_of, read_signature
from sluice.cli.show import Output
from sluice.cli.target import UsageProblem
from sluice.data_file.kind import Kind
from sluice.data_file.model import Model
from sluice.domain.drift.binning import NumericBins
from sluice.domain.drift.build import Choices
from sluice.domain.drift.column import Codes, numbers, words
from sluice.domain.drift.figures import number
from sluice.domain.drift.model_reference import FILE_NAME, Training, model_reference, text_of, watched_inputs
from sluice.domain.drift.number_quality import NumberQuality
from sluice.domain.drift.sliced import LEAST_ROWS, MOST_SLICES, Slice, SlicedReference
from sluice.domain.monitoring.describe_quality import numbers_by
from sluice.domain.signature import Signature
from sluice.service.drift_rows import Rows, joined

_NAMED = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be built.

    Attributes:
        data: The rows.
        directory: The model directory.
        predict: Whether its model is asked for answers.
        categorical: Inputs that are categories although they are numbers.
        left_out: Inputs that are not watched.
        window_rows: About as many as a window will have.

    """

    data: Data
    directory: Path
    predict: bool
    categorical: frozenset[str]
    left_out: frozenset[str]
    window_rows: int


def build_file(wanted: Wanted, out: Path | None, output: Output) -> None:
    """Build, write and say what was made. Raises UsageProblem, UnreadableFile or InvalidReference."""
    signature = _watched(wanted)
    file = out or wanted.directory / FILE_NAME
    with output.console.status("reading the rows, then simulating quiet windows: some seconds"):
        rows = _read(wanted, signature)
        training = _training(rows, signature)
        choices = Choices(categorical=wanted.categorical, window_rows=wanted.window_rows)
        _check(training, wanted)
        reference = model_reference(signature, training, choices=choices)
    try:
        file.write_text(text_of(reference), encoding="utf-8")
    except OSError as refused:
        raise UsageProblem(f"{file} cannot be written: {refused.strerror}") from refused
    _show(reference, file, [*_notes(reference, signature, wanted), *_unwatched(reference, rows)], output)


def _watched(wanted: Wanted) -> Signature:
    """The signature without the inputs that are not watched."""
    signature = read_signature(wanted.directory)
    names = {spec.name for spec in watched_inputs(signature)}
    for option, chosen in (("--categorical", wanted.categorical), ("--without", wanted.left_out)):
        if unknown := sorted(chosen - names):
            raise UsageProblem(f"{option} {', '.join(unknown)}: the inputs of the signature are {', '.join(names)}")
    if not names - wanted.left_out:
        raise UsageProblem("without these inputs nothing is left to watch")
    return replace(signature, inputs=tuple(spec for spec in signature.inputs if spec.name not in wanted.left_out))


def _read(wanted: Wanted, signature: Signature) -> Rows:
    model = Model.load(wanted.directory, read_signature(wanted.directory)) if wanted.predict else None
    features = kinds_of(watched_inputs(signature)) | dict.fromkeys(wanted.categorical - wanted.left_out, Kind.CODE)
    return joined(list(wanted.data.rows(features, Answering.by_signature(signature), model)))


def _training(rows: Rows, signature: Signature) -> Training:
    inputs = {spec.name for spec in signature.inputs}
    return Training(
        {name: column for name, column in rows.columns.items() if name in inputs},
        outputs={name: column for name, column in rows.columns.items() if name not in inputs},
        answers=rows.answers,
        labels=rows.labels,
        true_numbers=rows.true_numbers,
        slices=rows.slices,
    )


def _check(training: Training, wanted: Wanted) -> None:
    """Before anything takes long."""
    for name, column in training.columns.items():
        is_empty = (
            not words(column).counts if isinstance(column, Codes) else not np.isfinite(numbers(column).values).any()
        )
        if is_empty:
            raise UsageProblem(
                f"{name} has no usable value in any row of {wanted.data.file}: nothing can be learnt about it; "
                f"mend it, or leave it out with --without {name}"
            )


def _notes(reference: SlicedReference, signature: Signature, wanted: Wanted) -> list[str]:
    notes = list(reference.whole.lacks)
    single = [
        bins.name
        for bins in reference.whole.binning.features
        if isinstance(bins, NumericBins) and bins.low == bins.high
    ]
    if single:
        notes.append(f"{', '.join(single)}: one value in all rows; any other value will be out of range")
    unwatched = [spec.name for spec in signature.inputs if not spec.is_scalar_row]
    if unwatched:
        notes.append(f"{', '.join(unwatched)}: several values a row are not watched")
    if not wanted.predict and not wanted.data.scores:
        notes.append("the model's answers are not in it: --predict asks the model, --score names their columns")
    return notes


def _unwatched(reference: SlicedReference, rows: Rows) -> list[str]:
    """Which slices have no reference, in words."""
    every = {Slice(name, value) for name, column in rows.slices.items() for value in words(column).counts}
    lost = sorted(map(str, every - reference.slices.keys()))
    if not lost:
        return []
    named = f"{', '.join(lost[:_NAMED])}{' and others' if len(lost) > _NAMED else ''}"
    return [f"{named}: not watched as slices, which need {LEAST_ROWS} rows and be among the {MOST_SLICES} largest"]


def _show(reference: SlicedReference, file: Path, notes: Sequence[str], output: Output) -> None:
    whole = reference.whole
    numbers = numbers_by(whole.binning, whole.outcomes)
    if output.as_json:
        output.json(
            {
                "file": str(file),
                "binning": whole.binning.id,
                "rows": whole.summary.rows,
                "features": [bins.name for bins in whole.binning.features],
                "slices": [str(of) for of in reference.slices],
                "labelled_rows": whole.outcomes.rows if whole.outcomes else 0,
                "numbers": numbers and numbers.to_dict(),
                "notes": list(notes),
            }
        )
        return
    labelled = f", {whole.outcomes.rows:,} of them labelled" if whole.outcomes else ""
    slices = f", {len(reference.slices)} slices" if reference.slices else ""
    output.plain(f"{file}: {len(whole.binning.features)} features of {whole.summary.rows:,} rows{labelled}{slices}")
    if numbers:
        output.plain(f"  {_told(numbers)}")
    for note in notes:
        output.plain(f"  note: {note}")


def _told(numbers: NumberQuality) -> str:
    off, bias, most = map(number, (numbers.mean_absolute_error, numbers.bias, numbers.tolerance))
    return f"mean absolute error {off}, bias {bias}; nine in ten answers are off by no more than {most}"
