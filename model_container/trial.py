"""Does a model answer as its signature says? Random rows are put to it before anybody's real ones are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from model_container.body import LARGEST_BODY
from model_container.codecs.tensors import DTYPES, Array
from model_container.errors import ModelFailed, ModelUnusable
from model_container.predictor import Predictor
from sluice.domain.signature import DYNAMIC, Datatype, Signature, TensorSpec

_ANY_LENGTH = 4  # stands for an inner dimension that a signature leaves open
_DIGITS = 10  # texts of one digit: categories to some models, numbers to others
_NEAR = 1e-3  # relatively: rows that are computed together come out slightly different
_BARELY = 1e-5
_LONGEST_REASON = 400
_WAY_OUT = "mend it, or register a directory with a signature.json of your own"


@dataclass(frozen=True, slots=True)
class Trial:
    """A model that answered.

    Attributes:
        signature: Its signature; of an inferred one, the outputs are as they were answered.
        notes: What whoever registers it should know, in words.

    """

    signature: Signature
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Answers:
    """What one output was in each run, and to how many rows."""

    spec: TensorSpec
    batches: Sequence[int]
    arrays: Sequence[Array]

    @property
    def are_by_rows(self) -> bool:
        return all(array.shape[:1] == (rows,) for rows, array in zip(self.batches, self.arrays, strict=True))

    @property
    def shapes(self) -> str:
        return ", ".join(
            f"{list(array.shape)} to {rows}" for rows, array in zip(self.batches, self.arrays, strict=True)
        )


def try_out(signature: Signature, predictor: Predictor, *, seed: int, is_inferred: bool) -> Trial:
    """Ask for random rows: one and two of them, or as many as the graph fixes.

    Numbers are from 0 to 1, whole ones 0 or 1, texts a digit. The outputs of an inferred signature that have no entry a
    row are left out of it. Raises ModelUnusable.
    """
    batches = batches_to_try(signature)
    rows = _random_rows(signature, max(batches), np.random.default_rng(seed))
    names = [spec.name for spec in signature.outputs]
    runs = [_run(predictor, {name: _first(rows[name], count) for name in rows}, names, count) for count in batches]
    answers = [_Answers(spec, batches, [run[spec.name] for run in runs]) for spec in signature.outputs]
    if is_inferred:
        tried = replace(signature, outputs=tuple(_settled(answers)))
    else:
        tried = signature
        for each in answers:
            _check(each, [array.shape for array in each.arrays if not each.spec.admits(array.shape)], "signature.json")
    return Trial(tried, tuple(_notes(tried, answers)))


def batches_to_try(signature: Signature) -> tuple[int, ...]:
    """How many rows to ask for. Raises ModelUnusable when the inputs have no rows in common."""
    rows = {spec.name: spec.shape[0] for spec in signature.inputs if spec.shape}
    fixed = {count for count in rows.values() if count != DYNAMIC}
    if len(fixed) > 1:
        raise ModelUnusable(
            f"the inputs have no batch axis in common: the first dimension of each must be the rows, got {rows}; "
            "export it with one"
        )
    return tuple(fixed) if fixed else (1, 2)


def _random_rows(signature: Signature, count: int, random: np.random.Generator) -> dict[str, Array]:
    shapes = {spec.name: _shape(spec, count) for spec in signature.inputs}
    size = sum(prod(shapes[spec.name]) * max(spec.datatype.size, 1) for spec in signature.inputs)
    if size > LARGEST_BODY:
        raise ModelUnusable(
            f"{count} row(s) of its inputs have {size:,} bytes: SageMaker carries requests of {LARGEST_BODY:,} at most"
        )
    return {spec.name: _random(spec.datatype, shapes[spec.name], random) for spec in signature.inputs}


def _shape(spec: TensorSpec, count: int) -> tuple[int, ...]:
    inner = (_ANY_LENGTH if dim == DYNAMIC else dim for dim in spec.row_shape)
    return (count, *inner) if spec.shape else ()


def _random(datatype: Datatype, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    if datatype.is_float:
        return np.asarray(random.random(shape)).astype(DTYPES[datatype])
    if datatype is Datatype.BYTES:
        return np.asarray(random.integers(0, _DIGITS, shape)).astype(str).astype(object)
    return np.asarray(random.integers(0, 2, shape)).astype(DTYPES[datatype])


def _first(rows: Array, count: int) -> Array:
    return rows[:count] if rows.ndim else rows


def _run(predictor: Predictor, rows: Mapping[str, Array], outputs: Sequence[str], count: int) -> Mapping[str, Array]:
    try:
        return predictor.run(rows, outputs)
    except ModelFailed as failed:
        reason = " ".join(str(failed.__cause__ or failed).split())[:_LONGEST_REASON]
        raise ModelUnusable(f"it fails on {count} random row(s): {reason}; {_WAY_OUT}") from failed


def _settled(answers: Sequence[_Answers]) -> Iterator[TensorSpec]:
    """The outputs by rows, in the shapes they were answered in. Raises ModelUnusable when there are none."""
    by_rows = [each for each in answers if each.are_by_rows]
    if not by_rows:
        shapes = "; ".join(f"{each.spec.name} has the shape {each.shapes} row(s)" for each in answers)
        raise ModelUnusable(f"no output has an entry for each row, so the model has no batch axis: {shapes}")
    for each in by_rows:
        declared = each.spec.shape
        _check(each, [array.shape for array in each.arrays if not _is_in(declared, array.shape)], "the graph")
        first, *others = (array.shape for array in each.arrays)
        inner = (dim if all(other[place] == dim for other in others) else DYNAMIC for place, dim in enumerate(first))
        rows = each.batches[0] if len(each.batches) == 1 else DYNAMIC
        yield replace(each.spec, shape=(rows, *tuple(inner)[1:]))


def _is_in(declared: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether a row fits; onnxruntime says () of an unknown rank, and exporters fix an output's rows carelessly."""
    return not declared or TensorSpec("row", Datatype.FP32, (DYNAMIC, *declared[1:])).admits(shape)


def _check(answers: _Answers, wrong: Sequence[tuple[int, ...]], by: str) -> None:
    """Raise ModelUnusable unless every answer is of the declared type and shape."""
    spec = answers.spec
    if wrong:
        raise ModelUnusable(
            f"output {spec.name!r} has the shape {list(spec.shape)} in {by}, but was answered as {list(wrong[0])}; "
            f"{_WAY_OUT}"
        )
    found = {array.dtype for array in answers.arrays}
    if found != {np.dtype(DTYPES[spec.datatype])}:
        raise ModelUnusable(f"output {spec.name!r} is {spec.datatype} in {by}, but was answered as {found}; {_WAY_OUT}")


def _notes(signature: Signature, answers: Sequence[_Answers]) -> Iterator[str]:
    kept = {spec.name: spec for spec in signature.outputs}
    (first, *more) = answers[0].batches
    if not more:
        yield f"every request must have exactly {first} row(s): the graph fixes its first dimension"
    for each in answers:
        name = each.spec.name
        if name not in kept:
            yield f"output {name} is left out: it has no entry for each row, but the shape {each.shapes} row(s)"
        elif more and not _is_of_its_row(each.arrays):
            yield f"output {name} of a row changes with the other rows of a request: is its first axis that of rows?"
    labels = [spec for spec in kept.values() if not spec.datatype.is_float and not spec.row_shape]
    for spec in kept.values():
        if labels and not signature.classes and spec.datatype.is_float and len(spec.row_shape) == 1:
            yield (
                f"output {spec.name} looks like the probabilities of {spec.row_shape[0]} classes: their names can be "
                'listed in signature.json as "classes"'
            )


def _is_of_its_row(arrays: Sequence[Array]) -> bool:
    alone, together = arrays[0], arrays[-1][:1]
    if alone.shape != together.shape:
        return True  # a length that differs from row to row
    if alone.dtype.kind != "f":
        return bool((alone == together).all())
    return bool(np.allclose(alone, together, rtol=_NEAR, atol=_BARELY))
