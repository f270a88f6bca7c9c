"""Which categories does a column of a file hold?"""

import re
from typing import Any

import numpy as np
import pyarrow as pa

from sluice.domain.drift.column import Codes, words

_WHOLE = re.compile(r"(-?\d+)\.0+", re.ASCII)
_FLAGS = ("true", "false")


def codes(values: pa.Array, *, is_code: bool) -> Codes:
    """The column, encoded. ``is_code``: a text ``1.0`` is the category 1, ``True`` is true."""
    encoded = _encoded(values)
    if encoded is None:  # lists or objects: none of them is a category
        return Codes(np.zeros(len(values), dtype=np.int64), ())
    names = [_name(value, is_code=is_code) for value in encoded.dictionary.to_pylist()]
    known = tuple(dict.fromkeys(name for name in names if name))
    places = {name: place for place, name in enumerate(known)} | {"": -1, None: len(known)}
    place_of = np.array([*(places[name] for name in names), -1], dtype=np.int64)  # the last is of a null
    return Codes(place_of[encoded.indices.fill_null(len(names)).to_numpy()], known)


def _encoded(values: pa.Array) -> Any:
    if pa.types.is_dictionary(values.type):
        return values
    try:
        return values.dictionary_encode()
    except pa.ArrowNotImplementedError:
        return None


def _name(value: Any, *, is_code: bool) -> str | None:
    """Its name; empty for a missing one, None for what is no category."""
    counts, missing, _ = words([value])
    name = next(iter(counts), "" if missing else None)
    if not is_code or not name:
        return name
    if name.lower() in _FLAGS:
        return name.lower()
    whole = _WHOLE.fullmatch(name)
    return whole[1] if whole else name
