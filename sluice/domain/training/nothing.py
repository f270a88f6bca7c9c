"""Why is there nothing to learn from? The reason that most rows were left out for, as a person would say it."""

from collections.abc import Mapping

import numpy as np

from sluice.domain.errors import InvalidTrainingData
from sluice.domain.training.choose import Fate
from sluice.domain.training.rows import Numbers

IN_WORDS = {
    Fate.REPLACED: "attempts whose answer was replaced, or that were captured twice",
    Fate.OUTSIDE: "of another time",
    Fate.SEVERAL: "requests of several rows: a label does not say which row it is about",
    Fate.UNLABELLED: "without a label",
    Fate.LABEL_UNKNOWN_THEN: "whose label came after --as-of",
    Fate.LABEL_BEFORE: "whose label is older than the prediction",
    Fate.LABEL_REFUSED: "whose label is none of the allowed values",
    Fate.OVER_CAP: "over the cap of their unit",
    Fate.MISFIT: "that do not fit the signature",
    Fate.REDACTED: "with a stand-in for a value",
    Fate.OUTLIER: "with a number far beyond all others",
}


def check_some(left_out: Mapping[Fate, int], *, kept: int, label: str) -> None:
    """Raises InvalidTrainingData where nothing is kept."""
    if kept:
        return
    reasons = {fate: count for fate, count in left_out.items() if count and fate not in {Fate.REPLACED, Fate.OUTSIDE}}
    if not reasons:
        raise InvalidTrainingData("there is nothing to learn from: no prediction of that time was captured")
    if set(reasons) <= {Fate.UNLABELLED, Fate.SEVERAL}:
        lacking = sum(reasons.values())
        raise InvalidTrainingData(
            f"there is nothing to learn from: none of {lacking:,} captured predictions has the label {label!r}"
            + (f" ({reasons[Fate.SEVERAL]:,} {IN_WORDS[Fate.SEVERAL]})" if Fate.SEVERAL in reasons else "")
        )
    told = "; ".join(f"{count:,} {IN_WORDS[fate]}" for fate, count in sorted(reasons.items()))
    raise InvalidTrainingData(f"there is nothing to learn from; left out are {told}")


def check_classes(labels: Numbers, *, is_classifier: bool) -> None:
    """Raises InvalidTrainingData where all labels that are learnt from say the same."""
    if is_classifier and len(np.unique(labels)) == 1:
        raise InvalidTrainingData(
            f"all {len(labels):,} rows to learn from have the label {labels[0]:g}: a single class teaches nothing"
        )
