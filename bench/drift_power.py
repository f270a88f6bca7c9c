"""How often does a rule call quiet data drifted, and how much drift does it find? Others' rules and ours in one run."""

import argparse
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np

from bench.drift_data import DRIFTS, QUIET, Drift, cut, flights, rows
from bench.drift_rules import OTHERS, OURS, Flags, Judges
from bench.measuring import Occasion, table

REFERENCES = 20
REFERENCE_ROWS = 10_000
RULES = (*OTHERS, *OURS)
FLIGHT_WINDOWS = 300
SHUFFLE = 2013


class Size(NamedTuple):
    """Windows of so many rows, and how many of them for each reference."""

    rows: int
    quiet: int
    drifting: int


SIZES = (Size(200, 15, 5), Size(1000, 15, 5), Size(10_000, 9, 3))


class Score(NamedTuple):
    """What a rule did with some windows.

    Attributes:
        alarms: Share of windows with any feature flagged that had not drifted.
        false_flags: Share of features that had not drifted and were flagged.
        found: Share of drifted features that were flagged; 0 where there were none.

    """

    alarms: float
    false_flags: float
    found: float


def score(flags: Sequence[Flags], drift: Drift) -> Score:
    """Sum up windows of one kind."""
    drifted = np.zeros(len(flags[0]), dtype=bool)
    drifted[list(drift.features)] = True
    return Score(
        fmean(bool(each[~drifted].any()) for each in flags),
        fmean(float(each[~drifted].mean()) for each in flags),
        fmean(float(each[drifted].mean()) for each in flags) if drift.features else 0.0,
    )


Scores = dict[str, dict[str, Score]]


def measure(judges: Sequence[Judges], size: Size) -> Scores:
    """Every rule's score in quiet windows and each drift, by rule and drift."""
    seen: dict[str, dict[str, Score]] = {rule: {} for rule in RULES}
    for number, (name, drift) in enumerate({"quiet": QUIET, **DRIFTS}.items()):
        count = size.drifting if drift.features else size.quiet
        generator = np.random.default_rng([size.rows, number])
        flags = [each.flags(rows(generator, size.rows, drift)) for each in judges for _ in range(count)]
        for rule in RULES:
            seen[rule][name] = score([each[rule] for each in flags], drift)
    return seen


def power_table(scores: Scores) -> str:
    """One row a rule: alarms and flags in quiet windows, then the share of drifted features found."""
    head = ["rule", "quiet windows with a flag", "quiet columns flagged", *DRIFTS]
    lines = [
        [
            rule,
            f"{by_drift['quiet'].alarms:.1%}",
            f"{by_drift['quiet'].false_flags:.2%}",
            *(f"{by_drift[drift].found:.2f}" for drift in DRIFTS),
        ]
        for rule, by_drift in scores.items()
    ]
    return table(head, lines)


def flights_table() -> str:
    """Share of windows of real flights with a flag, rows shuffled: quiet by construction."""
    columns, lines = flights(SHUFFLE), []
    judges = Judges(cut(columns, 0, REFERENCE_ROWS), seed=1)
    alarms: dict[str, list[float]] = {rule: [] for rule in RULES}
    for size in (200, 1000):
        starts = range(REFERENCE_ROWS, REFERENCE_ROWS + FLIGHT_WINDOWS * size, size)
        flags = [judges.flags(cut(columns, start, start + size)) for start in starts]
        for rule in RULES:
            alarms[rule].append(fmean(bool(each[rule].any()) for each in flags))
    lines = [[rule, *(f"{each:.1%}" for each in shares)] for rule, shares in alarms.items()]
    return table(["shuffled flights, windows with a flag", "200 rows", "1,000 rows"], lines)


def goals_table(scores: Mapping[int, Scores]) -> str:
    """What issue 4 asks, and what came out."""
    plain, shipped = (
        max(by_rule[rule]["quiet"].alarms for by_rule in scores.values())
        for rule in ("Sluice q=.01", "Sluice q=.01, floor")
    )
    behind = [
        (by_rule["KS/chi2 BH q=.05"][drift].found - by_rule["Sluice q=.05"][drift].found, f"{drift}, {size:,} rows")
        for size, by_rule in scores.items()
        for drift in DRIFTS
    ]
    worst, where = max(behind)
    lines = [
        ["quiet windows with any flag at q=.01, worst size", "<= 1%", f"{shipped:.1%}"],
        ["the same without the floor", "<= 1%", f"{plain:.1%}"],
        ["power behind KS with BH at equal q, worst cell", "<= 0", f"{worst:+.3f} ({where})"],
    ]
    return table(["issue 4", "target", "measured"], lines)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--references", type=int, default=REFERENCES, help="how many (default: 20)")
    references = parser.parse_args().references
    occasion = Occasion("numpy", "scipy")
    judges = [Judges(rows(np.random.default_rng(seed), REFERENCE_ROWS), seed=seed) for seed in range(references)]
    scores = {}
    for size in SIZES:
        scores[size.rows] = measure(judges, size)
        quiet, drifting = size.quiet * references, size.drifting * references
        print(f"windows of {size.rows:,} rows: {quiet} quiet ones, {drifting} of each drift of 5 of 60 features\n")
        print(power_table(scores[size.rows]), end="\n\n")
    print(flights_table(), end="\n\n")
    print(goals_table(scores))
    print(f"\n{occasion}\n")


if __name__ == "__main__":
    main()
