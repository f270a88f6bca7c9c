"""How often do labels accuse an honest candidate, and how soon one that is worse? Simulated releases."""

import argparse
from collections.abc import Sequence
from statistics import median

import numpy as np

from bench.measuring import Occasion, table
from sluice.domain.evidence.counts import Split
from sluice.domain.evidence.finding import Verdict
from sluice.domain.evidence.rules import Rules
from sluice.domain.monitoring.own_errors import own_errors

RULES = Rules()
HOURS, LABELS = 48, 300  # of both versions in an hour
RATES = (0.02, 0.1, 0.3)
SHARES = (0.1, 0.5)
WORSE = (1.0, 1.25, 1.5, 2.0)
SWING = 0.3  # of an hour's rate, up and down, for both alike
RELEASES = 300


def accused_after(rate: float, share: float, worse: float, rng: np.random.Generator) -> int | None:
    """How many labels of the candidate had come when it was accused, looked at every hour; None where it never was."""
    hours: list[Split] = []
    for swing in 1 + SWING * rng.uniform(-1, 1, HOURS):
        rows = int(rng.binomial(LABELS, share))
        wrong = rng.binomial(rows, min(rate * worse * swing, 1.0)), rng.binomial(LABELS - rows, min(rate * swing, 1.0))
        hours.append(Split(rows, int(wrong[0]), LABELS - rows, int(wrong[1])))
        found = own_errors(hours, RULES)
        if found.verdict is Verdict.FAIL:
            return found.rows
    return None


def cell(rate: float, share: float, worse: float, releases: int) -> str:
    """The share that was accused within all hours, and the median of their labels."""
    rng = np.random.default_rng([int(1000 * rate), int(100 * share), int(100 * worse)])
    found = [accused_after(rate, share, worse, rng) for _ in range(releases)]
    accused = [rows for rows in found if rows is not None]
    after = f" after {median(accused):,.0f}" if accused and worse > 1 else ""
    return f"{100 * len(accused) / releases:.3g} %{after}"


def main(words: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=RELEASES)
    releases = parser.parse_args(words).releases
    occasion = Occasion("numpy")
    lines = [
        [f"{100 * rate:g} %", f"{100 * share:g} %", *(cell(rate, share, worse, releases) for worse in WORSE)]
        for rate in RATES
        for share in SHARES
    ]
    heads = ["champion wrong", "candidate's share", "as often: accused", *(f"{worse:g} times" for worse in WORSE[1:])]
    print(table(heads, lines))
    print(f"{releases:,} releases a cell, {HOURS} hourly looks, {LABELS} labels an hour\n{occasion}")


if __name__ == "__main__":
    main()
