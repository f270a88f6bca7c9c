"""What drifted when? A row a feature, a column a window; darker is further."""

from collections.abc import Sequence

from sluice.domain.drift.finding import DriftFinding
from sluice.report.markup import tag, text
from sluice.report.overview import Course, bins_of
from sluice.report.rows_line import rows_line
from sluice.report.sentence import told
from sluice.report.shade import named_steps, shade
from sluice.report.story import Story

_ROW, _GAP, _LABEL, _TOP = 22, 2, 176, 8
_LEAST_CELL, _MOST_CELL, _WIDTH = 7, 72, 848
_TICKS = 6
_TICK_WIDTH = 96
_CHARACTERS = 24
_FINE = 4  # pixels; narrower cells have no gap between them


def heat_map(story: Story, every: Sequence[Course]) -> str:
    """The map, its legend, and what every cell says when pointed at."""
    windows = len(story.looks)
    cell = min(max(_WIDTH / windows, _LEAST_CELL), _MOST_CELL)
    top = _TOP + _ROW + 3 * _GAP  # below the line of rows
    height = top + len(every) * (_ROW + _GAP) + 26
    width = _LABEL + max(cell * windows, 240)
    rows = [_row(story, course, top + line * (_ROW + _GAP), cell) for line, course in enumerate(every)]
    drawn = tag(
        "svg",
        tag("text", "rows", x=_LABEL - 10, y=_TOP + 15, text_anchor="end", class_="tick"),
        rows_line(story.looks, x=_LABEL, y=_TOP, cell=cell, height=_ROW),
        *rows,
        _ticks(every[0].spans, cell, height - 8),
        viewBox=f"0 0 {width:.0f} {height}",
        width=f"{width:.0f}",
        height=height,
        role="group",
        aria_label="Heat map of features by windows",
    )
    return tag("div", drawn, class_="wide", tabindex=0) + legend()


def strip(course: Course, *, width: float = 150, height: float = 14) -> str:
    """One feature's row of the map, small."""
    cell = width / len(course.findings)
    cells = [
        tag(
            "rect",
            x=place * cell,
            y=0,
            width=cell - 0.5 if cell > _FINE else cell + 0.2,
            height=height,
            class_=shade(finding),
        )
        for place, finding in enumerate(course.findings)
    ]
    return tag("svg", *cells, viewBox=f"0 0 {width:g} {height:g}", width=width, height=height, aria_hidden="true")


def legend() -> str:
    """What the colours mean."""
    marks = [("q", "no drift found"), *named_steps(), ("u", "too few rows to judge, or none")]
    return tag(
        "p", *(tag("span", tag("i", class_=f"swatch {mark}"), text(name)) for mark, name in marks), class_="legend"
    )


def _row(story: Story, course: Course, y: int, cell: float) -> str:
    name = bins_of(story, course).name
    shown = name if len(name) <= _CHARACTERS else f"{name[: _CHARACTERS - 1]}…"
    label = tag("text", text(shown), x=_LABEL - 10, y=y + 15, text_anchor="end", class_="name")
    cells = [
        _cell(finding, span, x=_LABEL + place * cell, y=y, width=cell)
        for place, (finding, span) in enumerate(zip(course.findings, course.spans, strict=True))
    ]
    return tag("a", label, href=f"#feature-{course.place}", aria_label=f"{name}: details") + "".join(cells)


def _cell(finding: DriftFinding | None, span: str, *, x: float, y: int, width: float) -> str:
    gap = 1.5 if width > 2 * _LEAST_CELL else 0.6
    hint = tag("title", text(f"{span}: {told(finding)}"))
    return tag("rect", hint, x=x, y=y, width=width - gap, height=_ROW, rx=2, class_=shade(finding))


def _ticks(names: Sequence[str], cell: float, y: int) -> str:
    step = max(-(-len(names) // _TICKS), int(_TICK_WIDTH / cell) + 1 if len(names) > 1 else 1)
    last = len(names) - _TICK_WIDTH / cell
    return "".join(
        tag("text", text(names[place]), x=_LABEL + place * cell, y=y, class_="tick")
        for place in range(0, len(names), step)
        if place == 0 or place <= last
    )
