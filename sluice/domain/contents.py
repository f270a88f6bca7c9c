"""What is in a version's archive: its files, and what those that describe it say."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from sluice.domain.errors import InvalidSignature
from sluice.domain.signature import Signature

SIGNATURE, REFERENCE, METRICS = "signature.json", "reference.json", "metrics.json"
DESCRIBING = frozenset({SIGNATURE, REFERENCE, METRICS})


@dataclass(frozen=True, slots=True)
class File:
    """A file of an archive.

    Attributes:
        size: Bytes.
        digest: SHA-256, hexadecimal.

    """

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Bins:
    """How the reference counts one feature.

    Attributes:
        kind: ``numeric`` or ``categorical``.
        cuts: The edges between bins, or the categories.

    """

    kind: str
    cuts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """A version, opened.

    Attributes:
        files: By name.
        signature: What it takes and gives; None where nothing readable says so.
        metrics: The numbers of its metrics.json, nested names joined by dots.
        bins: Of its reference, by feature; None where it has none.
        notes: What could not be read, in words.

    """

    files: Mapping[str, File]
    signature: Signature | None
    metrics: Mapping[str, float]
    bins: Mapping[str, Bins] | None
    notes: tuple[str, ...] = ()


def read_contents(files: Mapping[str, File], texts: Mapping[str, bytes]) -> Contents:
    """What the describing files of an archive say; what cannot be read of them is a note, not an error."""
    notes: list[str] = []
    forms = {name: _form(name, texts[name], notes) for name in sorted(DESCRIBING & texts.keys())}
    return Contents(
        files=files,
        signature=_signature(forms.get(SIGNATURE), notes),
        metrics=dict(_numbers(forms.get(METRICS), "")),
        bins=_bins(forms.get(REFERENCE), notes),
        notes=tuple(notes),
    )


def _form(name: str, text: bytes, notes: list[str]) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as wrong:
        notes.append(f"{name} is not JSON: {wrong}")
        return None


def _signature(form: Any, notes: list[str]) -> Signature | None:
    if form is None:
        return None
    try:
        return Signature.from_dict(form)
    except InvalidSignature as wrong:
        notes.append(f"{SIGNATURE}: {wrong}")
        return None


def _numbers(form: Any, prefix: str) -> Iterator[tuple[str, float]]:
    """Finite numbers alone: metrics may stand beside words."""
    if isinstance(form, dict):
        for name, value in form.items():
            yield from _numbers(value, f"{prefix}.{name}" if prefix else name)
    elif prefix and isinstance(form, int | float) and not isinstance(form, bool) and _is_finite(form):
        yield prefix, float(form)


def _is_finite(number: float) -> bool:
    try:
        return isfinite(number)
    except OverflowError:  # a whole number too long for a float
        return False


def _bins(form: Any, notes: list[str]) -> Mapping[str, Bins] | None:
    if form is None:
        return None
    try:
        return {str(each["name"]): _bins_of(each) for each in form["features"]}
    except (LookupError, TypeError) as wrong:
        notes.append(f"{REFERENCE} is no reference: {wrong}")
        return None


def _bins_of(feature: Mapping[str, Any]) -> Bins:
    if "categories" in feature:
        return Bins(str(feature["kind"]), tuple(map(str, feature["categories"])))
    return Bins(str(feature["kind"]), tuple(map(str, (feature["low"], *feature["edges"], feature["high"]))))
