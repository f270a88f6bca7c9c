"""In which slices of a version is the only row of a captured request? Nothing else is kept of what was asked.

A slice is the rows with one value in one column, such as those of one carrier. Only values of which the version's
reference has slices are looked for, so nothing is kept that somebody wrote freely. Read are the bodies that Sluice lets
through, as `sluice.domain.monitoring.rows` reads them, without what only functions that watch drift load.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

from sluice.domain.json_text import read_json
from sluice.domain.message import captured_message
from sluice.domain.replay.inputs import elements, written
from sluice.domain.signature import Datatype

MOST_BYTES = 350_000
"""What the labels of an hour may take by slices: an item of DynamoDB holds 400 KB."""

LONGEST = 200
"""Bytes of a value."""

Known = Mapping[str, frozenset[str]]
"""The values by which rows are watched apart, by column."""

Slices = tuple[tuple[str, str], ...]
"""Columns and values, by column."""

# As JSON, compressed: ten million labels of an hour in each cell.
_BYTES_A_COUNTER = 4
_BYTES_BESIDE = 64  # of a slice: brackets, names, sums
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


def known_slices(reference: bytes, declared: Sequence[str]) -> Known:
    """The slices of declared columns that a ``reference.json`` has, those with the most rows, as many as surely fit.

    None of one that cannot be read: the look for drift tells a person.
    """
    try:
        form = read_json(reference)
        wanted = [each for each in form.get("slices", ()) if each["column"] in declared]
        wanted.sort(key=lambda each: -each["rows"])
        found = [(each["column"], each["value"]) for each in _that_fit(wanted, _counters(form))]
    except _UNREADABLE:
        return {}
    return {name: frozenset(value for column, value in found if column == name) for name, _ in found}


def slices_of(data: Mapping[str, Any] | None, known: Known) -> Slices:
    """In which of these slices the only row of ``captureData`` is; in none where there are several rows."""
    if not known:
        return ()
    try:
        values = dict(_values((data or {})["endpointInput"], known))
    except _UNREADABLE:
        return ()
    words = ((column, _word(value)) for column, value in sorted(values.items()))
    return tuple((column, word) for column, word in words if word in known[column])


def _that_fit(wanted: Iterable[Mapping[str, Any]], counters: int) -> Iterator[Mapping[str, Any]]:
    room = MOST_BYTES
    for each in wanted:
        if len(each["value"].encode()) > LONGEST:
            continue
        room -= _BYTES_A_COUNTER * counters + _BYTES_BESIDE + len(f"{each['column']}{each['value']}".encode())
        if room < 0:
            return
        yield each


def _counters(form: Mapping[str, Any]) -> int:
    """Numbers in the outcomes of a slice: of a classifier those by class and by score, and two sums."""
    scores = sum(len(each["edges"]) + 1 for each in form["scores"])
    return len(form["classes"]) ** 2 + 2 * scores + 4


def _values(side: Mapping[str, Any], known: Known) -> Iterator[tuple[str, Any]]:
    """The row's values in known columns. Raises LookupError, TypeError, ValueError or AttributeError."""
    asked = captured_message(side)
    form = read_json(asked.json_text)
    if "instances" not in form:
        yield from _of_tensors(form["inputs"], memoryview(asked.body)[len(asked.json_text) :], known)
        return
    (row,) = form["instances"]
    for column in known.keys() & row.keys():
        yield column, _alone(row[column])


def _of_tensors(tensors: Iterable[Mapping[str, Any]], binary: memoryview, known: Known) -> Iterator[tuple[str, Any]]:
    end = 0
    for tensor in tensors:
        size = tensor.get("parameters", {}).get("binary_data_size")
        start, end = end, end + (size or 0)
        if tensor["name"] in known and prod(tensor["shape"]) == 1:
            blob = binary[start:end]
            values = tensor["data"] if size is None else elements(Datatype(tensor["datatype"]), blob)
            yield tensor["name"], _alone(values)


def _alone(value: Any) -> Any:
    """The only element of a list, however deep; a list of several is no value."""
    while isinstance(value, list) and len(value) == 1:
        (value,) = value
    return written(value)


def _word(value: Any) -> str:
    """As a reference names its categories; empty for what is missing or none."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if value.is_integer():
            return str(int(value))
    return ""
