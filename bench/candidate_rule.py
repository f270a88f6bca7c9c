"""How often is a version under release accused of drift by its own doing when it is not? Looks at shuffled flights.

Twice: candidate and champion answer as they did when they were made; and the candidate's scores have moved as far as
the rule allows where the champion's stand still, one end of its null. Beside a
champion that moves it is not asked: there the budget does not hold (docs/monitoring.md).
"""

import argparse
from datetime import timedelta
from pathlib import Path

import numpy as np

from bench.measuring import Occasion, table
from examples.flights import data
from examples.flights.evaluate import probabilities
from examples.flights.features import CATEGORIES, CLASSES, features
from examples.flights.reference import column
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.array import Floats
from sluice.domain.drift.binning import Role
from sluice.domain.drift.build import Choices, Labelled, build_reference
from sluice.domain.drift.column import Codes, Column
from sluice.domain.drift.comparison import compare
from sluice.domain.drift.judge import Watched
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import Summary
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.own_drift import own_drift
from sluice.domain.monitoring.rules import Watching
from sluice.service.judge_drift import rules_of

VERSIONS = {"candidate": Path("build/flights/v2"), "champion": Path("build/flights/v1")}
WATCHING = Watching(60, 1.0, 100, timedelta(days=90))
REFERENCE_ROWS, ROWS, TIMES = 30_000, (30, 300), 4  # an hour's; the champion has so many times as many
HOURS = 64
ALLOWED = 0.4  # of own_drift's null
RELEASES = 60


class World:
    """Flights of June to August in no order, and what both versions answer about them."""

    def __init__(self, seed: int) -> None:
        live = data.load().live
        flights = features(live.sample(frac=1.0, random_state=seed))
        self._columns = {name: column(flights, name) for name in flights.columns}
        self._scores = {who: probabilities(folder, flights).astype(float) for who, folder in VERSIONS.items()}
        self._rng = np.random.default_rng(seed)
        self.references = {who: self._reference(who) for who in VERSIONS}

    def window(self, who: str, rows: int, shift: float = 0.0) -> Summary:
        """What was asked and answered in one hour; ``shift`` moves the scores, in logits."""
        places = self._rng.integers(REFERENCE_ROWS, len(self._scores[who]), rows)
        return summarise(self.references[who].binning, self._cut(places), _answers(self._scores[who][places], shift))

    def _reference(self, who: str) -> Reference:
        places = np.arange(REFERENCE_ROWS)
        labelled = Labelled(CLASSES, _answers(self._scores[who][places], 0.0))
        choices = Choices(categorical=frozenset(CATEGORIES), draws=0)
        return build_reference(self._cut(places), seed=1, labelled=labelled, choices=choices)

    def _cut(self, places: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> dict[str, Column]:
        return {
            name: Codes(values.codes[places], values.categories)
            if isinstance(values, Codes)
            else np.asarray(values)[places]
            for name, values in self._columns.items()
        }


def _answers(scores: Floats, shift: float) -> Answers:
    late = 1 / (1 + np.exp(-(np.log(scores[:, 1]) - np.log(scores[:, 0]) + shift)))
    return Answers.most_probable(np.column_stack([1 - late, late]))


def edge(world: World, rules: Rules) -> float:
    """The shift that moves the candidate's answers by what is allowed beside a champion that stands still."""
    reference, (low, high) = world.references["candidate"], (0.0, 3.0)
    outputs = np.array([bins.role is Role.OUTPUT for bins in reference.binning.features])
    for _ in range(20):
        middle = (low + high) / 2
        moved = compare(reference, world.window("candidate", 100_000, middle), rules).effects[outputs].max()
        low, high = (low, middle) if moved > ALLOWED else (middle, high)
    return low


def accused(world: World, rules: Rules, rows: int, *, shift: float, releases: int) -> tuple[int, int]:
    """In how many looks, one an hour, and in how many releases; each look goes back to when the release began."""
    looks, ever = 0, 0
    for _ in range(releases):
        candidate, champion = list[Summary](), list[Summary]()
        found = 0
        for _hour in range(HOURS):
            candidate.append(world.window("candidate", rows, shift))
            champion.append(world.window("champion", TIMES * rows))
            sides = Watched(world.references["candidate"], candidate), Watched(world.references["champion"], champion)
            found += own_drift(*sides, rules).verdict is Verdict.FAIL
        looks, ever = looks + found, ever + (found > 0)
    return looks, ever


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=RELEASES)
    releases = parser.parse_args().releases
    occasion, world, rules = Occasion("numpy"), World(1), rules_of(WATCHING)
    shifts = {"as they were": 0.0, f"moved by {ALLOWED:g}": edge(world, rules)}
    lines = [
        [what, f"{shift:.2f}", *(_told(accused(world, rules, rows, shift=shift, releases=releases)) for rows in ROWS)]
        for what, shift in shifts.items()
    ]
    print(table(["the candidate's answers", "in logits", *(f"{rows:,} rows an hour" for rows in ROWS)], lines))
    looks, budget = releases * HOURS, rules.q * rules.levels
    print(f"looks that accuse, of {looks:,} (in brackets releases, of {releases})")
    print(f"the budget is one look in {1 / budget:,.0f}: {looks * budget:.1f}\n{occasion}")


def _told(found: tuple[int, int]) -> str:
    return f"{found[0]:,} ({found[1]:,})"


if __name__ == "__main__":
    main()
