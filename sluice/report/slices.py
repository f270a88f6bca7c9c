"""Which slices drifted, and in what? A row a slice, a column a feature: the worst look of each."""

from sluice.domain.evidence.finding import Verdict
from sluice.report.heat_map import legend
from sluice.report.markup import tag, text
from sluice.report.overview import Course, courses, slices_of
from sluice.report.sentence import change_name, in_words, size, told
from sluice.report.shade import shade
from sluice.report.story import Story

_MOST_TOLD = 12


def slices(story: Story) -> str:
    """The map of slices, and in words what drifted in slices alone."""
    by_slice = {name: courses(story, name) for name in slices_of(story)}
    whole = courses(story)
    names = [bins.name for bins in story.reference.binning.features]
    head = tag("tr", "<th></th>", *(tag("th", tag("span", text(name)), scope="col") for name in names))
    rows = [_row("all rows", whole), *(_row(name, every) for name, every in by_slice.items())]
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="slices")
    return tag(
        "section",
        tag("h2", "Slice by slice"),
        tag("p", text("Each slice beside its own past, at the look at which it was worst."), class_="hint"),
        tag("div", table, class_="wide", tabindex=0),
        legend(),
        _own(whole, by_slice),
        aria_label="Slices",
    )


def _row(name: str, every: list[Course]) -> str:
    by_place = {course.place: course for course in every}
    cells = [_cell(by_place[place]) for place in sorted(by_place)]
    return tag("tr", tag("th", text(name), scope="row"), *cells)


def _cell(course: Course) -> str:
    worst = course.worst
    return tag("td", tag("i", class_=shade(worst), title=told(worst), role="img", aria_label=told(worst)))


def _own(whole: list[Course], by_slice: dict[str, list[Course]]) -> str:
    drifted = {course.place for course in whole if course.has_drifted}
    own = [
        course.worst
        for every in by_slice.values()
        for course in every
        if course.has_drifted and course.place not in drifted and course.worst
    ]
    own = sorted((each for each in own if each.verdict is Verdict.FAIL), key=lambda each: -each.effect)
    if not own:
        return ""
    items = [
        tag(
            "li",
            tag("b", text(f"{each.feature} of {each.slice}")),
            text(f": {change_name(each)}, {size(each)}; {in_words(each)}"),
        )
        for each in own[:_MOST_TOLD]
    ]
    more = tag("li", text(f"and {len(own) - _MOST_TOLD} more")) if len(own) > _MOST_TOLD else ""
    return tag("p", "Drifted in slices alone:", class_="hint") + tag("ul", *items, more)
