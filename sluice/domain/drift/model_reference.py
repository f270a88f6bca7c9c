"""What does a model's training leave for its monitor? A reference of the inputs that its signature names.

This is what a training program calls, with the rows it has learnt from; ``text_of`` is what it writes as
``reference.json`` into the model directory.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.array import Counts, Floats
from sluice.domain.drift.build import Choices, Labelled, build_reference
from sluice.domain.drift.column import Codes, Column, is_numeric
from sluice.domain.drift.learn_tolerance import with_tolerance
from sluice.domain.drift.outcomes import ClassOutcomes, Outcomes, count_outcomes
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.slice_numbers import count_slice_numbers
from sluice.domain.drift.sliced import (
    Slice,
    SlicedReference,
    coded,
    count_slice_outcomes,
    count_slices,
    most_frequent_slices,
    taken_of,
)
from sluice.domain.errors import InvalidReference
from sluice.domain.signature import Datatype, Signature, TensorSpec

FILE_NAME = "reference.json"
_WORDS = {Datatype.BYTES, Datatype.BOOL}


@dataclass(frozen=True, slots=True)
class Training:
    """The rows a model was trained on, or better, those it was validated with.

    Attributes:
        columns: By name, at least those of ``watched_inputs``; all equally long, rows in the order they came.
        outputs: What the model answered where it is no classifier, by its name in the signature.
        answers: What a classifier answered.
        labels: Place of the true class of each row, negative where it is not known; needs answers.
        true_numbers: What the only output should have been in each row, NaN where it is not known; of no classifier.
        slices: Columns whose values each name some of the rows, which are then watched by themselves, too.

    """

    columns: Mapping[str, Column]
    outputs: Mapping[str, Column] = field(default_factory=dict)
    answers: Answers | None = None
    labels: Counts | None = None
    true_numbers: Floats | None = None
    slices: Mapping[str, Column] = field(default_factory=dict)


def watched_inputs(signature: Signature) -> tuple[TensorSpec, ...]:
    """The inputs with one value a row; drift of images and embeddings is not looked for."""
    return tuple(spec for spec in signature.inputs if spec.is_scalar_row)


def number_output(signature: Signature) -> TensorSpec | None:
    """The output that is compared with labels of numbers, where the model is no classifier: the only number a row."""
    numbers = [
        spec
        for spec in signature.outputs
        if spec.is_scalar_row and (spec.datatype.is_float or spec.datatype.is_integer)
    ]
    is_one = len(numbers) == 1 and numbers[0].datatype.is_float and not signature.classes
    return numbers[0] if is_one else None


def categorical_inputs(signature: Signature) -> frozenset[str]:
    """The names of those that are categories by their datatype."""
    return frozenset(spec.name for spec in watched_inputs(signature) if spec.datatype in _WORDS)


def model_reference(
    signature: Signature, training: Training, *, seed: int = 0, choices: Choices | None = None
) -> SlicedReference:
    """Make the reference of a model. Raises InvalidReference, which names the column and what is wrong with it."""
    choices = choices or Choices()
    columns = {spec.name: _column(training, spec, choices) for spec in watched_inputs(signature)}
    if not columns:
        raise InvalidReference("the signature has no input with one value a row: nothing can be watched")
    choices = replace(
        choices,
        categorical=choices.categorical | categorical_inputs(signature),
        outputs=choices.outputs | training.outputs.keys(),
    )
    columns |= training.outputs
    labelled = None if training.answers is None else Labelled(signature.classes, training.answers)
    reference = build_reference(columns, seed=seed, labelled=labelled, choices=choices)
    if training.labels is not None:
        reference = replace(reference, outcomes=_outcomes(reference, training.answers, training.labels))
    if training.true_numbers is not None:
        reference = with_tolerance(reference, training.outputs, training.true_numbers)
    slices = {name: coded(column) for name, column in training.slices.items()}
    known = most_frequent_slices(slices)
    counted = count_slices(reference.binning, columns, slices, known=known, answers=training.answers)
    found = _slice_outcomes(reference, training, slices, known)
    outcomes = {of: found[of] for of in known if of in found and found[of].rows}
    return SlicedReference(reference, {of: counted[of] for of in known}, outcomes)


def text_of(reference: SlicedReference) -> str:
    """The content of reference.json: the same bytes for the same reference."""
    return json.dumps(reference.to_dict(), separators=(",", ":")) + "\n"


def _column(training: Training, spec: TensorSpec, choices: Choices) -> Column:
    column = training.columns.get(spec.name)
    if column is None:
        raise InvalidReference(f"the rows lack {spec.name}, an input of the signature")
    is_category = spec.datatype in _WORDS or spec.name in choices.categorical
    if not is_category and not is_numeric(column):
        raise InvalidReference(f"{spec.name} is {spec.datatype} in the signature, but its rows hold something else")
    return column


def _slice_outcomes(
    reference: Reference, training: Training, slices: Mapping[str, Codes], known: Collection[Slice]
) -> Mapping[Slice, Outcomes]:
    """The labelled rows of each of these slices."""
    binning, numbers = reference.binning, training.true_numbers
    if training.answers is not None and training.labels is not None:
        rows = (training.labels >= 0).nonzero()[0]
        labelled = {name: Codes(column.codes[rows], column.categories) for name, column in slices.items()}
        answers = taken_of(training.answers, rows)
        return count_slice_outcomes(binning, labelled, answers, training.labels[rows], known=known)
    if numbers is None or binning.tolerance is None:
        return {}
    said = training.outputs[binning.tolerance.output]
    return count_slice_numbers(binning, slices, said, numbers, known=known)


def _outcomes(reference: Reference, answers: Answers | None, labels: Counts) -> ClassOutcomes:
    if answers is None:
        raise InvalidReference("labels say something only beside the model's answers")
    try:
        known = (labels >= 0).nonzero()[0]
        return count_outcomes(reference.binning, taken_of(answers, known), labels[known])
    except (ValueError, IndexError) as error:
        raise InvalidReference(f"labels: {error}") from error
