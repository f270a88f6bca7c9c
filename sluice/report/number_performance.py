"""How far was a model off that answers numbers, window by window? Only labels tell."""

from collections.abc import Sequence
from typing import NamedTuple

from sluice.domain.drift.figures import number
from sluice.domain.drift.number_outcomes import NumberOutcomes
from sluice.domain.drift.number_quality import NumberQuality, number_quality_of
from sluice.domain.drift.outcomes import Outcomes
from sluice.report.chart import Point, Scale, chart, key
from sluice.report.markup import tag, text
from sluice.report.number_slices import number_slices
from sluice.report.spans import spans
from sluice.report.story import Story

_FEW = 50  # labels; fewer say little
_ROOM = 0.02  # of the tolerance
_MARKS = (("dot", "measured with labels"), ("level-mark", "in the reference"))
_NUMBERS_HEAD = tag(
    "tr",
    *(
        tag("th", text(name), scope="col")
        for name in ("window", "mean absolute error", "bias", "off by no more than the tolerance", "labels")
    ),
)


class _Measured(NamedTuple):
    """One window that has labels enough."""

    span: str
    quality: NumberQuality


def number_performance(story: Story) -> str:
    """The section; nothing where no window has labels enough."""
    windows = zip(spans(story.looks), story.looks, strict=True)
    each = [(span, _quality(story, look.outcomes)) for span, look in windows]
    found = [_Measured(span, quality) for span, quality in each if quality and quality.rows >= _FEW]
    if not found:
        return ""
    was = _quality(story, story.reference.outcomes)
    return tag(
        "section",
        tag("h2", "How far off the model was"),
        tag("p", text(_hint(found, was)), class_="hint"),
        tag("div", *_charts([span for span, _ in each], found, was), class_="charts"),
        key(_MARKS),
        number_slices(story),
        tag(
            "details",
            tag("summary", tag("b", "As numbers"), class_="plain"),
            tag("div", tag("table", _NUMBERS_HEAD, *map(_numbers, found)), class_="wide"),
        ),
        aria_label="Performance",
    )


def _quality(story: Story, outcomes: Outcomes | None) -> NumberQuality | None:
    tolerance = story.reference.binning.tolerance
    if tolerance is None or not isinstance(outcomes, NumberOutcomes):
        return None
    return number_quality_of(tolerance, outcomes)


def _hint(found: Sequence[_Measured], was: NumberQuality | None) -> str:
    told = (
        "An error is an answer less its label. The mean absolute error says how far answers are off, the bias which "
        "way: above 0 they are too large. "
        f"Nine in ten answers in the reference were off by no more than {number(found[0].quality.tolerance)}."
    )
    if was is None:
        return told
    return f"{told} There: mean absolute error {number(was.mean_absolute_error)}, bias {number(was.bias)}."


def _charts(names: Sequence[str], found: Sequence[_Measured], was: NumberQuality | None) -> list[str]:
    room = _ROOM * found[0].quality.tolerance or _ROOM
    by_span = {each.span: each.quality for each in found}
    off, bias = [], []
    for span in names:
        quality = by_span.get(span)
        off.append(_point(span, quality, quality.mean_absolute_error if quality else None))
        bias.append(_point(span, quality, quality.bias if quality else None))
    return [
        chart(Scale("Mean absolute error", number, room), off, was.mean_absolute_error if was else None),
        chart(Scale("Bias", number, room), bias, was.bias if was else None),
    ]


def _point(span: str, quality: NumberQuality | None, value: float | None) -> Point:
    if quality is None or value is None:
        return Point(span)
    return Point(span, measured=value, hint=f"{span}: {number(value)} of {quality.rows:,} labelled rows")


def _numbers(each: _Measured) -> str:
    quality = each.quality
    cells = [
        number(quality.mean_absolute_error),
        number(quality.bias),
        f"{100 * quality.accuracy:.1f} %",
        f"{quality.rows:,}",
    ]
    return tag("tr", tag("th", text(each.span), scope="row"), *(tag("td", text(cell)) for cell in cells))
