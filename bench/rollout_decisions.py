"""How well does a rule decide about a release? Simulated rollouts under others' rules and ours, in one run."""

import argparse
from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple

import numpy as np

from bench.measuring import Occasion, percentile, table
from bench.rollout_evidence import QUESTIONS, events_table, events_to_decide, milliseconds_to_judge, watch_table
from bench.rollout_rules import HORIZON_MINUTES, RULES, Minute, Outcome, Rule
from bench.rollout_traffic import BASE_RATE, tally

RUNS = 300
OURS = "Sluice"


class Scenario(NamedTuple):
    """What the world does.

    Attributes:
        ratio: The challenger's error rate, times the champion's.
        rates: Both variants' base rate, from a minute on; the standing one is 0.5 %.

    """

    ratio: float
    rates: Mapping[int, float] = {}

    def base_rate(self, minute: int) -> float:
        """The champion's error rate in a minute (from 0)."""
        return next((rate for since, rate in sorted(self.rates.items(), reverse=True) if minute >= since), BASE_RATE)


SCENARIOS = {
    "same": Scenario(1),
    "same, incident": Scenario(1, {3: 0.04, 8: BASE_RATE}),
    "same, base moves": Scenario(1, {4: 0.02}),
    "1.2x": Scenario(1.2),
    "2x": Scenario(2),
    "4x": Scenario(4),
    "20x": Scenario(20),
}


class Ending(NamedTuple):
    """How one rollout ended, and after how many minutes."""

    outcome: Outcome
    minutes: int


def roll_out(rule: Rule, scenario: Scenario, *, requests_per_minute: float, seed: int) -> Ending:
    """One rollout, to its end."""
    generator = np.random.default_rng(seed)
    for number in range(HORIZON_MINUTES):
        share, base = rule.share, scenario.base_rate(number)
        challenger = tally(generator, requests_per_minute * share, base * scenario.ratio)
        control = tally(generator, requests_per_minute * share, base)
        rest = tally(generator, requests_per_minute * (1 - 2 * share), base)
        outcome = rule.look(Minute(share, challenger, control + rest, control))
        if outcome:
            return Ending(outcome, number + 1)
    return Ending(Outcome.UNDECIDED, HORIZON_MINUTES)


def cell(endings: Sequence[Ending], outcome: Outcome) -> str:
    """The share of rollouts that ended so, and their median minutes."""
    minutes = [ending.minutes for ending in endings if ending.outcome is outcome]
    share = len(minutes) / len(endings)
    return f"{share:.1%} in {percentile(minutes, 50)}" if minutes else "0"


def decisions(requests_per_minute: float, *, runs: int) -> dict[str, dict[str, list[Ending]]]:
    """All endings by rule and scenario; every rule meets the same seeds."""
    return {
        name: {
            told: [roll_out(rule(), scenario, requests_per_minute=requests_per_minute, seed=run) for run in range(runs)]
            for told, scenario in SCENARIOS.items()
        }
        for name, rule in RULES.items()
    }


def decisions_table(endings: Mapping[str, Mapping[str, Sequence[Ending]]], outcome: Outcome) -> str:
    """One row a rule, one column a scenario."""
    rows = [[rule, *(cell(ended, outcome) for ended in by_scenario.values())] for rule, by_scenario in endings.items()]
    return table([f"{outcome.value}, median minutes", *SCENARIOS], rows)


def _share(endings: Sequence[Ending], outcome: Outcome) -> float:
    return sum(ending.outcome is outcome for ending in endings) / len(endings)


def _median(endings: Sequence[Ending], outcome: Outcome) -> float:
    """Minutes in which half of all rollouts have ended so."""
    return percentile([ending.minutes if ending.outcome is outcome else inf for ending in endings], 50)


def targets_table(endings: Mapping[int, Mapping[str, Sequence[Ending]]], worst_ratio: float) -> str:
    """What issue 3 asks of our rule, and what came out; ``endings`` are ours, by requests a minute and scenario."""
    same = [told for told in SCENARIOS if told.startswith("same")]
    rolled_back = max(
        _share(by_scenario[told], Outcome.ROLLED_BACK) for by_scenario in endings.values() for told in same
    )
    busy = endings[max(endings)]
    rows = [
        ["same model rolled back, worst of all", "<= 1%", f"{rolled_back:.2%}"],
        ["2x at 6,000 rpm: median minutes to roll back", "<= 5", f"{_median(busy['2x'], Outcome.ROLLED_BACK):g}"],
        ["4x at 6,000 rpm: median minutes to roll back", "<= 2", f"{_median(busy['4x'], Outcome.ROLLED_BACK):g}"],
        ["same at 6,000 rpm: median minutes to promote", "<= 10", f"{_median(busy['same'], Outcome.PROMOTED):g}"],
        ["events to decide, times the oracle's, worst", "<= 1.35", f"{worst_ratio:.2f}"],
        ["judging 100 shares, 3 kinds: ms of CPU", "<= 10", f"{milliseconds_to_judge(shares=100):.1f}"],
    ]
    return table(["issue 3", "target", "measured"], rows)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="rollouts for each rule and scenario (default: 300)")
    runs = parser.parse_args().runs
    occasion, ours = Occasion("numpy"), {}
    for requests_per_minute in (600, 6000):
        endings = decisions(requests_per_minute, runs=runs)
        ours[requests_per_minute] = endings[OURS]
        print(
            f"{requests_per_minute:,} requests a minute, {runs} rollouts each, errors at 0.5 %, horizon 120 minutes\n"
        )
        for outcome in (Outcome.ROLLED_BACK, Outcome.PROMOTED):
            print(decisions_table(endings, outcome), end="\n\n")
    needed = {name: events_to_decide(question, runs=runs) for name, question in QUESTIONS.items()}
    print(events_table(needed), end="\n\n")
    print(watch_table(runs=min(runs, 50), quiet_minutes=150 * runs), end="\n\n")
    print(targets_table(ours, max(ours / oracle for ours, oracle in needed.values())))
    print(f"\n{occasion}\n")


if __name__ == "__main__":
    main()
