"""Do rows fit a model? Of many rows at once, which is quick; those that do not, one by one, with the reason."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np

from sluice.domain.batch import integer_range
from sluice.domain.errors import InvalidInput, Violation
from sluice.domain.instances import parse_instances
from sluice.domain.signature import Datatype, Signature, TensorSpec

Row = Mapping[str, Any]

_ONE_BY_ONE = 16  # rows: fewer are not looked at together
_LARGEST = {Datatype.FP16: 65504.0, Datatype.FP32: float(np.finfo(np.float32).max), Datatype.FP64: np.finfo(float).max}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which inputs are learnt from.

    Attributes:
        signature: That rows must fit; each row holds one element of every input.
        left_out: Its inputs whose values nobody keeps.

    """

    signature: Signature
    left_out: Collection[str] = ()

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """Those that are learnt from, in the signature's order."""
        return tuple(spec for spec in self.signature.inputs if spec.name not in self.left_out)


def misfits(rows: Sequence[Any], wanted: Wanted) -> dict[int, str]:
    """What is wrong with those rows of KServe V1 that do not fit, by their places."""
    is_bare = len(wanted.signature.inputs) == 1
    return dict(_misfits([named(row, wanted) for row in rows] if is_bare else rows, 0, wanted))


def named(row: Any, wanted: Wanted) -> Row:
    """A row that fits, by input: a model's only input may stand for itself."""
    found: Row = row if isinstance(row, dict) else {wanted.signature.inputs[0].name: row}
    return found


def reason_of(wrong: Violation, wanted: Wanted) -> str:
    """What does not fit; where inputs are sensitive, nothing that stands in the request, be it a name."""
    where = wrong.where or "the row"
    if not wanted.left_out:
        return f"{where}: expected {wrong.expected}, got {wrong.got}"
    known = {spec.name for spec in wanted.signature.inputs}
    return f"{where if where in known else 'the row'}: expected {wrong.expected}"


def column(rows: Sequence[Row], spec: TensorSpec) -> list[Any]:
    """An input of rows that fit; None where it is missing."""
    values = _values(rows, spec.name)
    if list in set(map(type, values)):  # an element may stand in a list of its own
        values = [value[0] if isinstance(value, list) else value for value in values]
    if spec.datatype is Datatype.BYTES and spec.optional:
        return [value or None for value in values]
    return values


def _misfits(rows: Sequence[Any], at: int, wanted: Wanted) -> Iterator[tuple[int, str]]:
    if _all_fit(rows, wanted):
        return
    if len(rows) > _ONE_BY_ONE:
        half = len(rows) // 2
        yield from _misfits(rows[:half], at, wanted)
        yield from _misfits(rows[half:], at + half, wanted)
        return
    for place, row in enumerate(rows, start=at):
        reason = _wrong(row, wanted)
        if reason:
            yield place, reason


def _wrong(row: Any, wanted: Wanted) -> str:
    """Why a row does not fit."""
    try:
        parse_instances(wanted.signature, {"instances": [row]})
    except InvalidInput as wrong:
        first = wrong.violations[0]
        return reason_of(replace(first, where=first.where.removeprefix("instances[0]").lstrip(".")), wanted)
    return ""


def _all_fit(rows: Sequence[Any], wanted: Wanted) -> bool:
    """Whether all rows surely do: objects of bare values."""
    if set(map(type, rows)) != {dict}:
        return False
    allowed = {spec.name for spec in wanted.signature.inputs}
    needed = {spec.name for spec in wanted.signature.inputs if not spec.optional}
    if any(not needed <= set(names) <= allowed for names in set(map(tuple, rows))):
        return False
    return all(_holds(spec, _values(rows, spec.name)) for spec in wanted.signature.inputs)


def _values(rows: Sequence[Row], name: str) -> list[Any]:
    """An input of all rows; None where a row does not hold it, as hardly any does not."""
    try:
        return list(map(itemgetter(name), rows))
    except KeyError:
        return [row.get(name) for row in rows]


def _holds(spec: TensorSpec, values: list[Any]) -> bool:
    kinds = set(map(type, values))
    if spec.optional:
        kinds.discard(type(None))
    if spec.datatype is Datatype.BYTES:
        return kinds <= {str} and _are_texts(values)
    if spec.datatype is Datatype.BOOL:
        return kinds <= {bool}
    if spec.datatype.is_integer:
        low, high = integer_range(spec.datatype)
        return kinds <= {int} and low <= min(values) and max(values) <= high
    return kinds <= {int, float} and _are_finite(values, _LARGEST[spec.datatype])


def _are_texts(values: list[str | None]) -> bool:
    """Whether all can be written down: JSON can hold halves of characters, which are none."""
    try:
        "".join(filter(None, values)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _are_finite(values: list[Any], largest: float) -> bool:
    """Whether all numbers that are there can be held; a few that only just can are left to a closer look."""
    try:
        numbers = np.array(values, dtype=np.float64)  # None becomes NaN
    except OverflowError:
        return False
    lacking = np.isnan(numbers)
    return bool(lacking.sum() == values.count(None) and (np.abs(numbers[~lacking]) <= largest).all())
