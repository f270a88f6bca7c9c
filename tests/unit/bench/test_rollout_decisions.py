import pytest

from bench.rollout_decisions import SCENARIOS, Ending, Scenario, cell, decisions_table, roll_out, targets_table
from bench.rollout_rules import Minute, Outcome, Rule, Sluice


class Recorder:
    """A rule that decides after so many minutes, and remembers what it was shown."""

    share = 0.2

    def __init__(self, after: int) -> None:
        self._after, self.seen = after, list[Minute]()

    def look(self, minute: Minute) -> Outcome | None:
        self.seen.append(minute)
        return Outcome.PROMOTED if len(self.seen) == self._after else None


def test_base_rates_hold_from_their_minute_on() -> None:
    incident = Scenario(1, {3: 0.04, 8: 0.005})

    assert [incident.base_rate(minute) for minute in (0, 2, 3, 7, 8, 100)] == [0.005, 0.005, 0.04, 0.04, 0.005, 0.005]


def test_a_rule_is_shown_traffic_in_its_shares_until_it_decides() -> None:
    rule = Recorder(after=40)

    ending = roll_out(rule, SCENARIOS["same"], requests_per_minute=1000, seed=1)

    assert ending == Ending(Outcome.PROMOTED, 40)
    challenger = sum(minute.challenger.requests for minute in rule.seen)
    champion = sum(minute.champion.requests for minute in rule.seen)
    control = sum(minute.control.requests for minute in rule.seen)
    assert (challenger, champion, control) == pytest.approx((8000, 32_000, 8000), rel=0.05)


def test_who_never_decides_ends_at_the_horizon() -> None:
    ending = roll_out(Recorder(after=1000), SCENARIOS["same"], requests_per_minute=10, seed=1)

    assert ending == Ending(Outcome.UNDECIDED, 120)


@pytest.mark.parametrize(
    ("scenario", "outcome", "most"),
    [("same", Outcome.PROMOTED, 20), ("same, base moves", Outcome.PROMOTED, 20), ("20x", Outcome.ROLLED_BACK, 2)],
)
def test_our_rule_decides_a_clear_case_soon(scenario: str, outcome: Outcome, most: int) -> None:
    rule: Rule = Sluice()

    ending = roll_out(rule, SCENARIOS[scenario], requests_per_minute=6000, seed=2)

    assert ending.outcome is outcome
    assert ending.minutes <= most


def test_a_cell_says_how_many_ended_so_and_when() -> None:
    endings = [Ending(Outcome.PROMOTED, 5), Ending(Outcome.PROMOTED, 9), Ending(Outcome.ROLLED_BACK, 7)]

    assert cell(endings, Outcome.PROMOTED) == "66.7% in 5"
    assert cell(endings, Outcome.UNDECIDED) == "0"


def test_a_table_has_a_row_a_rule_and_a_column_a_scenario() -> None:
    drawn = decisions_table({"ours": {told: [Ending(Outcome.PROMOTED, 5)] for told in SCENARIOS}}, Outcome.PROMOTED)

    assert drawn.splitlines()[2].count("100.0% in 5") == len(SCENARIOS)


def test_targets_are_set_against_the_worst_and_the_median_of_all() -> None:
    good, bad, slow = Ending(Outcome.PROMOTED, 7), Ending(Outcome.ROLLED_BACK, 4), Ending(Outcome.UNDECIDED, 120)
    quiet = {told: [good] for told in SCENARIOS}
    busy = {**quiet, "same, incident": [good, bad], "2x": [bad, bad, slow], "4x": [bad, slow, slow]}

    lines = targets_table({600: quiet, 6000: busy}, 1.21).splitlines()[2:]

    assert [line.split("|")[3].strip() for line in lines[:5]] == ["50.00%", "4", "inf", "7", "1.21"]
