"""Which rows does a command about drift look at, and beside which reference? Found by the words of the command line."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from sluice.cli.drift_answers import Answering, places, scored, true_numbers
from sluice.cli.target import UsageProblem
from sluice.data_file.kind import Kind
from sluice.data_file.model import Model
from sluice.data_file.read import read
from sluice.domain.drift.binning import CategoricalBins, FeatureBins
from sluice.domain.drift.column import Column
from sluice.domain.drift.model_reference import FILE_NAME
from sluice.domain.drift.part import answer_features, without
from sluice.domain.drift.sliced import SlicedReference, coded, read_sliced
from sluice.domain.errors import InvalidReference, SluiceError
from sluice.domain.signature import Datatype, Signature, TensorSpec
from sluice.service.drift_rows import Rows

_CODE = re.compile(r"-?\d+|true|false", re.ASCII)


@dataclass(frozen=True, slots=True)
class Data:
    """The file and what its columns are.

    Attributes:
        file: CSV or Parquet.
        label: The column of true classes, or of true numbers, if there is one.
        scores: Columns of the model's probabilities: for each class, or the second of two; or that of its number.
        slices: Columns to slice by.
        time: The column of times, if windows are cut by it.

    """

    file: Path
    label: str | None = None
    scores: Sequence[str] = ()
    slices: Sequence[str] = ()
    time: str | None = None

    def rows(self, features: dict[str, Kind], answering: Answering, model: Model | None = None) -> Iterator[Rows]:
        """The file's rows, some thousands at a time. Raises UnreadableFile or UsageProblem."""
        self._check(answering, has_model=model is not None)
        beside = dict.fromkeys(self.scores, Kind.NUMBER) | dict.fromkeys(self.slices, Kind.WORD)
        if self.label:
            beside[self.label] = Kind.NUMBER if answering.number else Kind.CODE
        if self.time:
            beside[self.time] = Kind.TIME
        twice = beside.keys() & features.keys() - set(self.slices)
        if twice:
            raise UsageProblem(f"{', '.join(sorted(twice))}: a feature of the reference cannot be something else, too")
        of_model = kinds_of(model.signature.inputs) if model else {}
        for columns in read(self.file, of_model | beside | features):
            rows = Rows(
                {name: columns[name] for name in features},
                {name: coded(columns[name]) for name in self.slices},
                columns[self.time] if self.time else None,  # type: ignore[arg-type]  # as it was asked for
            )
            yield (
                self._with_classes(rows, columns, answering.classes, model)
                if answering.number is None
                else (self._with_numbers(rows, columns, answering.number, model))
            )

    def _check(self, answering: Answering, *, has_model: bool) -> None:
        if has_model and self.scores:
            raise UsageProblem("--predict asks the model for what --score says is in the file: choose one")
        if self.scores:
            answering.check_scores(len(self.scores))
        if self.label and not (has_model or self.scores):
            raise UsageProblem("--label needs what the model answered: --predict asks it, --score names its columns")

    def _with_classes(
        self, rows: Rows, columns: Mapping[str, Column], classes: Sequence[str], model: Model | None
    ) -> Rows:
        """The rows with what a classifier answered, and should have, as far as it is known."""
        answers = model.ask(columns) if model else None
        if self.scores:
            answers = scored(columns, self.scores, len(classes))
        labels = places(columns[self.label], classes, self.label) if self.label else None
        return replace(rows, answers=answers, labels=labels)

    def _with_numbers(self, rows: Rows, columns: Mapping[str, Column], name: str, model: Model | None) -> Rows:
        """The rows with the number that was answered, and the true one, as far as they are known."""
        answered = model.numbers(columns) if model else next((columns[of] for of in self.scores), None)
        labels = true_numbers(columns[self.label], self.label) if self.label else None
        return replace(
            rows, columns={**rows.columns, **({} if answered is None else {name: answered})}, true_numbers=labels
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """A reference, and how rows are read to be compared with it.

    Attributes:
        reference: With the slices that are asked for, and without the model's answers where nobody knows them.
        answering: What the model answers.
        model: Is asked for answers.
        notes: What is left out, in sentences.
        name: Of the reference, for people.

    """

    reference: SlicedReference
    answering: Answering
    model: Model | None
    notes: tuple[str, ...]
    name: str

    @classmethod
    def open(cls, place: Path, data: Data, *, predict: bool, left_out: Sequence[str] = ()) -> Self:
        """Open reference.json, or the model directory that holds it. Raises UsageProblem or InvalidReference."""
        reference = _sliced(read_reference_file(place), data.slices)
        binning, notes = reference.whole.binning, list(reference.whole.lacks)
        unknown = sorted(set(left_out) - {bins.name for bins in binning.features})
        if unknown:
            raise UsageProblem(f"--without {', '.join(unknown)}: the reference has no such feature")
        answering = Answering.by_reference(binning)
        model = _model(place, answering) if predict else None
        if data.label and answering.number and binning.tolerance is None:
            notes.append(
                "how far off the model is cannot be told: the reference knows no labels, build it with --label"
            )
        lost = set(left_out)
        if not (predict or data.scores):
            unseen = answer_features(binning)
            lost |= unseen
            if unseen:
                notes.append(
                    "the model's answers are not looked at: --predict asks the model directory given as --reference, "
                    "--score names columns that hold them"
                )
        if lost:
            reference = without(reference, lost)
        return cls(reference, answering, model, tuple(notes), _name(place))

    def rows(self, data: Data) -> Iterator[Rows]:
        """The rows of a file, as this reference wants them."""
        answers = answer_features(self.reference.whole.binning)
        features = {
            bins.name: _kind(bins) for bins in self.reference.whole.binning.features if bins.name not in answers
        }
        return data.rows(features, self.answering, self.model)


def read_reference_file(place: Path) -> SlicedReference:
    """Read reference.json, or that of a model directory. Raises UsageProblem."""
    file = place / FILE_NAME if place.is_dir() else place
    try:
        return read_sliced(file.read_bytes())
    except OSError as unreadable:
        how = "`sluice reference build` writes one"
        raise UsageProblem(f"{file} cannot be read ({unreadable.strerror}): {how}") from unreadable
    except InvalidReference as wrong:
        raise UsageProblem(f"{file} is no reference: {wrong}; `sluice reference build` writes one") from wrong


def read_signature(directory: Path) -> Signature:
    """The signature of a model directory. Raises UsageProblem."""
    try:
        form = json.loads((directory / "signature.json").read_bytes())
        return Signature.from_dict(form)
    except OSError as unreadable:
        raise UsageProblem(
            f"{directory / 'signature.json'} cannot be read ({unreadable.strerror}): a model directory has one"
        ) from unreadable
    except ValueError as wrong:
        raise UsageProblem(f"{directory / 'signature.json'} is not JSON: {wrong}") from wrong


def kinds_of(inputs: Sequence[TensorSpec]) -> dict[str, Kind]:
    """How a file's columns of a model's inputs are read."""
    return {spec.name: _KINDS.get(spec.datatype, Kind.NUMBER) for spec in inputs}


def _sliced(reference: SlicedReference, columns: Sequence[str]) -> SlicedReference:
    """The reference with the slices of these columns alone."""
    if unknown := [name for name in columns if name not in reference.columns]:
        known = ", ".join(reference.columns) or "none"
        raise UsageProblem(
            f"--slice {', '.join(unknown)}: the reference knows slices of {known}; "
            "`sluice reference build --slice …` counts others"
        )
    return replace(reference, slices={of: summary for of, summary in reference.slices.items() if of.column in columns})


def _kind(bins: FeatureBins) -> Kind:
    if not isinstance(bins, CategoricalBins):
        return Kind.NUMBER
    return Kind.CODE if all(map(_CODE.fullmatch, bins.categories)) else Kind.WORD


def _name(place: Path) -> str:
    """Model and version where the place says them."""
    directory = place if place.is_dir() else place.parent
    try:
        signature = read_signature(directory)
    except (UsageProblem, SluiceError):
        return place.name
    return f"{signature.model} version {signature.version}"


_KINDS = {Datatype.BYTES: Kind.WORD, Datatype.BOOL: Kind.CODE}


def _model(place: Path, answering: Answering) -> Model:
    if not place.is_dir():
        raise UsageProblem("--predict asks a model: give its directory as --reference, not reference.json alone")
    model = Model.load(place, read_signature(place))
    if Answering.by_signature(model.signature) != answering:
        raise UsageProblem(
            f"{place / FILE_NAME} knows other answers than the model gives: build it with "
            "`sluice reference build --predict`"
        )
    return model
