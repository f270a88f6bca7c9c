"""How many rows did each window have? A bar a window, and a mark where there were none."""

from sluice.report.markup import tag, text
from sluice.report.spans import spans
from sluice.report.story import Look

_LEAST, _GAP = 2.0, 1.5  # pixels: a few rows are not none


def rows_line(looks: tuple[Look, ...], *, x: float, y: float, cell: float, height: float) -> str:
    """The bars, whose tallest fills the line; every one says its number when pointed at."""
    most = max(look.summary.rows for look in looks) or 1
    bars = [
        _bar(f"{span}: {look.summary.rows:,} rows", height * look.summary.rows / most, x=x + place * cell, width=cell)
        if look.summary.rows
        else _none(f"{span}: no rows", x=x + place * cell, width=cell, height=height)
        for place, (look, span) in enumerate(zip(looks, spans(looks), strict=True))
    ]
    return tag("g", *bars, transform=f"translate(0 {y + height:g})")


def _bar(hint: str, height: float, *, x: float, width: float) -> str:
    tall = max(height, _LEAST)
    return tag(
        "rect", tag("title", text(hint)), x=x, y=-tall, width=max(width - _GAP, width * 0.8), height=tall, class_="rows"
    )


def _none(hint: str, *, x: float, width: float, height: float) -> str:
    """As high as the line, so that it can be pointed at, and hatched."""
    return tag(
        "rect",
        tag("title", text(hint)),
        x=x,
        y=-height,
        width=max(width - _GAP, width * 0.8),
        height=height,
        class_="none",
    )
