"""Do these values fit a model? From what a caller sent to a checked batch of tensors, or a list of violations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite, isinf, prod
from typing import Any

from sluice.domain.errors import InvalidInput, Violation
from sluice.domain.signature import DYNAMIC, Datatype, TensorSpec

MOST_VIOLATIONS = 10
_LONGEST_VALUE = 60  # characters
_LONGEST_PATH = 200  # characters
_LONGEST_INTEGER = 1000  # bits; Python refuses to write out much longer ones
# The smallest numbers that a float of each width rounds to infinity: halfway between its largest and the next.
_TOO_LARGE: dict[Datatype, float] = {
    Datatype.FP16: 65520.0,
    Datatype.FP32: 2.0**128 - 2.0**103,
    Datatype.FP64: 2**1024 - 2**970,
}


@dataclass(frozen=True, slots=True)
class TensorData:
    """One input, checked against its spec.

    Attributes:
        spec: What it was checked against.
        shape: Concrete shape, rows first.
        data: Flat values in row-major order (a missing value is ``nan`` or ``b""``), or the raw little-endian
            bytes as they stood on the wire. BYTES elements are ``bytes`` in a list, always.

    """

    spec: TensorSpec
    shape: tuple[int, ...]
    data: list[Any] | memoryview


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything one request asks a model to look at: ``rows`` rows of each input."""

    rows: int
    tensors: tuple[TensorData, ...]


class Violations:
    """Collects what does not fit, so that a caller learns all of it (at most ten places) at once."""

    def __init__(self) -> None:
        self.found: list[Violation] = []

    def add(self, where: str, expected: str, got: object) -> None:
        """Note a value that does not fit; raise at once when there are enough of them."""
        self.note(where, expected, shorten(got))

    def note(self, where: str, expected: str, finding: str) -> None:
        """Note a place where something other than one value is wrong, in words."""
        self.found.append(Violation(_readable(where), expected, finding))
        if len(self.found) >= MOST_VIOLATIONS:
            self.raise_if_any()

    def raise_if_any(self) -> None:
        """Raise InvalidInput when anything was noted."""
        if self.found:
            raise InvalidInput(self.found)


def shorten(value: object) -> str:
    """A value as a caller would recognise it, cut to 60 characters."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case list():
            return "a list"
        case dict():
            return "an object"
        case int() if value.bit_length() > _LONGEST_INTEGER:
            return "a whole number of hundreds of digits"
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."


def _readable(where: str) -> str:
    """A path whose names come from the caller: of a length to read, and in characters that can be sent back."""
    kept = where if len(where) <= _LONGEST_PATH else where[: _LONGEST_PATH - 3] + "..."
    return kept.encode(errors="backslashreplace").decode()


def element_reader(spec: TensorSpec) -> tuple[str, Callable[[Any], Any]]:
    """What an element must be, in words, and a function that reads one or raises ValueError."""
    datatype = spec.datatype
    missing = " or null" if spec.optional else ""
    if datatype is Datatype.BYTES:
        return f"a string{missing}", _string_reader(optional=spec.optional)
    if datatype is Datatype.BOOL:
        return "true or false", _read_bool
    if datatype.is_float:
        return f"a finite {datatype} number{missing}", _float_reader(_TOO_LARGE[datatype], optional=spec.optional)
    low, high = integer_range(datatype)
    return f"a whole {datatype} number from {low} to {high}", _integer_reader(low, high)


def integer_range(datatype: Datatype) -> tuple[int, int]:
    """Smallest and largest value of an integer datatype."""
    bits = datatype.size * 8
    return (0, 2**bits - 1) if datatype.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _string_reader(*, optional: bool) -> Callable[[Any], bytes]:
    def read(value: Any) -> bytes:
        if value is None and optional:
            return b""
        if not isinstance(value, str):
            raise ValueError
        return value.encode()

    return read


def _float_reader(too_large: float, *, optional: bool) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        if value is None and optional:
            return float("nan")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError
        if not -too_large < value < too_large:  # refuses NaN too, and whole numbers of any length
            raise ValueError
        return value

    return read


def _integer_reader(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    return read


def _read_bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def flatten(value: Any, shape: Sequence[int], out: list[Any], read: Callable[[Any], Any]) -> tuple[int, ...]:
    """Append a nested list's elements to ``out`` in row-major order; return its concrete shape.

    ``shape`` may hold -1 for any length but 0. Raises ValueError when the nesting does not fit or an element is
    refused.
    """
    if not shape:
        out.append(read(value))
        return ()
    if not isinstance(value, list) or not value or shape[0] not in (DYNAMIC, len(value)):
        raise ValueError
    inner = {flatten(item, shape[1:], out, read) for item in value}
    if len(inner) > 1:
        raise ValueError
    return (len(value), *inner.pop())


def has_only_allowed_floats(values: "memoryview[float]", *, optional: bool) -> bool:
    """Whether a buffer of floats holds no infinity, and NaN only where a value may be missing."""
    if not optional:
        return isfinite(sum(values)) or all(map(isfinite, values))
    return not any(map(isinf, values))


def element_count(shape: Sequence[int]) -> int:
    """Number of elements of a concrete shape."""
    return prod(shape)
