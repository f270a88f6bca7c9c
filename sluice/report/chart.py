"""How is a measure drawn over time? A line for what is estimated, dots for what is measured, and how it once was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sluice.report.markup import number, tag, text

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BASE = 520, 190, 44, 12, 14, 158


@dataclass(frozen=True, slots=True)
class Point:
    """One measure of one window.

    Attributes:
        span: Name of the window.
        estimated: From scores alone.
        margin: How far that may be off.
        measured: With labels.
        hint: What is said of that.

    """

    span: str
    estimated: float | None = None
    margin: float = 0.0
    measured: float | None = None
    hint: str = ""

    @property
    def known(self) -> list[float]:
        """All that is to be seen in a chart."""
        guess = [] if self.estimated is None else [self.estimated - self.margin, self.estimated + self.margin]
        return guess if self.measured is None else [*guess, self.measured]


@dataclass(frozen=True, slots=True)
class Scale:
    """How a measure is written.

    Attributes:
        title: Of the chart.
        shown: A value in words.
        room: At least so much is free above and below what is known.

    """

    title: str
    shown: Callable[[float], str]
    room: float


def chart(scale: Scale, points: Sequence[Point], level: float | None) -> str:
    """The chart, ``level`` being how it was in the reference; nothing where nothing is known."""
    known = [value for each in points for value in each.known] + ([] if level is None else [level])
    if not known:
        return ""
    low, high = min(known), max(known)
    low, high = low - 0.1 * (high - low) - scale.room, high + 0.1 * (high - low) + scale.room

    def y(value: float) -> float:
        return _BASE - (value - low) / (high - low) * (_BASE - _TOP)

    xs = _places(len(points))
    parts = [_scale(scale, low, high, y)]
    if level is not None:
        parts.append(tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y(level), y2=y(level), class_="level"))
    parts += [_band(xs, points, y), _line(xs, points, y)]
    parts += [_dot(x, each, y) for x, each in zip(xs, points, strict=True)]
    parts += [_tick(xs, points, place) for place in sorted({0, len(points) // 2, len(points) - 1})]
    title = tag("figcaption", text(scale.title))
    return tag("figure", title, tag("svg", *parts, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", class_="chart"))


def key(marks: Sequence[tuple[str, str]]) -> str:
    """What the marks of the charts mean: their classes, and words."""
    return tag(
        "p", *(tag("span", tag("i", class_=f"mark {mark}"), text(name)) for mark, name in marks), class_="legend"
    )


def _places(many: int) -> list[float]:
    width = (_WIDTH - _LEFT - _RIGHT) / many
    return [_LEFT + (place + 0.5) * width for place in range(many)]


def _scale(scale: Scale, low: float, high: float, y: Callable[[float], float]) -> str:
    values = [low + (high - low) * place / 3 for place in range(4)]
    return "".join(
        tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y(value), y2=y(value), class_="grid")
        + tag("text", text(scale.shown(value)), x=_LEFT - 6, y=y(value) + 4, text_anchor="end", class_="tick")
        for value in values
    )


def _band(xs: Sequence[float], points: Sequence[Point], y: Callable[[float], float]) -> str:
    """How far the estimates may be off; nothing for a measure of which that is not known."""
    known = [
        (x, y(each.estimated - each.margin), y(each.estimated + each.margin))
        for x, each in zip(xs, points, strict=True)
        if each.estimated is not None and each.margin
    ]
    if len(known) == 1:
        x, low, high = known[0]
        return tag("line", x1=x, x2=x, y1=low, y2=high, class_="line")
    there = [f"{number(x)} {number(high)}" for x, _, high in known]
    back = [f"{number(x)} {number(low)}" for x, low, _ in reversed(known)]
    return tag("path", d=f"M{'L'.join([*there, *back])}Z", class_="band") if known else ""


def _line(xs: Sequence[float], points: Sequence[Point], y: Callable[[float], float]) -> str:
    known = [(x, y(each.estimated)) for x, each in zip(xs, points, strict=True) if each.estimated is not None]
    if len(known) == 1:
        x, height = known[0]
        return tag("rect", x=x - 5, y=height - 1.5, width=10, height=3, class_="line-mark")
    joined = "L".join(f"{number(x)} {number(height)}" for x, height in known)
    return tag("path", d=f"M{joined}", class_="line") if known else ""


def _dot(x: float, each: Point, y: Callable[[float], float]) -> str:
    if each.measured is None:
        return ""
    return tag("circle", tag("title", text(each.hint)), cx=x, cy=y(each.measured), r=3, class_="dot")


def _tick(xs: Sequence[float], points: Sequence[Point], place: int) -> str:
    anchor = "start" if place == 0 and len(points) > 1 else "end" if place == len(points) - 1 and place else "middle"
    return tag("text", text(points[place].span), x=xs[place], y=_BASE + 20, text_anchor=anchor, class_="tick")
