from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sluice.domain.drift.binning import Binning, NumericBins, ScoreBins
from sluice.domain.drift.fairness import Measure
from sluice.domain.drift.outcomes import ClassOutcomes
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.sliced import Slice
from sluice.domain.drift.summary import Summary
from sluice.report.compared_groups import compared_groups
from sluice.report.groups import groups
from sluice.report.page import render
from sluice.report.story import Look, Story
from tests.unit.report.pages import Page
from tests.unit.report.stories import EVIL, a_story

ALIKE = [[500, 100], [100, 300]]
SELECTED_MORE = [[400, 200], [50, 350]]


def a_story_of(groups: Mapping[Slice, list[list[int]]], *, windows: int = 1) -> Story:
    """Labelled rows of two classes by label and by prediction, the same in each window."""
    story = a_story(1)
    binning, base = story.reference.binning, story.looks[0]
    assert isinstance(base.outcomes, ClassOutcomes)
    (bins,), (at,) = binning.scores, binning.scores_at
    summaries, outcomes = {}, {}
    for of, confusion in groups.items():
        counted, counts = np.array(confusion), np.zeros(binning.size, dtype=np.int64)
        counts[at.start], counts[at.start + bins.cells] = counted.sum(axis=0)
        summaries[of] = Summary(binning.id, int(counted.sum()), counts)
        outcomes[of] = ClassOutcomes(binning.id, counted, base.outcomes.scores, 0, 0)
    look = replace(base, slices=summaries, slice_outcomes=outcomes)
    return replace(story, looks=(look,) * windows)


def test_a_gap_that_is_certain_is_told_in_a_sentence() -> None:
    story = a_story_of({Slice("origin", name): ALIKE for name in "AB"} | {Slice("origin", "C"): SELECTED_MORE})

    page = Page(groups(story))

    assert "55 % of rows are predicted late, 40 % in all others" in page.text
    assert "of those not late, predicted late" in page.text
    assert "12.5 % of the rows that are late are not predicted late, 25 % in all others" in page.text
    assert "points fewer" in page.text
    assert "A gap is not its cause" in page.text
    assert [cell for cell in page.named("td") if cell.get("class") == "certain"]


def test_between_groups_that_are_alike_no_gap_is_certain() -> None:
    page = Page(groups(a_story_of({Slice("origin", name): ALIKE for name in "ABC"})))

    assert "No gap between the groups of origin is certain." in page.text
    assert not page.named("li")


def test_of_two_groups_each_gap_is_told_once() -> None:
    story = a_story_of({Slice("origin", "A"): ALIKE, Slice("origin", "B"): SELECTED_MORE})

    told = Page(groups(story)).named("li")

    certain = [gap for gap in compared_groups(story)["origin"].gaps if gap.is_certain]
    assert 2 * len(told) == len(certain) > 0


def test_the_windows_of_a_story_count_together() -> None:
    once, thrice = (
        compared_groups(a_story_of({Slice("origin", name): ALIKE for name in "AB"}, windows=windows))["origin"]
        for windows in (1, 3)
    )

    assert [gap.rows for gap in thrice.gaps] == [3 * gap.rows for gap in once.gaps]


def test_all_columns_share_the_error() -> None:
    one = {Slice("origin", "A"): ALIKE, Slice("origin", "B"): ALIKE}

    alone = compared_groups(a_story_of(one))["origin"].gaps[0]
    beside = compared_groups(a_story_of(one | {Slice("sex", "f"): ALIKE, Slice("sex", "m"): ALIKE}))["origin"].gaps[0]

    assert beside.low < alone.low
    assert beside.high > alone.high


def test_a_group_with_few_rows_is_named() -> None:
    few = [[10, 5], [5, 10]]
    story = a_story_of({Slice("origin", "A"): ALIKE, Slice("origin", "B"): ALIKE, Slice("origin", "few"): few})

    assert "fewer than 50 rows for it: few." in Page(groups(story)).text
    alone = Page(groups(a_story_of({Slice("origin", "A"): few, Slice("origin", "B"): few})))
    assert "fewer than 50 rows for it: A, B." in alone.text
    assert not alone.named("table")


def test_many_gaps_are_counted_and_names_are_no_markup() -> None:
    shifted = [[300, 300], [200, 200]]
    story = a_story_of({Slice(EVIL, f"{EVIL}{place}"): (ALIKE, shifted)[place % 2] for place in range(6)})

    page = Page(groups(story))

    assert "script" not in {tag for tag, _ in page.elements}
    assert len(page.named("li")) == 9
    assert " more" in page.texts[-1] or any(said.startswith("and ") for said in page.texts)


def test_of_many_classes_those_with_the_largest_gaps_have_a_place() -> None:
    names = tuple("abcdefghijkl")
    binning = Binning((NumericBins("x", (), 0.0, 0.0),), names, tuple(ScoreBins(name, ()) for name in names))

    def a_summary(predicted: list[int]) -> Summary:
        rows = sum(predicted)
        cells = [count for each in predicted for count in (rows - each, each)]
        before = [0] * (binning.size - len(cells))
        return Summary(binning.id, rows, np.array(before + cells, dtype=np.int64))

    even, uneven = a_summary([100] * 12), a_summary([10, 190, *[100] * 10])
    reference = Reference(binning, even, (None,), (a_story(1).reference.designs[0],))
    look = Look(None, None, even, slices={Slice("origin", "A"): even, Slice("origin", "B"): uneven})

    page = Page(groups(Story("many", reference, (look,), Rules())))

    heads = [attributes for attributes in page.named("th") if attributes.get("scope") == "col"]
    assert len(heads) == 8
    assert {"predicted a", "predicted b"} <= set(page.texts)


def test_a_story_without_groups_or_answers_has_no_such_section() -> None:
    assert "Between groups" in Page(render(a_story())).text
    assert "Between groups" not in Page(render(a_story(knows=""))).text
    assert "Between groups" not in Page(render(a_story(has_slices=False))).text


def test_without_labels_only_predictions_are_compared() -> None:
    (found,) = compared_groups(a_story(knows="answers")).values()

    assert {gap.rate.measure for gap in found.gaps} == {Measure.SELECTION_RATE}
