import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from sluice.domain.drift.binning import CategoricalBins, NumericBins
from sluice.domain.drift.finding import Change, DriftFinding
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summary import Summary, empty
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.loss import Loss
from sluice.report.overview import courses, current, slices_of, worst_of
from sluice.report.page import render
from sluice.report.rows_line import rows_line
from sluice.report.sentence import CHANGES, headline, in_words, told
from sluice.report.shade import shade
from sluice.report.shape import shape
from sluice.report.spans import amount, length, spans
from sluice.report.story import Look, Story
from tests.unit.report.pages import Page
from tests.unit.report.stories import EVIL, a_bad_story, a_reference, a_story, a_story_of_numbers

LINKS = {"href", "src", "srcset", "action", "data", "poster", "style", "xlink:href"}

STORIES = {
    "bad": a_bad_story(),
    "quiet": a_story(),
    "one window": a_bad_story(windows=1),
    "rows": a_story(is_timed=False),
    "no slices": a_bad_story(has_slices=False),
    "no answers": a_story(knows=""),
    "no labels": a_story(knows="answers"),
    "many windows": a_story(70, has_slices=False),
    "mischief": a_bad_story(name=EVIL),
    "numbers": a_story_of_numbers(0.0, 0.0, 6.0),
    "lost": replace(a_story(1), losses={f"carrier {EVIL}": Loss(datetime(2026, 11, 21, tzinfo=UTC), EVIL, 0.3, 400)}),
}


@pytest.mark.parametrize("name", STORIES)
def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere(name: str) -> None:
    markup = render(STORIES[name])

    page = Page(markup)

    assert markup.startswith("<!DOCTYPE html>")
    assert not {tag for tag, _ in page.elements} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
    }
    for tag, attributes in page.elements:
        for attribute in LINKS & attributes.keys():
            assert (attributes[attribute] or "").startswith("#"), (tag, attribute)
        assert not [attribute for attribute in attributes if attribute.startswith("on")]
    style = "".join(re.findall(r"<style>(.*?)</style>", markup, re.DOTALL))
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("name", STORIES)
def test_every_link_leads_to_a_feature_of_the_page(name: str) -> None:
    page = Page(render(STORIES[name]))
    there = [attributes["id"] for _, attributes in page.elements if "id" in attributes]

    led = [(attributes["href"] or "")[1:] for attributes in page.named("a")]

    assert len(set(there)) == len(there)
    assert sorted(map(str, there)) == sorted(led)


def test_the_same_story_is_told_in_the_same_bytes() -> None:
    assert render(a_bad_story()) == render(a_bad_story())


def test_a_bad_story_says_what_drifted_first() -> None:
    story = a_bad_story()
    page = Page(render(story))

    assert headline(story, worst_of(story)) in page.text
    for finding in worst_of(story):
        if finding.verdict is Verdict.FAIL and not finding.slice:
            assert finding.feature in page.text
    assert "frozen" in page.text
    opened = [attributes for attributes in page.named("details") if "open" in attributes]
    assert len(opened) == 3


def test_a_quiet_story_opens_nothing_and_says_so() -> None:
    page = Page(render(a_story()))

    assert "No drift found in 6 features." in page.text
    assert [attributes for attributes in page.named("details") if "open" in attributes] == []


def test_the_map_has_a_cell_for_each_feature_and_window_that_says_what_it_means() -> None:
    story = a_bad_story()
    markup = render(story)
    features, windows = len(story.reference.binning.features), len(story.looks)

    every = re.findall(r"<rect[^>]*><title>(\d{4}[^<]*)</title>", markup)
    rows, hints = every[:windows], every[windows:]

    assert rows == [f"2013-06-01 0{window}:00: 300 rows" for window in range(windows)]
    assert len(hints) == features * windows
    assert any("moved" in hint for hint in hints)
    assert "no drift found" in " ".join(hints)


def test_estimates_and_measurements_stand_in_charts_and_as_numbers() -> None:
    page = Page(render(a_story()))

    assert "How well the model did" in page.text
    assert len([1 for attributes in page.named("circle") if attributes.get("class") == "dot"]) == 2 * 4
    assert "How well the model did" not in Page(render(a_story(knows=""))).text
    assert not Page(render(a_story(knows="answers"))).named("circle")


def test_a_single_window_is_a_point_in_the_charts() -> None:
    marks = [attributes.get("class") for attributes in Page(render(a_story(1))).named("rect")]

    assert marks.count("line-mark") == 2


def test_slices_have_a_map_of_their_own() -> None:
    page = Page(render(a_bad_story()))

    assert "Slice by slice" in page.text
    assert "carrier WN" in page.text
    assert "Slice by slice" not in Page(render(a_bad_story(has_slices=False))).text


def test_drift_of_slices_alone_is_told_in_words() -> None:
    rows = 3000
    story = a_story()
    slice_ = slices_of(story)[0]
    finding = DriftFinding(
        "temp",
        story.reference.binning.features[0].role,
        slice_,
        Verdict.FAIL,
        Change.LOCATION,
        f"temp of {slice_}: median moved from 1 to 2, in {rows} rows of the last window",
        0.0,
        1.0,
        1,
        rows,
    )
    findings = [each for each in story.looks[-1].findings if (each.feature, each.slice) != ("temp", slice_)]
    look = Look(story.looks[-1].start, story.looks[-1].end, story.looks[-1].summary, (finding, *findings))
    changed = Story(story.title, story.reference, (*story.looks[:-1], look), story.rules)

    assert "Drifted in slices alone" in Page(render(changed)).text
    assert headline(changed, worst_of(changed)).startswith("No drift found in 6 features of all rows, but in slices")
    assert "slices drifted" in Page(render(changed)).text


def test_windows_without_rows_and_stories_without_findings_are_shown_as_such() -> None:
    reference = a_reference().whole
    nothing = empty(reference.binning)
    story = Story("empty", reference, (Look(None, None, nothing), Look(None, None, nothing)), Rules())

    page = Page(render(story))

    assert "not judged" in page.text
    assert [attributes.get("class") for attributes in page.named("rect")].count("none") == 2
    assert page.text.count(": no rows") == 2
    assert spans(story.looks) == ["after row 0", "after row 0"]
    assert worst_of(story) == []


def test_a_story_has_a_window() -> None:
    with pytest.raises(ValueError, match="at least one window"):
        Story("none", a_reference().whole, (), Rules())


def test_a_drift_is_shown_with_the_windows_that_tell_it_best() -> None:
    story = a_bad_story()
    by_place = {course.place: course for course in courses(story)}

    assert current(story, by_place[0]).summary.rows == 300
    assert current(story, by_place[0]).name == "2013-06-01 03:00"
    weeks = next(course for course in courses(story) if course.worst and course.worst.verdict is Verdict.PASS)
    assert current(story, weeks).name == "all windows"


def test_a_drift_of_several_windows_is_named_by_the_first_of_them() -> None:
    slow = a_story(8, has_slices=False, knows="")
    look = slow.looks[-1]
    found = tuple(
        DriftFinding("temp", f.role, "", Verdict.FAIL, Change.SPREAD, "temp: wider", 0.0, 0.1, 4, 1200)
        if f.feature == "temp"
        else f
        for f in look.findings
    )
    story = Story(
        "slow", slow.reference, (*slow.looks[:-1], Look(look.start, look.end, look.summary, found)), slow.rules
    )

    shown = current(story, next(course for course in courses(story) if course.place == 0))

    assert (shown.name, shown.summary.rows) == ("the 4 windows from 2013-06-01 04:00", 1200)


def test_beside_earlier_weeks_a_feature_is_shown_with_those() -> None:
    story = a_bad_story(has_slices=False)
    weeks = replace(story, looks=tuple(replace(look, past=look.summary) for look in story.looks))
    first_week = replace(weeks, looks=(*weeks.looks[:-1], story.looks[-1]))
    by_place = {course.place: course for course in courses(story)}
    quiet = next(course for course in courses(story) if not course.has_drifted)

    shown = [current(each, by_place[0]) for each in (story, weeks, first_week)]

    assert [each.past_name for each in shown] == ["reference", "earlier weeks", "reference"]
    assert shown[1].past == story.looks[-1].summary
    assert shown[2].past == story.reference.summary
    assert current(weeks, quiet).past.rows == 1200
    page = Page(render(weeks)).text
    assert ("Beside the same hours of earlier weeks" in page, "Season is drift" in page) == (True, False)
    assert "earlier weeks 1,200 rows" in " ".join(page.split())
    assert "Season is drift" in Page(render(story)).text


def test_of_numbers_it_is_shown_how_far_off_they_are_and_which_way() -> None:
    said = Page(render(STORIES["numbers"])).text

    assert "off by no more than 5. There: mean absolute error 2.4, bias 0.0772." in said
    assert "rows 601 to 900: 6." in said
    assert "Accuracy" not in said
    for measure in ("Mean absolute error", "Bias"):
        assert measure in said


def test_windows_with_few_labels_of_numbers_are_left_out_and_without_any_the_section_is() -> None:
    assert "How far off the model was" not in render(a_story_of_numbers(0.0, labelled=49))
    assert "50 labelled rows" in render(a_story_of_numbers(0.0, labelled=50))


def test_numbers_without_a_past_are_shown_alone() -> None:
    story = STORIES["numbers"]

    said = Page(render(replace(story, reference=replace(story.reference, outcomes=None)))).text

    assert "off by no more than 5." in said
    assert "There: mean" not in said


@pytest.mark.parametrize("hours", [1, 24])
def test_windows_are_named_by_when_they_begin(hours: int) -> None:
    start = datetime(2013, 6, 1, tzinfo=UTC)
    look = Look(start, start + timedelta(hours=hours), empty(a_reference().whole.binning))

    assert spans([look]) == ["2013-06-01 00:00" if hours == 1 else "2013-06-01"]
    assert length([look]) == amount(timedelta(hours=hours))


def test_windows_of_rows_are_named_by_their_rows() -> None:
    story = a_story(is_timed=False)

    assert spans(story.looks)[:2] == ["rows 1 to 300", "rows 301 to 600"]
    assert length(story.looks) == "300 rows"


def test_every_change_has_a_name_and_every_verdict_a_shade() -> None:
    assert CHANGES.keys() == set(Change)
    finding = worst_of(a_bad_story())[0]
    shades = {
        verdict: shade(DriftFinding(**{**_fields(finding), "verdict": verdict, "effect": effect}))
        for verdict, effect in (
            (Verdict.FAIL, 9.0),
            (Verdict.PASS, 0.0),
            (Verdict.ERROR, 0.0),
            (Verdict.INCONCLUSIVE, 0.0),
        )
    }
    assert shades == {Verdict.FAIL: "s5", Verdict.PASS: "q", Verdict.ERROR: "e", Verdict.INCONCLUSIVE: "u"}
    assert (shade(None), told(None)) == ("u", "not judged")


def test_a_line_of_rows_is_as_high_as_the_most_and_shows_the_fewest() -> None:
    binning = a_reference().whole.binning
    looks = tuple(Look(None, None, Summary(binning.id, rows, empty(binning).counts)) for rows in (1, 0, 1000, 500))

    bars = Page(rows_line(looks, x=0.0, y=0.0, cell=10.0, height=20.0)).named("rect")

    assert [(bar["class"], bar["height"]) for bar in bars] == [
        ("rows", "2"),
        ("none", "20"),
        ("rows", "20"),
        ("rows", "10"),
    ]


def test_words_do_not_repeat_what_stands_beside_them() -> None:
    finding = next(each for each in worst_of(a_bad_story()) if each.feature == "temp" and not each.slice)

    assert f" ({finding.size})" in finding.reason
    assert finding.size not in in_words(finding)
    assert not in_words(finding).startswith("temp")


@pytest.mark.parametrize(
    "bins",
    [
        NumericBins("x", (), 3.0, 3.0),
        NumericBins("x", (0.0,), 0.0, 5.0),
        NumericBins("x", (1.0, 2.0, 3.0), 1.0, 4.0),
        NumericBins("x", tuple(map(float, range(12))), -1.0, 12.0),
        NumericBins("x", tuple(map(float, range(31))), -1e9, 1e9),
        NumericBins("x", tuple(np.geomspace(1e-300, 1e300, 31).tolist()), 0.0, 1e308),
        CategoricalBins("x", ()),
        CategoricalBins("x", tuple(f"name {place}" for place in range(40))),
    ],
)
@pytest.mark.parametrize("now", ["same", "none", "last", "first"])
def test_every_shape_is_drawn_within_its_picture(bins: Any, now: str) -> None:
    cells = np.full(bins.cells, 10)
    counts = {"same": cells, "none": 0 * cells, "last": cells * (np.arange(bins.cells) == bins.cells - 1)}
    became = counts.get(now, cells * (np.arange(bins.cells) == 0)).tolist()
    beside = dict.fromkeys(bins.slots, 0)
    far = {"above": became[-1]} if isinstance(bins, NumericBins) else {}

    drawn = shape(bins, {"counts": cells.tolist(), **beside}, {"counts": became, **beside, **far})

    page = Page(drawn)
    _, _, width, height = map(float, (page.named("svg")[0]["viewbox"] or "").split())
    for rect in page.named("rect"):
        x, y, wide, high = (float(rect[name] or "nan") for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height
    for path in page.named("path"):
        numbers = list(map(float, re.findall(r"-?[\d.]+", path["d"] or "")))
        assert all(0 <= value <= width for value in numbers)
    assert "nan" not in drawn


def _fields(finding: DriftFinding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in DriftFinding.__dataclass_fields__}
