"""Make files to learn from of rows that were read: chosen, split by time, in an order, with their lineage.

The same rows and the same order come to the same bytes, however the rows were found.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sluice.data_file import training
from sluice.data_file.spill import Spill
from sluice.domain.training.choose import Fate, Terms, choose, in_order
from sluice.domain.training.coverage import Labelled
from sluice.domain.training.fit import Wanted
from sluice.domain.training.nothing import check_classes, check_some
from sluice.domain.training.outliers import fences
from sluice.domain.training.rows import NOBODY, Numbers, Rows, Whole
from sluice.domain.training.split import Part, split
from sluice.domain.training.split import Wanted as WantedSplit
from sluice.service.read_training_rows import ReadFile

_EVER = 2**62  # microseconds
_FEW = 100


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    Attributes:
        model: Name of the model.
        label: The name of the feedback that is the label, and of its column.
        wanted: Which inputs are learnt from.
        terms: Which captured rows may be.
        split: Where validation and test begin.
        reach: How far beyond nearly all others a number is an outlier, ``fences``; 0: nowhere.
        most_quarantined: So many rows at most are put into the file of the quarantine; all are counted.

    """

    model: str
    label: str
    wanted: Wanted
    terms: Terms
    split: WantedSplit
    reach: float
    most_quarantined: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was decided.

    Attributes:
        fates: Of every row.
        parts: The places of the rows of each part, in order.
        reasons: Why outliers are such, by place.
        rows: What it was decided by.

    """

    fates: Whole
    parts: Mapping[Part, Whole]
    reasons: Mapping[int, str]
    rows: Rows

    @property
    def has_few_labels(self) -> bool:
        """Whether labels are so few different ones that each can be named."""
        labels = self.rows.labels
        return len(np.unique(labels[~np.isnan(labels)])) <= _FEW


@dataclass(frozen=True, slots=True)
class Assembled:
    """What was made.

    Attributes:
        chosen: What was decided.
        files: What each captured file brought.
        history: Rows of history among all, which are the first ones.
        coverage: Captured predictions of the time and their labels, by the class that was answered.

    """

    chosen: Chosen
    files: Sequence[ReadFile]
    history: int
    coverage: Mapping[str, Labelled]

    @property
    def left_out(self) -> Counter[Fate]:
        """How many captured rows were left out, by reason."""
        return _counted(self.chosen.fates[self.history :])

    @property
    def left_out_of_history(self) -> Counter[Fate]:
        """How many rows of history were."""
        return _counted(self.chosen.fates[: self.history])

    @property
    def kept(self) -> Whole:
        """The places of all rows that are kept."""
        return np.concatenate([self.chosen.parts[part] for part in Part])


def decide(found: Spill, order: Order, *, history: int) -> Chosen:
    """Choose and split. The first ``history`` rows are not captured. Raises InvalidTrainingData."""
    rows = _rows(found)
    fates = np.concatenate(
        [
            choose(_some(rows, slice(None, history)), replace(order.terms, since=-_EVER, until=order.terms.since)),
            choose(_some(rows, slice(history, None)), order.terms),
        ]
    )
    kept = in_order(rows, np.flatnonzero(fates == Fate.KEPT))
    check_some(_counted(fates), kept=len(kept), label=order.label)
    parts = {part: kept[places] for part, places in split(rows.times[kept], order.split).items()}
    reasons = _outliers(found, order, parts[Part.TRAIN]) if order.reach else {}
    fates[list(reasons)] = Fate.OUTLIER
    learnt = parts[Part.TRAIN]
    parts[Part.TRAIN] = learnt[fates[learnt] == Fate.KEPT]
    check_some(_counted(fates), kept=len(parts[Part.TRAIN]), label=order.label)
    check_classes(rows.labels[parts[Part.TRAIN]], is_classifier=bool(order.terms.classes))
    return Chosen(fates, parts, reasons, rows)


def coverage(found: Spill, chosen: Chosen, classes: Sequence[str], *, history: int) -> dict[str, Labelled]:
    """Captured predictions and their labels, by the class that was answered."""
    fates = chosen.fates[history:]
    meant = ~np.isin(fates, [Fate.REPLACED, Fate.OUTSIDE, Fate.SEVERAL])
    labelled = meant & ~np.isin(fates, [Fate.UNLABELLED, Fate.LABEL_UNKNOWN_THEN])
    answers = np.asarray(found.column(training.ANSWER))[history:] if len(fates) else np.zeros(0, dtype=np.int64)
    return {
        _class_name(int(answer), classes): Labelled(
            int((meant & (answers == answer)).sum()), int((labelled & (answers == answer)).sum())
        )
        for answer in np.unique(answers[meant])
    }


def write(found: Spill, assembled: Assembled, order: Order, out: Path) -> None:
    """Write the parts and the quarantine into a folder. Raises UnreadableFile."""
    chosen = assembled.chosen
    is_whole = bool((chosen.rows.labels[assembled.kept] % 1 == 0).all())
    for part, places in chosen.parts.items():
        training.write_part(
            out / f"{part}.parquet",
            found.rows(places, [*training.written(order.wanted.inputs), training.LABEL]),
            order.wanted.inputs,
            label=order.label,
            is_whole=is_whole,
        )
    aside = np.flatnonzero(chosen.fates >= Fate.MISFIT)
    shown = in_order(chosen.rows, aside)[: order.most_quarantined]
    training.write_quarantine(
        out / "quarantine.parquet",
        found.rows(shown, training.QUARANTINED),
        [chosen.reasons.get(place) for place in shown.tolist()],
    )


def _rows(found: Spill) -> Rows:
    """What is decided by, of all rows."""
    if not len(found):
        none = np.zeros(0, dtype=np.int64)
        return Rows(none, none, none, none, none.astype(np.float64), none, none, none)
    units = training.places_of(found.column(training.UNIT))
    return Rows(
        ids=training.places_of(found.column(training.ID)),
        attempts=training.whole(found.column(training.ATTEMPT)),
        times=training.whole(found.column(training.AT)),
        units=np.where(units < 0, NOBODY, units),
        labels=training.numbers(found.column(training.LABEL)),
        label_times=training.whole(found.column(training.LABEL_AT)),
        received=training.whole(found.column(training.RECEIVED_AT)),
        states=training.whole(found.column(training.STATE)),
    )


def _some(rows: Rows, which: slice) -> Rows:
    return Rows(
        rows.ids[which],
        rows.attempts[which],
        rows.times[which],
        rows.units[which],
        rows.labels[which],
        rows.label_times[which],
        rows.received[which],
        rows.states[which],
    )


def _outliers(found: Spill, order: Order, learnt: Whole) -> dict[int, str]:
    """Which of the rows that are learnt from are outliers, and of which input."""
    reasons: dict[int, str] = {}
    for spec in order.wanted.inputs:
        if spec.datatype.is_float or spec.datatype.is_integer:
            values: Numbers = training.numbers(found.column(spec.name))[learnt]
            within = fences(values, order.reach)
            for place in np.flatnonzero(within.outside(values)).tolist():
                said = f"{spec.name}: {values[place]:g} is beyond {within.low:g} to {within.high:g}"
                reasons.setdefault(int(learnt[place]), said)
    return reasons


def _class_name(answer: int, classes: Sequence[str]) -> str:
    return classes[answer] if 0 <= answer < len(classes) else "unknown" if answer < 0 else str(answer)


def _counted(fates: Whole) -> Counter[Fate]:
    kinds, counts = np.unique(fates, return_counts=True)
    return Counter({Fate(kind): int(count) for kind, count in zip(kinds, counts, strict=True) if kind != Fate.KEPT})
