"""Where does training data come from? All that it takes to make the same again, and to say whose rows a version saw."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from sluice.data_file import training
from sluice.data_file.spill import Spill
from sluice.domain.signature import inputs_hash
from sluice.domain.training.choose import Fate
from sluice.domain.training.coverage import is_selective
from sluice.domain.training.rows import NOBODY, Whole
from sluice.domain.training.split import Part, Shares
from sluice.service.assemble_training_data import Assembled, Order

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """Rows from elsewhere.

    Attributes:
        name: Of the file.
        time: Its column of times.
        label: Its column of labels.
        sha256: Of its content.

    """

    name: str
    time: str
    label: str
    sha256: str


def lineage(
    found: Spill, assembled: Assembled, order: Order, out: Path, *, history: HistoryFile | None, code: Mapping[str, str]
) -> dict[str, Any]:
    """The JSON form; ``out`` holds the files that were made, ``code`` says which versions of what made them."""
    kept = assembled.kept
    captured = kept[kept >= assembled.history]
    return {
        "model": order.model,
        "label": order.label,
        "inputs_hash": inputs_hash(order.wanted.signature),
        "classes": list(order.wanted.signature.classes),
        "settings": _settings(order),
        "code": dict(code),
        "parts": {part: _part(assembled, part, out) for part in Part},
        "own_decisions": {"rows": len(captured), "share": round(len(captured) / len(kept), 6)},
        "predictions": {"count": len(captured), "sha256": _ids_hash(found, assembled, captured)},
        "versions": _versions(found, captured),
        "largest_unit_rows": _largest_unit(assembled.chosen.rows.units[captured]),
        "labels": {
            "by_answer": {name: each.to_dict() for name, each in sorted(assembled.coverage.items())},
            "are_selective": is_selective(assembled.coverage),
        },
        "left_out": _by_name(assembled.left_out),
        "history": None if history is None else _history(assembled, history, len(kept) - len(captured)),
        "files": _files(found, assembled, captured),
    }


def sha256(file: Path) -> str:
    """Of a file's content. Raises OSError."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def moment(micros: int) -> str:
    """A moment as people write it."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat()


def _settings(order: Order) -> dict[str, Any]:
    terms, wanted = order.terms, order.split
    percents = {"validation_percent": wanted.validation, "test_percent": wanted.test}
    return {
        "since": moment(terms.since),
        "until": moment(terms.until),
        "as_of": moment(terms.as_of),
        "label_minimum": terms.least,
        "label_maximum": terms.most,
        "split": percents
        if isinstance(wanted, Shares)
        else {"validation_from": moment(wanted.validation), "test_from": moment(wanted.test)},
        "most_rows_per_unit": terms.per_unit,
        "outliers_beyond": order.reach,
        "most_quarantined": order.most_quarantined,
        "inputs_left_out": sorted(order.wanted.left_out),
    }


def _part(assembled: Assembled, part: Part, out: Path) -> dict[str, Any]:
    places, rows = assembled.chosen.parts[part], assembled.chosen.rows
    labels = Counter(rows.labels[places].tolist()) if assembled.chosen.has_few_labels else {}
    return {
        "rows": len(places),
        "from": moment(int(rows.times[places[0]])),
        "to": moment(int(rows.times[places[-1]])),
        "labels": {f"{label:g}": count for label, count in sorted(labels.items())},
        "mean_label": round(float(rows.labels[places].mean()), 6),
        "sha256": sha256(out / f"{part}.parquet"),
    }


def _ids_hash(found: Spill, assembled: Assembled, captured: Whole) -> str:
    """Of the sorted prediction ids, a line each."""
    digest = hashlib.sha256()
    order = captured[np.argsort(assembled.chosen.rows.ids[captured], kind="stable")]
    for table in found.rows(order, [training.ID]):
        digest.update("".join(f"{each}\n" for each in table.column(training.ID).to_pylist()).encode())
    return digest.hexdigest()


def _versions(found: Spill, captured: Whole) -> dict[str, int]:
    return training.counts(found.column(training.VERSION), captured) if len(found) else {}


def _largest_unit(units: Whole) -> int:
    """How many rows are of the unit that has most."""
    known = units[units != NOBODY]
    return int(np.bincount(known).max()) if len(known) else 0


def _history(assembled: Assembled, history: HistoryFile, kept: int) -> dict[str, Any]:
    return {**asdict(history), "rows": kept, "left_out": _by_name(assembled.left_out_of_history)}


def _files(found: Spill, assembled: Assembled, captured: Whole) -> list[dict[str, Any]]:
    """What each captured file brought, and how much of that is learnt from."""
    number = training.whole(found.column(training.FILE))[captured] if len(found) else captured
    used = np.bincount(number, minlength=len(assembled.files)).tolist()
    return [{**asdict(file), "rows": count} for file, count in zip(assembled.files, used, strict=True)]


def _by_name(counts: Counter[Fate]) -> dict[str, int]:
    return {fate.name.lower(): count for fate, count in sorted(counts.items())}
