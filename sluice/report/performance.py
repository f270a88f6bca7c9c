"""How well did a classifier do, window by window? Estimated from its scores, and measured where labels are known."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.domain.drift.cbpe import Estimate, estimate
from sluice.domain.drift.outcomes import ClassOutcomes
from sluice.domain.drift.quality import Quality, quality_of
from sluice.report.chart import Point, Scale, chart
from sluice.report.spans import spans
from sluice.report.story import Story

_SURE = 2  # standard errors
_FEW = 50  # labels or scores; fewer say little


@dataclass(frozen=True, slots=True)
class Performance:
    """Of one window.

    Attributes:
        span: Its name.
        estimated: From scores alone.
        measured: With labels.

    """

    span: str
    estimated: Estimate | None
    measured: Quality | None


def performances(story: Story) -> list[Performance]:
    """Of every window; empty where nothing is known about any."""
    found = []
    for look, span in zip(story.looks, spans(story.looks), strict=True):
        estimated = estimate(story.reference, look.summary)
        labelled = look.outcomes if isinstance(look.outcomes, ClassOutcomes) else None
        measured = labelled and quality_of(story.reference.binning, labelled)
        found.append(
            Performance(
                span,
                estimated if estimated and estimated.rows >= _FEW else None,
                measured if measured and measured.rows >= _FEW else None,
            )
        )
    return found if any(each.estimated or each.measured for each in found) else []


def reference_quality(story: Story) -> Quality | None:
    """On the reference's own rows."""
    outcomes = story.reference.outcomes
    return quality_of(story.reference.binning, outcomes) if isinstance(outcomes, ClassOutcomes) else None


def charts(story: Story, found: Sequence[Performance]) -> str:
    """Accuracy and AUC over time."""
    was = reference_quality(story)
    accuracy, auc = (Scale(title, lambda value: f"{value:.2f}", 0.005) for title in ("Accuracy", "AUC"))
    return chart(accuracy, list(map(_accuracy, found)), was.accuracy if was else None) + chart(
        auc, list(map(_auc, found)), was.auc if was else None
    )


MARKS = (
    ("line", "estimated from scores, without labels; two standard errors"),
    ("dot", "measured with labels"),
    ("level-mark", "in the reference"),
)


def _accuracy(each: Performance) -> Point:
    measured = each.measured.accuracy if each.measured else None
    if each.estimated is None:
        return Point(each.span, measured=measured, hint=_hint(each, measured))
    margin = _SURE * each.estimated.accuracy_error
    return Point(each.span, each.estimated.accuracy, margin, measured, _hint(each, measured))


def _auc(each: Performance) -> Point:
    measured = each.measured.auc if each.measured else None
    estimated = each.estimated.auc if each.estimated else None
    return Point(each.span, estimated, 0.0, measured, _hint(each, measured))


def _hint(each: Performance, value: float | None) -> str:
    rows = each.measured.rows if each.measured else 0
    return "" if value is None else f"{each.span}: {value:.3f} of {rows:,} labelled rows"
