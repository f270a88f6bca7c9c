from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import log
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.draft import Draft, Winner
from sluice.domain.experiment.experiment import Experiment, Mode, Phase
from sluice.domain.experiment.goal import Goal
from sluice.domain.experiment.interleaving import Duels, conclude, log_e_of_wins
from sluice.domain.experiment.verdict import Verdict
from sluice.domain.feedback.item import read_feedback
from sluice.domain.feedback.totals import Totals

T0 = datetime(2026, 11, 22, 10, tzinfo=UTC)


def an_experiment(minimum_effect: float = 0.0, **fields: Any) -> Experiment:
    goal = Goal("clicked", minimum_effect=minimum_effect)
    variants = ("champion", "challenger")
    return Experiment("e1", "search", variants, {}, goal, "s", "ada", mode=Mode.INTERLEAVING, **fields).entering(
        Phase.RUNNING, now=T0
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.text("CTN", min_size=1, max_size=9), st.sets(st.integers(0, 8))), max_size=30))
def test_who_won_each_list_is_told_from_the_sums_of_what_was_counted(lists: list[tuple[str, set[int]]]) -> None:
    winners, totals = Counter[Winner](), Totals()
    for draft, places in lists:
        clicked = sorted(place for place in places if place < len(draft))
        winners[Draft.decode(draft).winner(clicked)] += 1
        said = read_feedback({"prediction_id": "p-1", "draft": draft, "clicked": clicked}, now=T0)
        totals += Totals(exposures=1, n=1, total=said.value, total_sq=said.value**2)

    duels = Duels.of(totals + Totals(exposures=5))

    assert duels == Duels(winners[Winner.TREATMENT], winners[Winner.CONTROL], winners[Winner.TIE])
    assert duels.decided == duels.treatment + duels.control


def test_a_coin_rarely_looks_like_a_better_ranker_however_often_one_looks() -> None:
    rng = Random(11)  # noqa: S311  a simulation
    alarms = 0
    for _ in range(100):
        wins = accumulate(rng.getrandbits(1) for _ in range(1000))
        alarms += any(log_e_of_wins(won, n) >= log(20) for n, won in enumerate(wins, 1) if n % 20 == 0)

    assert alarms <= 5


@pytest.mark.parametrize(
    ("duels", "minimum_effect", "verdict", "words"),
    [
        (Duels(650, 500, 90), 0, Verdict.SHIP, "won 650 of 1,150 decided lists, 56.5%"),
        (Duels(500, 650, 90), 0, Verdict.STOP, "do not choose from it often enough"),
        (Duels(520, 500, 90), 0, Verdict.KEEP_GOING, "not decided yet"),
        (Duels(1020, 1000, 9), 0.1, Verdict.STOP, "do not choose from it often enough"),
        (Duels(), 0, Verdict.KEEP_GOING, "no list has been decided"),
        (Duels(ties=1000), 0, Verdict.KEEP_GOING, "no list has been decided"),
    ],
)
def test_the_verdict_follows_the_wins(duels: Duels, minimum_effect: float, verdict: Verdict, words: str) -> None:
    conclusion = conclude(an_experiment(minimum_effect), duels, now=T0)

    assert conclusion.verdict is verdict
    assert words in conclusion.sentence
    assert conclusion.winner == ("challenger" if verdict is Verdict.SHIP else None)


def test_undecided_at_the_horizon_a_person_decides() -> None:
    conclusion = conclude(an_experiment(horizon_days=7), Duels(10, 9), now=T0 + timedelta(days=7))

    assert conclusion.verdict is Verdict.HOLD
    assert conclusion.sentence.startswith("Hold: undecided after 7 days")
