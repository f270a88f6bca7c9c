from math import isclose
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.binning import Binning, NumericBins, ScoreBins
from sluice.domain.drift.fairness import (
    BetweenGroups,
    Gap,
    Group,
    Measure,
    Rate,
    Share,
    between_groups,
    difference_interval,
)
from sluice.domain.drift.outcomes import ClassOutcomes, no_outcomes
from sluice.domain.drift.summary import Summary, empty
from sluice.domain.errors import ReferenceMismatch

TEMP = NumericBins("temp", (), 0.0, 0.0)
TWO = Binning((TEMP,), ("on_time", "late"), (ScoreBins("late", (0.5,)),))
THREE = Binning((TEMP,), ("a", "b", "c"), tuple(ScoreBins(name, ()) for name in "abc"))
SELECTED = Rate(Measure.SELECTION_RATE, "late")
WRONG = Rate(Measure.ERROR_RATE)
FALSE_POSITIVES = Rate(Measure.FALSE_POSITIVE_RATE, "late")
FALSE_NEGATIVES = Rate(Measure.FALSE_NEGATIVE_RATE, "late")
Z = NormalDist().inv_cdf(0.975)


def selecting(hits: int, rows: int, binning: Binning = TWO) -> Summary:
    """Rows for which the first scored class was predicted, and others for which it was not."""
    counts = np.zeros(binning.size, dtype=np.int64)
    first = binning.scores_at[0]
    width = (first.stop - first.start) // 2
    counts[first.start] = rows - hits
    counts[first.start + width] = hits
    return Summary(binning.id, rows, counts)


def compared(confusion: list[list[int]], binning: Binning = TWO) -> ClassOutcomes:
    """Rows by label and by predicted class."""
    return ClassOutcomes(binning.id, np.array(confusion), no_outcomes(binning).scores, 0, 0)


def a_group(confusion: list[list[int]]) -> Group:
    counts = np.array(confusion)
    return Group(selecting(int(counts[:, 1].sum()), int(counts.sum())), compared(confusion))


def gaps_by(between: BetweenGroups) -> dict[tuple[str, Rate], Gap]:
    return {(gap.group, gap.rate): gap for gap in between.gaps}


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
        (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
        (Share(5, 56), Share(0, 29), -0.0381, 0.1926),
        (Share(0, 10), Share(0, 20), -0.1611, 0.2775),
        (Share(10, 10), Share(0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_is_that_of_newcombes_table(one: Share, other: Share, low: float, high: float) -> None:
    assert difference_interval(one, other, z=Z) == pytest.approx((low, high), abs=6e-5)


def test_each_rate_of_two_classes_is_compared_with_all_other_groups_together() -> None:
    groups = {
        "A": a_group([[80, 20], [10, 90]]),
        "B": a_group([[50, 50], [50, 50]]),
        "C": a_group([[90, 10], [0, 100]]),
    }

    found = gaps_by(between_groups(TWO, groups))

    assert len(found) == 3 * 4
    assert (found["A", SELECTED].own, found["A", SELECTED].others) == (110 / 200, 210 / 400)
    assert (found["A", WRONG].own, found["A", WRONG].others) == (30 / 200, 110 / 400)
    assert (found["A", FALSE_POSITIVES].own, found["A", FALSE_POSITIVES].others) == (20 / 100, 60 / 200)
    assert (found["A", FALSE_NEGATIVES].own, found["A", FALSE_NEGATIVES].others) == (10 / 100, 50 / 200)
    assert found["A", FALSE_NEGATIVES].rows == 100


def test_the_largest_gap_that_is_certain_comes_first() -> None:
    far_but_few, near_but_many = Group(selecting(20, 50)), Group(selecting(3_500, 10_000))
    groups = {"few": far_but_few, "many": near_but_many, "rest": Group(selecting(6_000, 20_000))}

    gaps = between_groups(TWO, groups).gaps

    assert [gap.group for gap in gaps] == ["rest", "many", "few"]
    assert [gap.is_certain for gap in gaps] == [True, True, False]
    assert abs(gaps[-1].difference) > abs(gaps[0].difference)


def test_a_group_with_few_rows_is_named_as_not_judged() -> None:
    groups = {"A": Group(selecting(30, 100)), "B": Group(selecting(9, 49)), "C": Group(selecting(40, 100))}

    found = between_groups(TWO, groups)

    assert {gap.group for gap in found.gaps} == {"A", "C"}
    assert [each.to_dict() for each in found.not_judged] == [
        {"group": "B", "measure": "selection_rate", "class": "late", "rows": 49}
    ]


def test_beside_few_others_nothing_is_judged() -> None:
    found = between_groups(TWO, {"A": Group(selecting(30, 100)), "B": Group(selecting(9, 49))})

    assert not found.gaps
    assert [each.group for each in found.not_judged] == ["A", "B"]


def test_labels_of_some_groups_are_compared_among_these() -> None:
    known = a_group([[60, 40], [20, 80]])
    groups = {"A": known, "B": known, "C": Group(selecting(120, 200))}

    found = between_groups(TWO, groups)

    assert {gap.group for gap in found.gaps if gap.rate == WRONG} == {"A", "B"}
    assert {(each.group, each.rows) for each in found.not_judged} == {("C", 0)}


def test_without_answers_or_groups_nothing_is_said() -> None:
    for groups in ({}, {"A": Group(empty(TWO)), "B": Group(empty(TWO))}):
        assert between_groups(TWO, groups) == BetweenGroups((), ())


def test_of_three_classes_each_has_a_selection_rate_and_all_one_error_rate() -> None:
    confusion = [[50, 0, 10], [0, 50, 0], [0, 0, 50]]
    group = Group(selecting(50, 160, THREE), compared(confusion, THREE))

    found = between_groups(THREE, {"A": group, "B": group})

    assert {gap.rate for gap in found.gaps} == {Rate(Measure.SELECTION_RATE, "a"), WRONG}
    assert found.gaps[0].to_dict().keys() == {
        *("group", "measure", "class", "rows", "rate", "others", "difference", "low", "high", "is_certain")
    }
    assert BetweenGroups(found.gaps, ()).to_dict()["not_judged"] == []


def test_counts_of_other_bins_are_refused() -> None:
    with pytest.raises(ReferenceMismatch):
        between_groups(TWO, {"A": Group(empty(THREE))})
    with pytest.raises(ReferenceMismatch):
        between_groups(TWO, {"A": Group(empty(TWO), no_outcomes(THREE))})


def test_rows_that_depend_on_each_other_say_less() -> None:
    groups = {"A": Group(selecting(300, 1_000)), "B": Group(selecting(360, 1_000))}

    independent, dependent = (between_groups(TWO, groups, design_effect=effect).gaps[0] for effect in (1, 4))

    assert independent.is_certain
    assert not dependent.is_certain
    quarter = difference_interval(Share(75, 250), Share(90, 250), z=Z)
    assert (dependent.low, dependent.high) in {quarter, (-quarter[1], -quarter[0])}


def test_of_two_groups_each_gap_is_one_comparison_of_three_it_is_three() -> None:
    share = Share(30, 100)
    groups = {name: Group(selecting(*share)) for name in "ABC"}

    two = between_groups(TWO, {name: groups[name] for name in "AB"}, error=0.06).gaps[0]
    three = between_groups(TWO, groups, error=0.06).gaps[0]

    level = NormalDist().inv_cdf
    assert (two.low, two.high) == difference_interval(share, share, z=level(1 - 0.03))
    assert (three.low, three.high) == difference_interval(share, Share(60, 200), z=level(1 - 0.01))


cells = st.lists(st.integers(0, 400), min_size=4, max_size=4).map(lambda four: [four[:2], four[2:]])


@settings(max_examples=60, deadline=None)
@given(cells, cells)
def test_swapping_two_groups_flips_the_signs_of_their_gaps(one: list[list[int]], other: list[list[int]]) -> None:
    found = gaps_by(between_groups(TWO, {"A": a_group(one), "B": a_group(other)}))
    swapped = gaps_by(between_groups(TWO, {"A": a_group(other), "B": a_group(one)}))

    for (group, rate), gap in found.items():
        assert (swapped[group, rate].low, swapped[group, rate].high) == pytest.approx((-gap.high, -gap.low))
        assert isclose(swapped[group, rate].difference, -gap.difference)


@settings(max_examples=60, deadline=None)
@given(cells, st.integers(2, 6))
def test_between_equal_groups_every_interval_holds_nothing(confusion: list[list[int]], many: int) -> None:
    found = between_groups(TWO, {str(place): a_group(confusion) for place in range(many)})

    assert all(gap.low <= 0 <= gap.high and not gap.is_certain for gap in found.gaps)


@settings(max_examples=60, deadline=None)
@given(cells, cells, cells)
def test_intervals_hold_what_was_seen_and_lie_within_a_whole(
    one: list[list[int]], two: list[list[int]], three: list[list[int]]
) -> None:
    found = between_groups(TWO, {"A": a_group(one), "B": a_group(two), "C": a_group(three)})

    for gap in found.gaps:
        assert -1 - 1e-9 <= gap.low <= gap.difference + 1e-9
        assert gap.difference - 1e-9 <= gap.high <= 1 + 1e-9


@pytest.mark.parametrize(("rates", "rows"), [((0.3, 0.3, 0.3), (60, 200, 900)), ((0.05, 0.2, 0.4), (150, 80, 400))])
def test_all_intervals_together_hold_the_truth_nineteen_times_in_twenty(
    rates: tuple[float, ...], rows: tuple[int, ...]
) -> None:
    generator = np.random.default_rng(7)
    everything = sum(rate * n for rate, n in zip(rates, rows, strict=True))
    truth = [rate - (everything - rate * n) / (sum(rows) - n) for rate, n in zip(rates, rows, strict=True)]
    tries, held = 1_500, 0

    for _ in range(tries):
        drawn = generator.binomial(rows, rates).tolist()
        groups = {
            str(place): Group(selecting(hits, n)) for place, (hits, n) in enumerate(zip(drawn, rows, strict=True))
        }
        gaps = between_groups(TWO, groups).gaps
        held += all(gap.low <= truth[int(gap.group)] <= gap.high for gap in gaps)

    assert 0.94 <= held / tries <= 0.99
