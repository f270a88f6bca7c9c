"""Which rows does a captured request hold, and what was answered to them? Column by column, as a reference names them.

Read are the bodies that Sluice lets through: KServe V1, and the Open Inference Protocol as JSON and with tensors as
bytes. CSV has no names, and a reference does not know the order of all inputs. An input or output of one element a row
is a column; others are not watched. Probabilities are the output with as many elements a row as the reference has
classes.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from math import prod
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from sluice.domain.drift.array import Floats
from sluice.domain.drift.binning import Binning, Role
from sluice.domain.drift.column import Column
from sluice.domain.feedback.capture import Poison, Unfit
from sluice.domain.json_text import read_json
from sluice.domain.message import BINARY_TYPE
from sluice.domain.open_inference import read_strings
from sluice.domain.signature import Datatype


@dataclass(frozen=True, slots=True)
class Rows:
    """What one exchange holds.

    Attributes:
        count: How many rows.
        columns: Inputs and outputs of one element a row; a list where they came as JSON, an array where as bytes.
        probabilities: A row of them each; None where the model is no classifier, or did not answer as one.

    """

    count: int
    columns: Mapping[str, Column]
    probabilities: Floats | None


class Body(NamedTuple):
    """One side of an exchange, decoded.

    Attributes:
        form: Its JSON, which may be anything.
        blobs: The bytes of each tensor that came as such, by name.

    """

    form: Any
    blobs: Mapping[str, memoryview]


class Bodies(NamedTuple):
    """Both sides.

    Attributes:
        asked: The request.
        said: The answer; None where there is none, or none that can be read.

    """

    asked: Body
    said: Body | None


_NO_BLOBS: Mapping[str, memoryview] = {}
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


def read_rows(data: Mapping[str, Any], binning: Binning) -> Rows:
    """The rows of ``captureData``. Raises Poison; an answer that was not fit to pass on counts as missing."""
    return rows_of(read_bodies(data), binning)


def read_bodies(data: Mapping[str, Any]) -> Bodies:
    """Decode both sides of ``captureData``. Raises Poison where the request cannot be."""
    try:
        asked, answered = _body(data["endpointInput"], "inputs"), data.get("endpointOutput")
    except _UNREADABLE as wrong:
        raise Poison.because(wrong) from wrong
    try:
        return Bodies(asked, None if answered is None else _body(answered, "outputs"))
    except _UNREADABLE:
        return Bodies(asked, None)


def rows_of(bodies: Bodies, binning: Binning) -> Rows:
    """The rows of an exchange. Raises Poison; an answer that was not fit to pass on counts as missing."""
    try:
        asked = _asked(bodies.asked, binning)
    except _UNREADABLE as wrong:
        raise Poison.because(wrong) from wrong
    try:
        return _beside(asked, _said(bodies.said, binning))
    except _UNREADABLE:
        return Rows(asked.rows, asked.columns, None)


def rows_of_fit(bodies: Bodies, binning: Binning) -> Rows | None:
    """The same of many exchanges' rows put together; None where something in them is not fit to be read."""
    try:
        return _beside(_asked(bodies.asked, binning), _said(bodies.said, binning))
    except _UNREADABLE:
        return None


@dataclass(frozen=True, slots=True)
class _Table:
    """One side: its columns, and what has several elements a row."""

    rows: int
    columns: Mapping[str, Column]
    wide: tuple[Any, ...] = ()
    probabilities: Floats | None = None


def _asked(body: Body, binning: Binning) -> _Table:
    return _columns(body, "instances", "inputs", _alone(binning, Role.INPUT))


def _said(body: Body | None, binning: Binning) -> _Table | None:
    if body is None:
        return None
    table = _columns(body, "predictions", "outputs", _alone(binning, Role.OUTPUT))
    return _Table(table.rows, table.columns, (), _probabilities(table, len(binning.classes)))


def _beside(asked: _Table, said: _Table | None) -> Rows:
    """Nothing of an answer that does not go by the rows that were asked about."""
    if said is None or said.rows != asked.rows:
        return Rows(asked.rows, asked.columns, None)
    return Rows(asked.rows, {**said.columns, **asked.columns}, said.probabilities)


def _probabilities(table: _Table, classes: int) -> Floats | None:
    """Of shape (rows, classes): the output of that width, if there is one. Raises ValueError where rows differ."""
    for values in table.wide:
        if classes > 1 and len(values[0]) == classes:
            return np.asarray(values, dtype=np.float64).reshape(table.rows, classes)
    return None


def _body(side: Mapping[str, Any], tensors: str) -> Body:
    """Decode one side of an exchange; of a binary body, the bytes of each tensor too."""
    data, encoding, kind = side["data"], side.get("encoding"), side.get("observedContentType", "")
    if encoding == "CSV" or (encoding == "BASE64" and kind and "json" not in kind):
        raise Unfit(f"captured as {kind.partition(';')[0]:.60}; JSON and tensors as bytes behind JSON are counted")
    if encoding != "BASE64":
        return Body(read_json(data), _NO_BLOBS)
    raw = base64.b64decode(data, validate=True)
    if not kind.startswith(BINARY_TYPE):
        return Body(read_json(raw), _NO_BLOBS)
    size = int(kind.removeprefix(BINARY_TYPE))
    form = read_json(raw[:size])
    return Body(form, dict(_blobs(form[tensors], memoryview(raw)[size:])))


def _blobs(tensors: Iterable[Mapping[str, Any]], content: memoryview) -> Iterator[tuple[str, memoryview]]:
    at = 0
    for tensor in tensors:
        size = tensor.get("parameters", {}).get("binary_data_size")
        if size is not None:
            yield tensor["name"], content[at : at + size]
            at += size


def _columns(body: Body, by_row: str, by_tensor: str, alone: str) -> _Table:
    form = body.form
    if by_row in form:
        return _of_rows(form[by_row], alone)
    tensors = {tensor["name"]: tensor for tensor in form[by_tensor]}
    (rows,) = {tensor["shape"][0] for tensor in tensors.values()}
    columns: dict[str, Column] = {}
    wide = []
    for name, tensor in tensors.items():
        values = _values(tensor, body.blobs.get(name), rows)
        if prod(tensor["shape"][1:]) == 1:
            columns[name] = values
        else:
            wide.append(np.asarray(values).reshape(rows, -1))
    return _Table(rows, columns, tuple(wide))


def _of_rows(rows: list[Any], alone: str) -> _Table:
    """V1: a row is an object by name, or the bare value of a model's only input or output."""
    first = rows[0]
    if type(first) is not dict:
        named = {alone: rows}
    elif len(rows) == 1:
        named = {name: [value] for name, value in first.items()}
    else:
        named = _by_name(rows)
    columns: dict[str, Column] = {}
    wide = []
    for name, values in named.items():
        head = values[0]
        if type(head) is not list:
            columns[name] = values
        elif len(head) == 1:  # a row's only element may stand in a list of its own
            columns[name] = [value[0] if type(value) is list else value for value in values]
        else:
            wide.append(values)
    return _Table(len(rows), columns, tuple(wide))


def _by_name(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """A column for each name that occurs; rows with the same names, as most are, at once."""
    first = rows[0]
    if len(first) > 1 and set(map(len, rows)) == {len(first)}:
        try:
            return dict(zip(first, map(list, zip(*map(itemgetter(*first), rows), strict=True)), strict=True))
        except KeyError:
            pass
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(chain.from_iterable(rows))}


def _values(tensor: Mapping[str, Any], blob: memoryview | None, rows: int) -> Any:
    """A tensor's elements, flat. Raises ValueError where they are not as many as its shape says."""
    datatype = Datatype(tensor["datatype"])
    if blob is None:
        values: Any = _flat(tensor["data"])
    elif datatype is Datatype.BYTES:
        values = read_strings(blob)
    else:
        values = np.frombuffer(blob, dtype=_dtype(datatype))
    if len(values) != rows * prod(tensor["shape"][1:]):
        raise Unfit(f"a tensor of {rows} rows has {len(values)} elements, which its shape does not fit")
    return values


def _dtype(datatype: Datatype) -> str:
    """Little-endian, as on the wire."""
    if datatype is Datatype.BOOL:
        return "?"
    kind = "f" if datatype.is_float else "u" if datatype.startswith("U") else "i"
    return f"<{kind}{datatype.size}"


def _flat(data: list[Any]) -> list[Any]:
    while data and isinstance(data[0], list):
        data = [element for part in data for element in part]
    return data


def _alone(binning: Binning, role: Role) -> str:
    """The name of the only feature on one side: V1 does not tell it."""
    names = [bins.name for bins in binning.features if bins.role is role]
    return names[0] if len(names) == 1 else ""
