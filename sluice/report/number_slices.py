"""How far off was a model that answers numbers in each slice, and how far there in the reference?"""

from functools import reduce
from operator import add

from sluice.domain.drift.figures import number
from sluice.domain.drift.number_outcomes import NumberOutcomes
from sluice.domain.drift.number_quality import NumberQuality, number_quality_of
from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.sliced import Slice
from sluice.report.markup import tag, text
from sluice.report.story import Story

_FEW = 50  # labels; fewer say little
_UNKNOWN = "-"
_NAMES = ("slice", "mean absolute error", "in the reference", "bias", "in the reference", "within tolerance", "labels")
_HINT = (
    "Over all windows; those whose mean absolute error has grown most come first, and behind them those of which the "
    f"reference has no labels. Slices with fewer than {_FEW} labels are left out."
)


def number_slices(story: Story) -> str:
    """A table; nothing where no slice has labels enough."""
    found = {of: quality for of, quality in _qualities(story).items() if quality.rows >= _FEW}
    if not found:
        return ""
    then = {of: _quality(story, outcomes) for of, outcomes in story.slice_outcomes.items()}
    worst = sorted(found, key=lambda of: (*_badness(found[of], then.get(of)), of))
    head = tag("tr", *(tag("th", text(name), scope="col") for name in _NAMES))
    lines = [_line(of, found[of], then.get(of)) for of in worst]
    table = tag("table", tag("thead", head), tag("tbody", *lines), class_="groups")
    return tag("h3", "By slice") + tag("p", text(_HINT), class_="hint") + tag("div", table, class_="wide", tabindex=0)


def _qualities(story: Story) -> dict[Slice, NumberQuality]:
    parts: dict[Slice, list[Outcomes]] = {}
    for look in story.looks:
        for of, outcomes in look.slice_outcomes.items():
            parts.setdefault(of, []).append(outcomes)
    measured = {of: _quality(story, reduce(add, each)) for of, each in parts.items()}
    return {of: quality for of, quality in measured.items() if quality}


def _quality(story: Story, outcomes: Outcomes) -> NumberQuality | None:
    tolerance = story.reference.binning.tolerance
    if tolerance is None or not isinstance(outcomes, NumberOutcomes):
        return None
    return number_quality_of(tolerance, outcomes)


def _badness(now: NumberQuality, then: NumberQuality | None) -> tuple[bool, float]:
    return then is None, -(now.mean_absolute_error - (then.mean_absolute_error if then else 0.0))


def _line(of: Slice, now: NumberQuality, then: NumberQuality | None) -> str:
    cells = [
        number(now.mean_absolute_error),
        number(then.mean_absolute_error) if then else _UNKNOWN,
        number(now.bias),
        number(then.bias) if then else _UNKNOWN,
        f"{100 * now.accuracy:.1f} %",
        f"{now.rows:,}",
    ]
    return tag("tr", tag("th", text(str(of)), scope="row"), *(tag("td", text(cell)) for cell in cells))
