"""When was each row? Times of any usual form, as microseconds since 1970; a time without a zone is UTC."""

import re
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from sluice.domain.drift.array import Counts

_SECONDS = re.compile(r"\d{9,10}(\.\d+)?", re.ASCII)
_MICROS = 1_000_000
_YEAR_10000 = 253_402_300_800  # in seconds since 1970
_TIMESTAMP = pa.timestamp("us")


def times(values: pa.Array) -> Counts:
    """Timestamps, dates, ISO 8601 texts or seconds since 1970. Raises ValueError for a row without a time."""
    if values.null_count:
        raise ValueError("a row has no time: leave such rows out, or choose another column")
    kind = values.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _micros(values.cast(_TIMESTAMP, safe=False).cast(pa.int64()))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _of_seconds(values.cast(pa.float64(), safe=False).to_numpy())
    return _of_texts(values)


def _of_texts(values: pa.Array) -> Counts:
    try:
        return _micros(values.cast(_TIMESTAMP).cast(pa.int64()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return np.array([_read(value) for value in values.to_pylist()], dtype=np.int64)


def _read(value: Any) -> int:
    text = str(value).strip()
    if _SECONDS.fullmatch(text):
        return round(float(text) * _MICROS)
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r:.40} is no time: 2013-06-01T05:15:00Z and seconds since 1970 are understood"
        ) from None
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    return round(aware.timestamp() * _MICROS)


def _of_seconds(seconds: Any) -> Counts:
    if not np.isfinite(seconds).all() or (np.abs(seconds) >= _YEAR_10000).any():
        raise ValueError("a row holds a number that is no time: seconds since 1970 are understood")
    return np.rint(seconds * _MICROS).astype(np.int64)


def _micros(values: pa.Array) -> Any:
    return values.to_numpy(zero_copy_only=False)
