"""Which candidates are accused of drift by their own doing on the flights of June to December, in the order of time?

References are those of training, January to April: summer, storms and what each model makes of them are in what is
asked, for both versions alike. A candidate is honest, or version 1 with a fault in its answers.
"""

import argparse
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.measuring import Occasion, table
from examples.flights import data
from examples.flights.evaluate import probabilities
from examples.flights.features import features
from examples.flights.reference import column
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.array import Flags, Floats
from sluice.domain.drift.column import taken
from sluice.domain.drift.judge import Watched
from sluice.domain.drift.model_reference import FILE_NAME
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.reference_form import read_reference
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import Summary
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.own_drift import own_drift
from sluice.domain.monitoring.rules import Watching
from sluice.service.judge_drift import rules_of

Places = np.ndarray[tuple[int], np.dtype[np.intp]]

FOLDER = Path("build/flights")
RULES = rules_of(Watching(60, 1.0, 100, timedelta(days=90)))
BACK = 1 << (RULES.levels - 1)


class Candidate(NamedTuple):
    """What is released beside version 1, and what is done to its scores of late, in logits."""

    name: str
    version: str
    answers: Callable[[Floats], Floats]


class Traffic(NamedTuple):
    """How long a window is, what share of the flights the candidate has, and after how many windows it is looked."""

    name: str
    window: str
    share: float
    every: int


CHAMPION = Candidate("version 1 itself", "v1", lambda late: late)
CANDIDATES = (
    Candidate("version 2, honest", "v2", lambda late: late),
    CHAMPION,
    Candidate("classes the wrong way round", "v1", lambda late: -late),
    Candidate("one answer for all", "v1", lambda late: np.full_like(late, np.median(late))),
    Candidate("a logit too high", "v1", lambda late: late + 1),
    Candidate("a logit too low", "v1", lambda late: late - 1),
)
TRAFFICS = (Traffic("hourly, a tenth", "h", 0.1, 12), Traffic("daily, half", "D", 0.5, 5))


class Flights:
    """All of them, what versions 1 and 2 answer, and dice that say which of two is asked."""

    def __init__(self, seed: int) -> None:
        live = data.load().live
        asked = features(live)
        self.times = live["scheduled_departure"].dt.tz_localize(None)
        self._columns = {name: column(asked, name) for name in asked.columns}
        self._scores = {version: _logits(probabilities(FOLDER / version, asked)) for version in ("v1", "v2")}
        self.dice = np.random.default_rng(seed).random(len(live))

    def windows(self, candidate: Candidate, traffic: Traffic, is_asked: Flags) -> Watched:
        """What it has answered, window by window."""
        reference = read_reference((FOLDER / candidate.version / FILE_NAME).read_bytes())
        scores = candidate.answers(self._scores[candidate.version])
        period = self.times.dt.to_period(traffic.window).astype("int64").to_numpy()
        return Watched(
            reference,
            [
                self._window(reference, scores, np.flatnonzero(is_asked & (period == each)))
                for each in range(period.min(), period.max() + 1)
            ],
        )

    def _window(self, reference: Reference, scores: Floats, places: Places) -> Summary:
        late = 1 / (1 + np.exp(-scores[places]))
        answers = Answers.most_probable(np.column_stack([1 - late, late]))
        return summarise(reference.binning, {name: taken(of, places) for name, of in self._columns.items()}, answers)


def _logits(shares: Floats) -> Floats:
    late = np.asarray(shares[:, 1], np.float64)
    return np.log(late) - np.log1p(-late)


def looks(candidate: Watched, champion: Watched, every: int) -> list[Verdict]:
    """At every so many windows, as far back as the rule goes."""
    ends = range(BACK, len(candidate.windows) + 1, every)
    return [own_drift(_until(candidate, end), _until(champion, end), RULES).verdict for end in ends]


def _until(side: Watched, end: int) -> Watched:
    return Watched(side.reference, side.windows[end - BACK : end])


def told(verdicts: Sequence[Verdict]) -> str:
    """How many of them accuse, and how many say nothing."""
    accused, silent = (sum(each is what for each in verdicts) for what in (Verdict.FAIL, Verdict.INCONCLUSIVE))
    return f"{accused} ({silent}) of {len(verdicts)}"


def main(words: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    occasion, flights = Occasion("numpy"), Flights(parser.parse_args(words).seed)
    lines: list[list[str]] = [[candidate.name] for candidate in CANDIDATES]
    for traffic in TRAFFICS:
        is_asked = flights.dice < traffic.share
        champion = flights.windows(CHAMPION, traffic, ~is_asked)
        for line, candidate in zip(lines, CANDIDATES, strict=True):
            line.append(told(looks(flights.windows(candidate, traffic, is_asked), champion, traffic.every)))
    print(table(["the candidate", *(traffic.name for traffic in TRAFFICS)], lines))
    print(f"looks that accuse (in brackets those that say nothing)\n{occasion}")


if __name__ == "__main__":
    main()
