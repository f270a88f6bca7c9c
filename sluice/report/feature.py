"""What is there to say about each feature? A line, and behind it its shape and its numbers, then and now."""

from collections.abc import Sequence

from sluice.domain.drift import words
from sluice.domain.drift.binning import FeatureBins, NumericBins
from sluice.domain.drift.figures import number, share
from sluice.domain.drift.summary_form import feature_counts
from sluice.domain.drift.words import Counts
from sluice.report.heat_map import strip
from sluice.report.markup import tag, text
from sluice.report.overview import Course, bins_of, current
from sluice.report.sentence import capital, change_name, in_words, size
from sluice.report.shape import shape
from sluice.report.story import Story

_OPEN = 3  # of those that drifted


def features(story: Story, every: Sequence[Course]) -> str:
    """All of them, the worst first; the first few that drifted are open."""
    opened = [course.place for course in every if course.has_drifted][:_OPEN]
    return tag(
        "section",
        tag("h2", "Feature by feature"),
        tag("p", text("The worst first, each as it was when it was worst. Open a line for its shape."), class_="hint"),
        *(_feature(story, course, is_open=course.place in opened) for course in every),
        aria_label="Features",
    )


def _feature(story: Story, course: Course, *, is_open: bool) -> str:
    bins = bins_of(story, course)
    at = story.reference.binning.features_at[course.place]
    shown = current(story, course)
    before, now = (feature_counts(bins, summary.counts[at]) for summary in (shown.past, shown.summary))
    key = tag(
        "p",
        tag("span", tag("i", class_="swatch ref"), text(shown.past_name)),
        tag("span", tag("i", class_="swatch now"), text(f"{shown.name}: {shown.summary.rows:,} rows")),
        class_="legend",
    )
    body = tag(
        "div",
        tag("p", text(_sentence(course)), class_="words"),
        tag("div", shape(bins, before, now), key),
        _facts(bins, before, now, past_name=shown.past_name),
        class_="body",
    )
    return tag("details", _line(course, bins), body, id=f"feature-{course.place}", open=is_open)


def _line(course: Course, bins: FeatureBins) -> str:
    worst = course.worst
    if not course.has_drifted or worst is None:
        chip, effect, say = tag("span", "no drift", class_="chip"), "", ""
        if worst is None or worst.verdict.value == "inconclusive":
            chip = tag("span", "not judged", class_="chip")
    else:
        chip = tag("span", text(change_name(worst)), class_="chip bad")
        effect, say = size(worst), in_words(worst).rsplit(", in ", 1)[0]
    name = tag("b", text(bins.name))
    return tag(
        "summary",
        name,
        chip,
        strip(course),
        tag("span", text(effect), class_="size"),
        tag("span", text(say), class_="say"),
    )


def _sentence(course: Course) -> str:
    worst = course.worst
    if worst is None:
        return "Not judged in any window."
    many = len(course.findings)
    if not course.has_drifted or many == 1:
        return f"{capital(in_words(worst))}."
    when = f"First found in {course.first}, drifted at {course.windows_drifted:,} of {many:,} looks."
    return f"{capital(in_words(worst))}. {when}"


def _facts(bins: FeatureBins, before: Counts, now: Counts, *, past_name: str) -> str:
    head = tag("tr", *(tag("th", text(name), scope="col") for name in ("", past_name, "now")))
    of_values = _numeric(bins, before, now) if isinstance(bins, NumericBins) else [_unknown(before, now)]
    rows = [*of_values, *(_of_rows(slot, before, now) for slot in ("missing", "wrong_type"))]
    return tag("table", head, *(_fact(*row) for row in rows), class_="facts")


def _fact(name: str, was: str, became: str) -> str:
    return tag("tr", tag("th", text(name), scope="row"), tag("td", text(was)), tag("td", text(became)))


def _numeric(bins: NumericBins, before: Counts, now: Counts) -> list[tuple[str, str, str]]:
    places = {"upper quartile": 0.75, "median": 0.5, "lower quartile": 0.25}
    is_known = sum(before["counts"]) and sum(now["counts"])
    quantiles = [(name, words.quantile(bins, before, at), words.quantile(bins, now, at)) for name, at in places.items()]
    bounds = {"above": f"above {number(bins.high)}", "below": f"below {number(bins.low)}"}
    beyond = [(name, _part(before, slot), _part(now, slot)) for slot, name in bounds.items()]
    return [*(quantiles if is_known else ()), *beyond]


def _unknown(before: Counts, now: Counts) -> tuple[str, str, str]:
    was, became = (share(counts["counts"][-1] / max(sum(counts["counts"]), 1)) for counts in (before, now))
    return "unknown categories", was, became


def _of_rows(slot: str, before: Counts, now: Counts) -> tuple[str, str, str]:
    was, became = (
        share(counts[slot] / max(sum(counts["counts"]) + counts["missing"] + counts["wrong_type"], 1))
        for counts in (before, now)
    )
    return slot.replace("_", " "), was, became


def _part(counts: Counts, slot: str) -> str:
    return share(counts[slot] / max(sum(counts["counts"]), 1))
