"""How is a story told on a page? One HTML file: no script, no font, no picture from elsewhere."""

from collections.abc import Sequence

from sluice.domain.evidence.finding import Verdict
from sluice.report.chart import key
from sluice.report.feature import features
from sluice.report.groups import groups
from sluice.report.heat_map import heat_map
from sluice.report.losses import losses
from sluice.report.markup import tag, text
from sluice.report.number_performance import number_performance
from sluice.report.overview import Course, courses, drifted_windows, slices_of, twice, worst_of
from sluice.report.performance import MARKS, Performance, charts, performances, reference_quality
from sluice.report.sentence import capital, headline, in_words, period
from sluice.report.slices import slices
from sluice.report.story import Story
from sluice.report.style import STYLE


def render(story: Story) -> str:
    """The page."""
    every = courses(story)
    body = [
        _header(story, every),
        tag(
            "section",
            tag("h2", "What drifted when"),
            tag("p", text(_MAP), class_="hint"),
            heat_map(story, every),
            aria_label="Heat map",
        ),
        _twice(story),
        features(story, every),
        slices(story) if slices_of(story) else "",
        _performance(story),
        number_performance(story),
        losses(story),
        groups(story),
        _rules(story),
    ]
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        tag("title", text(f"{story.title}: drift")),
        tag("style", STYLE),
    ]
    page = tag("html", tag("head", *head), tag("body", tag("main", *body)), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


_MAP = (
    "Each column is the look at the end of one window: it judges that window, and the last 2, 4, 8 … together. "
    "The stronger the colour, the further from the reference; a name leads to its details."
)


def _twice(story: Story) -> str:
    """What is known of rows that come twice, at the look at which most did; nothing where that was not judged."""
    found = twice(story)
    if found is None or found.verdict is Verdict.INCONCLUSIVE:
        return ""
    reason = capital(in_words(found))
    return tag("section", tag("h2", "Rows that come twice"), tag("p", text(f"{reason}.")), aria_label="Duplicates")


def _header(story: Story, every: Sequence[Course]) -> str:
    found = worst_of(story)
    bad = any(each.verdict is Verdict.FAIL for each in found)
    return tag(
        "header",
        tag("p", text("Sluice · drift"), class_="brand"),
        tag("h1", text(story.title)),
        tag("p", text(period(story)), class_="sub"),
        tag("p", text(headline(story, found)), class_=f"verdict {'bad' if bad else ''}".strip(), role="status"),
        tag("dl", *_tiles(story, every), class_="tiles"),
    )


def _tiles(story: Story, every: Sequence[Course]) -> list[str]:
    windows = len(story.looks)
    drifted = sum(course.has_drifted for course in every)
    tiles = [_tile("features drifted", str(drifted), f"of {len(every)}")]
    if windows > 1:
        tiles.append(_tile("windows with drift", f"{sum(drifted_windows(every, windows)):,}", f"of {windows:,}"))
    if many := len(slices_of(story)):
        own = {each.slice for each in worst_of(story) if each.slice and each.verdict is Verdict.FAIL}
        tiles.append(_tile("slices drifted", str(len(own)), f"of {many}"))
    tiles.append(_tile("rows", f"{sum(look.summary.rows for look in story.looks):,}", "looked at"))
    earlier = sum(look.past.rows for look in story.looks if look.past is not None)
    past = ("earlier weeks", earlier) if story.by_week else ("reference", story.reference.summary.rows)
    return [*tiles, _tile(past[0], f"{past[1]:,}", "rows")]


def _tile(name: str, value: str, beside: str) -> str:
    return tag("div", tag("dt", text(name)), tag("dd", text(value), " ", tag("small", text(beside))))


def _performance(story: Story) -> str:
    found = performances(story)
    if not found:
        return ""
    was = reference_quality(story)
    in_reference = f" In the reference: accuracy {was.accuracy:.3f}, AUC {was.auc:.3f}." if was and was.auc else ""
    return tag(
        "section",
        tag("h2", "How well the model did"),
        tag("p", text(_PERFORMANCE + in_reference), class_="hint"),
        tag("div", charts(story, found), class_="charts"),
        key(MARKS),
        tag(
            "details",
            tag("summary", tag("b", "As numbers"), class_="plain"),
            tag("div", tag("table", _NUMBERS_HEAD, *map(_numbers, found)), class_="wide"),
        ),
        aria_label="Performance",
    )


_PERFORMANCE = (
    "Without labels, calibrated scores say how many answers are right (CBPE). That sees what other inputs do; where "
    "the same input has come to mean something else, only labels tell: watch for dots that leave the line."
)
_NOTHING = "-"
_NUMBERS_HEAD = tag(
    "tr",
    *(
        tag("th", text(name), scope="col")
        for name in ("window", "accuracy, estimated", "measured", "AUC, estimated", "measured", "labels")
    ),
)


def _numbers(each: Performance) -> str:
    estimated, measured = each.estimated, each.measured
    cells = [
        estimated and estimated.accuracy,
        measured and measured.accuracy,
        estimated and estimated.auc,
        measured and measured.auc,
    ]
    shown = [tag("td", text(_NOTHING if value is None else f"{value:.3f}")) for value in cells]
    rows = tag("td", text(f"{measured.rows:,}" if measured else _NOTHING))
    return tag("tr", tag("th", text(each.span), scope="row"), *shown, rows)


def _rules(story: Story) -> str:
    rules = story.rules
    alarms = f"at most {rules.false_alarms_per_30_days:g} in {rules.looks_per_30_days:,.0f} looks of 30 days"
    lines = {
        **story.facts,
        "false alarms": alarms,
        "judged together": f"the last {', '.join(str(1 << level) for level in range(rules.levels))} windows",
        "too small to tell": f"an effect under {rules.least_effect**0.5:.2g}",
        "fewest rows": f"{rules.min_rows:,}",
    }
    listed = "".join(tag("dt", text(name)) + tag("dd", text(value)) for name, value in lines.items())
    notes = tag("ul", *(tag("li", text(note)) for note in story.notes)) if story.notes else ""
    return tag(
        "section",
        tag("h2", "How it was judged"),
        tag("p", text(_RULES + (_WEEKS if story.by_week else _SEASON)), class_="hint"),
        tag("dl", listed, class_="rules"),
        notes,
        aria_label="Rules",
    )


_RULES = (
    "Rows are counted in the reference's bins. Smooth tests look at location, spread and shape, a chi-square at single "
    "cells, exact tests at what is missing or out of range; all allow for rows that depend on each other. The features "
    "and slices of a look share its error (Benjamini and Hochberg). A share of values is of those that lie elsewhere "
    "than in the reference. Colours show the effect, Cohen's w: a small move by so many standard deviations is about "
    "that."
)
_SEASON = " Season is drift: a reference of spring finds every summer."
_WEEKS = (
    " Beside the same hours of earlier weeks nights, weekends and a season that comes slowly are no drift; nor is "
    "anything else that takes longer than a week to come."
)
