"""What stands in place of a sensitive value? One of the same kind, so that counts of what is missing stay true.

What is missing stays missing, a text stays a text, a fraction a fraction, and what no FP32 can hold still cannot be
held: counted by bins that know only presence, a redacted request comes to what the original came to.
"""

import math
import sys
from typing import Any

TEXT = "redacted"
# What rounds to the largest FP32, and what rounds to infinity: both are out of range, and neither is anybody's value.
_ENDS_AT, _INFINITE_FROM = float.fromhex("0x1.fffffdp+127"), float.fromhex("0x1.ffffffp+127")
_LARGEST, _BEYOND = int(float.fromhex("0x1.fffffep+127")), 10**39
_BEYOND_ALL = 10**400  # what no float holds
_FRACTION = 0.5


def redacted(value: Any) -> Any:
    """A JSON value of the same kind that tells nothing else of it.

    >>> redacted(["1970-01-01", "", None, 41, 3.25])
    ['redacted', '', None, 0, 0.5]
    """
    match value:
        case bool():
            return False
        case int() | float():
            return _number(value)
        case str():
            return TEXT if value else ""
        case list():
            return [redacted(each) for each in value]
        case dict():
            return {}
    return value


def _number(value: Any) -> Any:
    """NaN is a missing value and infinity is none of anybody: both stay."""
    if isinstance(value, float) and not math.isfinite(value):
        return value
    kind = type(value)
    if abs(value) > _ENDS_AT:
        size = abs(value)
        end = _BEYOND_ALL if size > sys.float_info.max else _BEYOND if size >= _INFINITE_FROM else _LARGEST
        return kind(end if value > 0 else -end)
    return kind(0) if value == int(value) else _FRACTION
