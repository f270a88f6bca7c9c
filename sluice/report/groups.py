"""Are groups treated alike? A table for each sliced column, and in words the gaps that are certain."""

from collections.abc import Sequence

from sluice.domain.drift.fairness import LEAST_ROWS, BetweenGroups, Gap, Measure, Rate
from sluice.domain.drift.figures import number, share
from sluice.report.compared_groups import compared_groups
from sluice.report.markup import tag, text
from sluice.report.story import Story

_MOST_TOLD = 8
_PAIR = 2
_MOST_RATES = 8  # of a hundred classes those with the largest gaps


def groups(story: Story) -> str:
    """The section; nothing where there are no groups with answers."""
    found = compared_groups(story)
    if not found:
        return ""
    return tag(
        "section",
        tag("h2", "Between groups"),
        tag("p", text(_HINT), class_="hint"),
        *(_column(name, between) for name, between in found.items()),
        tag("p", text(_LIMITS), class_="hint"),
        aria_label="Between groups",
    )


_HINT = (
    "Each group beside all other groups of its column together, over all windows: its rate, and between how many "
    "percentage points it is above (+) or below (-) theirs. All intervals hold at once, about 95 times in 100; rows "
    "that depend on each other, as far as the reference shows it, are allowed for. Marked is what chance does not "
    "explain."
)
_LIMITS = (
    "A gap is not its cause, and where none is certain there may be one. Groups differ in how often the class is true "
    "of them (base rates): then a model without any fault predicts it more often for some, or errs more often. Which "
    "gap is unfair, a person decides. Groups are the slices that the reference knows."
)


def _column(name: str, between: BetweenGroups) -> str:
    told = [tag("li", tag("b", text(f"{name} {gap.group}")), text(f": {in_words(gap)}.")) for gap in _certain(between)]
    more = len(told) - _MOST_TOLD
    told = [*told[:_MOST_TOLD], tag("li", text(f"and {more} more"))] if more > 0 else told
    none = tag("p", text(f"No gap between the groups of {name} is certain.")) if between.gaps else ""
    return (
        tag("h3", text(name))
        + (tag("ul", *told) if told else none)
        + (tag("div", _table(between.gaps), class_="wide", tabindex=0) if between.gaps else "")
        + _too_few(between)
    )


def _certain(between: BetweenGroups) -> list[Gap]:
    """Of two groups each gap once: what one is above the other, the other is below."""
    certain = [gap for gap in between.gaps if gap.is_certain]
    groups_compared = {gap.group for gap in between.gaps} | {each.group for each in between.not_judged}
    return [gap for gap in certain if gap.low > 0] if len(groups_compared) == _PAIR else certain


def in_words(gap: Gap) -> str:
    """A gap as a sentence without its end."""
    least, most = sorted(100 * abs(bound) for bound in (gap.low, gap.high))
    way = "more" if gap.low > 0 else "fewer"
    what = _SENTENCES[gap.rate.measure].format(own=share(gap.own), of=gap.rate.of)
    return f"{what}, {share(gap.others)} in all others: {number(least)} to {number(most)} points {way}"


_SENTENCES = {
    Measure.SELECTION_RATE: "{own} of rows are predicted {of}",
    Measure.ERROR_RATE: "{own} of predictions are wrong",
    Measure.FALSE_POSITIVE_RATE: "{own} of the rows that are not {of} are predicted {of}",
    Measure.FALSE_NEGATIVE_RATE: "{own} of the rows that are {of} are not predicted {of}",
}
_HEADS = {
    Measure.SELECTION_RATE: "predicted {of}",
    Measure.ERROR_RATE: "wrong",
    Measure.FALSE_POSITIVE_RATE: "of those not {of}, predicted {of}",
    Measure.FALSE_NEGATIVE_RATE: "of those {of}, not predicted {of}",
}


def _table(gaps: Sequence[Gap]) -> str:
    shown = set(list(dict.fromkeys(gap.rate for gap in gaps))[:_MOST_RATES])
    rates = sorted(shown, key=lambda rate: (list(Measure).index(rate.measure), rate.of))
    by_place = {(gap.group, gap.rate): gap for gap in gaps}
    rows = {group: max(gap.rows for gap in gaps if gap.group == group) for group in (gap.group for gap in gaps)}
    head = tag(
        "tr", tag("th", "group"), tag("th", "rows"), *(tag("th", text(_head(rate)), scope="col") for rate in rates)
    )
    lines = [
        tag(
            "tr",
            tag("th", text(group), scope="row"),
            tag("td", text(f"{rows[group]:,}")),
            *(_cell(by_place.get((group, rate))) for rate in rates),
        )
        for group in sorted(rows, key=lambda group: (-rows[group], group))
    ]
    return tag("table", tag("thead", head), tag("tbody", *lines), class_="groups")


def _head(rate: Rate) -> str:
    return _HEADS[rate.measure].format(of=rate.of)


def _cell(gap: Gap | None) -> str:
    if gap is None:
        return tag("td", "-")
    interval = tag("small", text(f"{100 * gap.low:+.1f} to {100 * gap.high:+.1f}"))
    return tag("td", text(share(gap.own)), interval, class_="certain" if gap.is_certain else None)


def _too_few(between: BetweenGroups) -> str:
    few = dict.fromkeys(each.group for each in between.not_judged)
    if not few:
        return ""
    told = f"Not judged in every rate, as the group or all others have fewer than {LEAST_ROWS} rows for it: "
    return tag("p", text(f"{told}{', '.join(few)}."), class_="hint")
