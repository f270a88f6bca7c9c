"""How often is a version under release accused of drift by its own doing when it is not? Looks at shuffled flights.

Candidate and champion answer as they did when they were made; or the scores of both have moved, as far as the rule
allows and no further: the candidate by an effect of 0.4 or three times as far as the champion.
"""

import argparse
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

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
from sluice.domain.drift.column import Column, taken
from sluice.domain.drift.judge import Watched
from sluice.domain.drift.moved import moved
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
RELEASES = 60


class Moves(NamedTuple):
    """By which effect the answers of each have moved."""

    candidate: float
    champion: float


MOVES = (Moves(0.0, 0.0), Moves(0.4, 0.0), Moves(0.6, 0.2), Moves(0.75, 0.25), Moves(0.9, 0.3))


class World:
    """Flights of June to August in no order, and what both versions answer about them."""

    def __init__(self, seed: int, together: int) -> None:
        """``together``: so many rows in a row are of one flight, asked again and again."""
        live = data.load().live
        flights = features(live.sample(frac=1.0, random_state=seed))
        self._columns = {name: column(flights, name) for name in flights.columns}
        self._scores = {who: probabilities(folder, flights).astype(float) for who, folder in VERSIONS.items()}
        self._rng, self._together = np.random.default_rng(seed), together
        self.references = {who: self._reference(who) for who in VERSIONS}

    def window(self, who: str, rows: int, shift: float = 0.0) -> Summary:
        """What was asked and answered in one hour; ``shift`` moves the scores, in logits."""
        drawn = self._rng.integers(REFERENCE_ROWS, len(self._scores[who]), rows // self._together)
        places = np.repeat(drawn, self._together)
        return summarise(self.references[who].binning, self._cut(places), _answers(self._scores[who][places], shift))

    def _reference(self, who: str) -> Reference:
        places = np.repeat(np.arange(REFERENCE_ROWS // self._together), self._together)
        labelled = Labelled(CLASSES, _answers(self._scores[who][places], 0.0))
        choices = Choices(categorical=frozenset(CATEGORIES), draws=0)
        return build_reference(self._cut(places), seed=1, labelled=labelled, choices=choices)

    def _cut(self, places: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> dict[str, Column]:
        return {name: taken(values, places) for name, values in self._columns.items()}


def _answers(scores: Floats, shift: float) -> Answers:
    late = 1 / (1 + np.exp(-(np.log(scores[:, 1]) - np.log(scores[:, 0]) + shift)))
    return Answers.most_probable(np.column_stack([1 - late, late]))


def shift_by(world: World, who: str, effect: float) -> float:
    """How far a version's scores have to move, in logits, for its answers to move by an effect."""
    reference, (low, high) = world.references[who], (0.0, 3.0)
    outputs = np.array([bins.role is Role.OUTPUT for bins in reference.binning.features])
    for _ in range(20 if effect else 0):
        middle = (low + high) / 2
        far = moved(reference, world.window(who, 100_000, middle), reference.designs).effects[outputs].max()
        low, high = (low, middle) if far > effect else (middle, high)
    return low


def accused(world: World, rules: Rules, rows: int, *, moves: Moves, releases: int) -> tuple[int, int]:
    """In how many looks, one an hour, and in how many releases; each look goes back to when the release began."""
    looks, ever = 0, 0
    shifts = [shift_by(world, who, effect) for who, effect in zip(VERSIONS, moves, strict=True)]
    for _ in range(releases):
        candidate, champion = list[Summary](), list[Summary]()
        found = 0
        for _hour in range(HOURS):
            candidate.append(world.window("candidate", rows, shifts[0]))
            champion.append(world.window("champion", TIMES * rows, shifts[1]))
            sides = Watched(world.references["candidate"], candidate), Watched(world.references["champion"], champion)
            found += own_drift(*sides, rules).verdict is Verdict.FAIL
        looks, ever = looks + found, ever + (found > 0)
    return looks, ever


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=RELEASES)
    parser.add_argument("--together", type=int, default=1, help="rows that are one flight, asked again and again")
    words = parser.parse_args()
    releases, occasion = words.releases, Occasion("numpy")
    world, rules = World(1, words.together), rules_of(WATCHING)
    lines = [
        [
            f"{moves.candidate:g}",
            f"{moves.champion:g}",
            *(_told(accused(world, rules, rows, moves=moves, releases=releases)) for rows in ROWS),
        ]
        for moves in MOVES
    ]
    print(table(["candidate moved by", "champion by", *(f"{rows:,} rows an hour" for rows in ROWS)], lines))
    looks, budget = releases * HOURS, rules.q * rules.levels
    print(f"looks that accuse, of {looks:,} (in brackets releases, of {releases})")
    print(f"the budget is one look in {1 / budget:,.0f}: {looks * budget:.1f}\n{occasion}")


def _told(found: tuple[int, int]) -> str:
    return f"{found[0]:,} ({found[1]:,})"


if __name__ == "__main__":
    main()
