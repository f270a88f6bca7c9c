"""How does a feature lie now beside how it lay in the reference? One small picture."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sluice.domain.drift.binning import CategoricalBins, FeatureBins, NumericBins
from sluice.domain.drift.figures import number, share
from sluice.domain.drift.words import Counts
from sluice.report.markup import tag, text

WIDTH, HEIGHT = 640, 176
_LEFT, _BASE, _TOP = 8, 148, 10
_FEW = 10  # cells; fewer are drawn one by one
_TIED = 0.3  # of all rows in one cell
_TICKS = 5
_BEYOND, _BLOCK = 62, 40  # pixels at each end for what lies outside of the usual range
_TOLD_BEYOND = 0.005  # of all values
_DISTINCT, _LEAST = 40, 1e-9  # cells that can be told apart; pixels
_ROOMY = 30  # pixels, in which a cell's name fits
_CATEGORIES = 9
_LINE, _NAME = 24, 150


def shape(bins: FeatureBins, before: Counts, now: Counts) -> str:
    """Draw counts as ``feature_counts`` gives them: reference and now."""
    was, became = _shares(before["counts"]), _shares(now["counts"])
    if isinstance(bins, CategoricalBins):
        return _categories(bins, was, became)
    if bins.cells < _FEW or max(was) > _TIED:
        return _cells(bins, was, became)
    return _density(bins, before, now)


def _density(bins: NumericBins, before: Counts, now: Counts) -> str:
    """Areas over a true axis, which is the reference's usual range; what lies beyond stands beside it."""
    inner = bins.edges[-1] - bins.edges[0]
    low = max(min(bins.low, bins.edges[0]), bins.edges[0] - inner)
    high = min(max(bins.high, bins.edges[-1]), bins.edges[-1] + inner)
    scale = (WIDTH - 2 * (_LEFT + _BEYOND)) / (high - low or 1)
    xs = [_LEFT + _BEYOND + (bound - low) * scale for bound in (low, *bins.edges, high)]
    heights = [_heights(xs, _within(counts)) for counts in (before, now)]
    top = max(max(side) for side in heights) or 1
    areas = [
        tag("path", d=_steps(xs, [height / top for height in side]), class_=name)
        for side, name in zip(heights, ("ref", "now"), strict=True)
    ]
    ticks = [low + (high - low) * place / (_TICKS - 1) for place in range(_TICKS)]
    named = [_tick(xs[0] + (value - low) * scale, number(value)) for value in ticks]
    return _drawn([*areas, *named, *_beyond(before, now, top)])


def _within(counts: Counts) -> list[float]:
    """The share of all values in each cell, of the outermost only what is within the usual range."""
    cells = list(counts["counts"])
    cells[0], cells[-1] = max(cells[0] - counts["below"], 0), max(cells[-1] - counts["above"], 0)
    total = max(sum(counts["counts"]), 1)
    return [cell / total for cell in cells]


def _beyond(before: Counts, now: Counts, top: float) -> Iterator[str]:
    """What lies outside of the usual range, as a block at each end, cut off at the picture's height."""
    for slot, x in (("below", _LEFT), ("above", WIDTH - _LEFT - _BLOCK)):
        parts = [counts[slot] / max(sum(counts["counts"]), 1) for counts in (before, now)]
        if max(parts) < _TOLD_BEYOND:
            continue
        for part, name, left in zip(parts, ("ref", "now"), (0, _BLOCK / 2), strict=True):
            height = min(part / _BLOCK / top, 1.0) * (_BASE - _TOP)
            hint = tag("title", text(f"{share(part)} {slot} the usual range"))
            yield tag("rect", hint, x=x + left, y=_BASE - height, width=_BLOCK / 2 - 1, height=height, class_=name)
        yield _tick(x + _BLOCK / 2, slot)


def _heights(xs: Sequence[float], shares: Sequence[float]) -> list[float]:
    """Shares over the widths of their cells, narrow ones as wide as the eye can tell apart."""
    heights = [share / max(right - left, _LEAST) for share, (left, right) in zip(shares, pairwise(xs), strict=True)]
    return [_mean(xs, heights, left, right) for left, right in pairwise(xs)]


def _mean(xs: Sequence[float], heights: Sequence[float], left: float, right: float) -> float:
    """The mean height around a cell."""
    middle, reach = (left + right) / 2, (xs[-1] - xs[0]) / _DISTINCT / 2
    low, high = max(min(left, middle - reach), xs[0]), min(max(right, middle + reach), xs[-1])
    area = sum(
        height * max(0.0, min(high, end) - max(low, start))
        for height, (start, end) in zip(heights, pairwise(xs), strict=True)
    )
    return area / max(high - low, _LEAST)


def _steps(xs: Sequence[float], heights: Sequence[float]) -> str:
    points = [f"M{xs[0]:.1f} {_BASE}"]
    for height, (left, right) in zip(heights, pairwise(xs), strict=True):
        y = _BASE - height * (_BASE - _TOP)
        points.append(f"L{left:.1f} {y:.1f}L{right:.1f} {y:.1f}")
    return "".join([*points, f"L{xs[-1]:.1f} {_BASE}Z"])


def _cells(bins: NumericBins, was: Sequence[float], became: Sequence[float]) -> str:
    """Bars for values of which single ones are frequent."""
    slot = min((WIDTH - 2 * _LEFT) / bins.cells, 110)
    top = max(*was, *became) or 1
    drawn = []
    for cell, (first, second) in enumerate(zip(was, became, strict=True)):
        x = _LEFT + cell * slot
        for part, name, left in ((first, "ref", 0.12), (second, "now", 0.5)):
            height = part / top * (_BASE - _TOP)
            hint = tag("title", text(share(part)))
            drawn.append(
                tag("rect", hint, x=x + left * slot, y=_BASE - height, width=0.34 * slot, height=height, class_=name)
            )
        if slot > _ROOMY or cell % 2 == 0:
            drawn.append(_tick(x + slot / 2, _cell_name(bins, cell)))
    return _drawn(drawn)


def _cell_name(bins: NumericBins, cell: int) -> str:
    edges = bins.edges
    if not edges:
        return number(bins.low)
    if cell == len(edges):
        return number(bins.high) if bins.high == edges[-1] + 1 else f"> {number(edges[-1])}"
    is_one = bins.low == edges[0] if cell == 0 else edges[cell] == edges[cell - 1] + 1
    if is_one:
        return number(edges[cell])
    return f"≤ {number(edges[cell])}"


def _categories(bins: CategoricalBins, was: Sequence[float], became: Sequence[float]) -> str:
    cells = [*_shown(was[:-1], became[:-1]), len(bins.categories)]
    top = max(max(was[cell], became[cell]) for cell in cells) or 1
    lines = [_category(bins, cell, line, (was[cell], became[cell], top)) for line, cell in enumerate(cells)]
    return _drawn(lines, height=_TOP + len(cells) * _LINE + 4, axis=False)


def _shown(was: Sequence[float], became: Sequence[float]) -> list[int]:
    """The categories that changed most and those with the most rows, by their share in the reference."""
    every = range(len(was))
    changed = sorted(every, key=lambda cell: -abs(became[cell] - was[cell]))[: _CATEGORIES // 2]
    frequent = sorted(every, key=lambda cell: -max(was[cell], became[cell]))
    chosen = list(dict.fromkeys([*changed, *frequent]))[:_CATEGORIES]
    return sorted(chosen, key=lambda cell: (-was[cell], cell))


def _category(bins: CategoricalBins, cell: int, line: int, shares: tuple[float, float, float]) -> str:
    was, became, top = shares
    name = bins.categories[cell] if cell < len(bins.categories) else "all unknown"
    y, reach = _TOP + line * _LINE, (WIDTH - _NAME - 130) / top
    told = f"{share(was)} → {share(became)}"
    return (
        tag("text", text(f"{name:.20}"), x=_NAME - 10, y=y + 12, text_anchor="end", class_="name")
        + tag("rect", x=_NAME, y=y, width=was * reach, height=8, class_="ref")
        + tag("rect", x=_NAME, y=y + 9, width=became * reach, height=8, class_="now")
        + tag("text", text(told), x=_NAME + max(was, became) * reach + 8, y=y + 12, class_="tick")
    )


def _shares(counts: Sequence[int]) -> list[float]:
    total = max(sum(counts), 1)
    return [count / total for count in counts]


def _tick(x: float, name: str) -> str:
    anchor = "start" if x < _LEFT + 4 else "end" if x > WIDTH - _LEFT - 4 else "middle"
    return tag("text", text(name), x=x, y=_BASE + 17, text_anchor=anchor, class_="tick")


def _drawn(parts: Sequence[str], *, height: int = HEIGHT, axis: bool = True) -> str:
    base = tag("line", x1=_LEFT, x2=WIDTH - _LEFT, y1=_BASE, y2=_BASE, class_="axis") if axis else ""
    return tag("svg", *parts, base, viewBox=f"0 0 {WIDTH} {height}", role="img", class_="shape")
