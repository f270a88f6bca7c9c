"""How do unknown words travel? Beside the counts of a window, as compressed JSON."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

from sluice.domain.drift.unknown import Unknown, Words
from sluice.domain.drift.wire import inflated
from sluice.domain.errors import InvalidSummary

_FORM = b"\x01"
_MOST_INFLATED = 1 << 22


def encode_unknown(unknown: Unknown, *, most: int) -> bytes:
    """The bytes of unknown words; features that have the fewest are left out of more than ``most`` bytes."""
    form = {name: [words.rows, dict(words.counts)] for name, words in unknown.items()}
    data = _FORM + zlib.compress(json.dumps(form, separators=(",", ":")).encode(), 6)
    if len(data) <= most or not unknown:
        return data
    kept = sorted(unknown, key=lambda name: -unknown[name].rows)[: len(unknown) * 3 // 4]
    return encode_unknown({name: unknown[name] for name in kept}, most=most)


def decode_unknown(data: bytes) -> Unknown:
    """Read them. Raises InvalidSummary."""
    if data[:1] != _FORM:
        raise InvalidSummary(f"these {len(data)} bytes are no unknown words, or those of a newer Sluice")
    try:
        form = json.loads(inflated(data[1:], _MOST_INFLATED))
        return {str(name): _words(*of) for name, of in form.items()}
    except (ValueError, TypeError, AttributeError) as wrong:
        raise InvalidSummary(f"these {len(data)} bytes are no unknown words: {wrong}") from wrong


def _words(rows: int, counts: Mapping[str, Any]) -> Words:
    return Words(int(rows), {word: int(count) for word, count in counts.items()})
