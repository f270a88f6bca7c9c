"""How well did the model do, window by window? Estimated from its scores, and measured where labels are known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sluice.domain.drift.cbpe import Estimate, estimate
from sluice.domain.drift.quality import Quality, quality_of
from sluice.report.markup import number, tag, text
from sluice.report.spans import spans
from sluice.report.story import Story

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BASE = 520, 190, 44, 12, 14, 158
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
        measured = None if look.outcomes is None else quality_of(story.reference.binning, look.outcomes)
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
    return None if outcomes is None else quality_of(story.reference.binning, outcomes)


def chart(story: Story, found: Sequence[Performance], *, name: str) -> str:
    """One measure over time: ``accuracy`` or ``auc``."""
    of = _MEASURES[name]
    lines = [of(each) for each in found]
    was = reference_quality(story)
    level = was and (was.accuracy if name == "accuracy" else was.auc)
    known = [value for each in lines for value in each.known] + ([level] if level else [])
    if not known:
        return ""
    low, high = min(known), max(known)
    low, high = low - 0.1 * (high - low) - 0.005, high + 0.1 * (high - low) + 0.005

    def y(value: float) -> float:
        return _BASE - (value - low) / (high - low) * (_BASE - _TOP)

    xs = _places(len(found))
    parts = [_scale(low, high, y)]
    if level:
        parts.append(tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y(level), y2=y(level), class_="level"))
    parts += [_band(xs, lines, y), _line(xs, lines, y)]
    parts += [_dot(x, line.measured, each, y) for x, line, each in zip(xs, lines, found, strict=True)]
    parts += [_tick(xs, found, place) for place in sorted({0, len(found) // 2, len(found) - 1})]
    title = tag("figcaption", text({"accuracy": "Accuracy", "auc": "AUC"}[name]))
    return tag("figure", title, tag("svg", *parts, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", class_="chart"))


def key() -> str:
    """What the marks of the charts mean."""
    marks = [
        ("line", "estimated from scores, without labels; two standard errors"),
        ("dot", "measured with labels"),
        ("level-mark", "in the reference"),
    ]
    return tag(
        "p", *(tag("span", tag("i", class_=f"mark {mark}"), text(name)) for mark, name in marks), class_="legend"
    )


class _Values(NamedTuple):
    """One measure of one window, and how far its estimate may be off."""

    estimated: float | None
    margin: float
    measured: float | None

    @property
    def known(self) -> list[float]:
        """All that is to be seen in a chart."""
        guess = [] if self.estimated is None else [self.estimated - self.margin, self.estimated + self.margin]
        return guess if self.measured is None else [*guess, self.measured]


def _accuracy(each: Performance) -> _Values:
    measured = each.measured.accuracy if each.measured else None
    if each.estimated is None:
        return _Values(None, 0.0, measured)
    return _Values(each.estimated.accuracy, _SURE * each.estimated.accuracy_error, measured)


def _auc(each: Performance) -> _Values:
    estimated = each.estimated.auc if each.estimated else None
    return _Values(estimated, 0.0, each.measured.auc if each.measured else None)


_MEASURES: dict[str, Callable[[Performance], _Values]] = {"accuracy": _accuracy, "auc": _auc}


def _places(many: int) -> list[float]:
    width = (_WIDTH - _LEFT - _RIGHT) / many
    return [_LEFT + (place + 0.5) * width for place in range(many)]


def _scale(low: float, high: float, y: Callable[[float], float]) -> str:
    values = [low + (high - low) * place / 3 for place in range(4)]
    return "".join(
        tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y(value), y2=y(value), class_="grid")
        + tag("text", text(f"{value:.2f}"), x=_LEFT - 6, y=y(value) + 4, text_anchor="end", class_="tick")
        for value in values
    )


def _band(xs: Sequence[float], lines: Sequence[_Values], y: Callable[[float], float]) -> str:
    """How far the estimates may be off; nothing for a measure of which that is not known."""
    known = [
        (x, y(each.estimated - each.margin), y(each.estimated + each.margin))
        for x, each in zip(xs, lines, strict=True)
        if each.estimated is not None and each.margin
    ]
    if len(known) == 1:
        x, low, high = known[0]
        return tag("line", x1=x, x2=x, y1=low, y2=high, class_="line")
    there = [f"{number(x)} {number(high)}" for x, _, high in known]
    back = [f"{number(x)} {number(low)}" for x, low, _ in reversed(known)]
    return tag("path", d=f"M{'L'.join([*there, *back])}Z", class_="band") if known else ""


def _line(xs: Sequence[float], lines: Sequence[_Values], y: Callable[[float], float]) -> str:
    known = [(x, y(each.estimated)) for x, each in zip(xs, lines, strict=True) if each.estimated is not None]
    if len(known) == 1:
        x, height = known[0]
        return tag("rect", x=x - 5, y=height - 1.5, width=10, height=3, class_="line-mark")
    points = "L".join(f"{number(x)} {number(height)}" for x, height in known)
    return tag("path", d=f"M{points}", class_="line") if known else ""


def _dot(x: float, value: float | None, each: Performance, y: Callable[[float], float]) -> str:
    if value is None or each.measured is None:
        return ""
    hint = tag("title", text(f"{each.span}: {value:.3f} of {each.measured.rows:,} labelled rows"))
    return tag("circle", hint, cx=x, cy=y(value), r=3, class_="dot")


def _tick(xs: Sequence[float], found: Sequence[Performance], place: int) -> str:
    anchor = "start" if place == 0 and len(found) > 1 else "end" if place == len(found) - 1 and place else "middle"
    return tag("text", text(found[place].span), x=xs[place], y=_BASE + 20, text_anchor=anchor, class_="tick")
