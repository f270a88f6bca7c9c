"""Which numbers does a column of a file hold? The rest is kept as it is, to be counted as of a wrong type."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from sluice.domain.drift.column import Column

_MISSING = pa.array(["", "NaN", "nan", "NAN", "NA", "N/A", "n/a", "null", "NULL", "None", "none"])
_WRITTEN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE | re.ASCII)


def numbers(values: pa.Array) -> Column:
    """Of a typed column: numbers, with NaN where one is missing; of another type its values as they are."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    if pa.types.is_null(kind):
        return np.full(len(values), np.nan)
    if pa.types.is_floating(kind):
        return _array(values)
    if pa.types.is_integer(kind) and not values.null_count:
        return _array(values)
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return _array(values.cast(pa.float64(), safe=False))
    listed: list[Any] = values.to_pylist()
    return listed


def written_numbers(values: pa.Array) -> Column:
    """Of a column of text: numbers as people and programs write them, ``1.5``, ``-2e3``, ``inf``."""
    trimmed = compute.utf8_trim_whitespace(values)
    is_missing = compute.is_in(trimmed, value_set=_MISSING)
    present = compute.if_else(is_missing, None, trimmed)
    try:
        return _array(present.cast(pa.float64()))
    except pa.ArrowInvalid:
        return [None if text is None else _number(text) for text in present.to_pylist()]


def _array(values: pa.Array) -> Any:
    return values.to_numpy(zero_copy_only=False)


def _number(text: str) -> float | str:
    return float(text) if _WRITTEN.fullmatch(text) else text
