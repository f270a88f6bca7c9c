"""Which variant does a unit get? The same one everywhere and every time, with nothing to look up.

A unit is hashed with a salt to one of 10,000 buckets (as in PlanOut and GrowthBook), and each variant owns a span of
them. Challengers grow from the ends towards the champion's span in the middle (challenger from bucket 0, challenger-2
from bucket 9,999), so raising a challenger's weight only takes units from the champion: nobody is moved back, and the
first two challengers never trade units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from sluice.domain.variant import CHAMPION

BUCKETS = 10_000
_BUCKETS_PER_PERCENT = BUCKETS // 100


@dataclass(frozen=True, slots=True)
class Span:
    """The buckets ``first`` (included) to ``end`` (excluded) of one variant."""

    variant: str
    first: int
    end: int


def bucket(unit: str, salt: str) -> int:
    """The unit's bucket, 0 to 9,999."""
    digest = blake2b(f"{salt}:{unit}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % BUCKETS


def spans(weights: Mapping[str, int]) -> tuple[Span, ...]:
    """Which buckets each variant owns; ``weights`` are whole percents that sum to 100."""
    low, high = 0, BUCKETS
    owned = []
    for variant in sorted(weights.keys() - {CHAMPION}):
        width = weights[variant] * _BUCKETS_PER_PERCENT
        if _is_odd_challenger(variant):
            owned.append(Span(variant, low, low + width))
            low += width
        else:
            owned.append(Span(variant, high - width, high))
            high -= width
    return (*owned, Span(CHAMPION, low, high))


def _is_odd_challenger(variant: str) -> bool:
    """Whether a slot grows from bucket 0: its own name decides, so that no other slot's coming or going moves it."""
    return not variant.endswith(("2", "4", "6", "8"))


def assign(unit: str, salt: str, weights: Mapping[str, int]) -> str:
    """The variant of a unit; ``weights`` are whole percents that sum to 100.

    >>> assign("N14228", "flights", {"champion": 90, "challenger": 10})
    'champion'
    """
    place = bucket(unit, salt)
    return next(span.variant for span in spans(weights) if span.first <= place < span.end)
