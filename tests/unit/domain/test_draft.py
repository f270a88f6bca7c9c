from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.draft import Draft, Pick, Team, Winner, counted_as, interleave, is_of_drafts

rankings = st.lists(st.integers(0, 7), max_size=12)


def draft_of(picks: tuple[Pick, ...]) -> Draft:
    return Draft(tuple(pick.team for pick in picks))


def test_a_draft_is_the_same_for_the_same_prediction() -> None:
    drafts = {interleave(range(6), range(5, -1, -1), prediction_id="p-1", length=4) for _ in range(3)}

    assert len(drafts) == 1


def test_drafts_of_the_first_predictions_stay_as_they_are_for_ever() -> None:
    drafts = [interleave([0, 1, 2, 3], [2, 3, 0, 1], prediction_id=f"p-{n}", length=4) for n in range(3)]

    assert [[pick.row for pick in draft] for draft in drafts] == [[2, 0, 3, 1], [2, 0, 3, 1], [2, 0, 1, 3]]
    assert [draft_of(draft).encode() for draft in drafts] == ["TCTC", "TCTC", "TCCT"]


@settings(max_examples=100, deadline=None)
@given(rankings, rankings, st.integers(0, 10), st.text(max_size=8))
def test_every_draft_is_fair(control: list[int], treatment: list[int], length: int, prediction_id: str) -> None:
    picks = interleave(control, treatment, prediction_id=prediction_id, length=length)

    rows, teams = [pick.row for pick in picks], Counter(pick.team for pick in picks)
    assert len(rows) == len(set(rows)) == min(length, len({*control, *treatment}))
    assert abs(teams[Team.CONTROL] - teams[Team.TREATMENT]) <= 1
    for team, ranking in ((Team.CONTROL, control), (Team.TREATMENT, treatment)):
        own = [ranking.index(pick.row) for pick in picks if pick.team is team]
        assert own == sorted(own)


def test_each_ranker_opens_half_of_the_lists() -> None:
    openers = Counter(interleave([0, 1], [1, 0], prediction_id=f"p-{n}", length=2)[0].team for n in range(2000))

    assert openers[Team.CONTROL] == pytest.approx(1000, abs=70)


def test_equal_rankers_win_equally_often_whatever_people_click() -> None:
    rng = Random(5)  # noqa: S311  a simulation
    wins: Counter[Winner] = Counter()
    for number in range(4000):
        picks = interleave(range(6), range(6), prediction_id=f"p-{number}", length=5)
        clicked = {place for place in range(len(picks)) if rng.random() < 0.6 / (place + 1)}
        wins[draft_of(picks).winner(clicked)] += 1

    decided = wins[Winner.TREATMENT] + wins[Winner.CONTROL]
    assert wins[Winner.TREATMENT] / decided == pytest.approx(0.5, abs=0.03)


def test_what_one_ranker_has_left_over_is_shown_but_is_nobodys() -> None:
    picks = interleave([0], [0, 1, 2], prediction_id="p-1", length=3)

    assert [pick.row for pick in picks] == [0, 1, 2]
    assert Team.NEITHER in {pick.team for pick in picks[1:]}


@pytest.mark.parametrize(
    ("clicked", "expected"),
    [
        ([1], Winner.TREATMENT),
        ([0, 2, 1], Winner.CONTROL),
        ([0, 1], Winner.TIE),
        ([3], Winner.TIE),
        ([1, 1, 0], Winner.TIE),
        ([], Winner.TIE),
    ],
)
def test_the_list_is_won_by_the_team_with_more_of_its_rows_clicked(clicked: list[int], expected: Winner) -> None:
    assert Draft.decode("CTCN").winner(clicked) is expected


def test_a_draft_comes_back_as_it_was_sent() -> None:
    assert Draft.decode("CTTN").encode() == "CTTN"
    with pytest.raises(ValueError, match="X"):
        Draft.decode("CTX")


def test_wins_are_counted_under_a_name_that_no_caller_can_give() -> None:
    assert is_of_drafts(counted_as("clicked"))
    assert not is_of_drafts("clicked")
    assert [winner.reward for winner in Winner] == [0.0, 1.0, 0.5]
