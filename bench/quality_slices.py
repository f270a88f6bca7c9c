"""How often is a quiet slice called lost, and how soon is one found whose errors rise by five points? Simulated."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import NamedTuple

import numpy as np

from bench.measuring import Occasion, table
from sluice.domain.drift.error_watch import MARGIN
from sluice.domain.drift.sliced import Slice
from sluice.domain.monitoring.error_bets import allowed_rate
from sluice.domain.monitoring.judged_slices import AtTraining, JudgedSlices
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.watch_quality import OF_SLICES, mean_looks
from sluice.domain.monitoring.watch_slices import watch_slices
from sluice.domain.monitoring.watched_slice import SliceTotal, WatchedSlice

START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
WATCHING = Watching(60, 1.0, 100, timedelta(days=90))
LOOKS, MOST_LOOKS = 720, 1000  # of 30 days, hourly; until a loss is called not found
DEPLOYMENTS, LOSSES = 2000, 60  # so many times the slices of a deployment, and so many losses
RISE = 0.05
LABELS = 20  # of a slice, on average, a look
LEAST = 30  # labels at training
SPREAD = 0.7  # of the logarithm of how large slices are


class Deployment(NamedTuple):
    """A version whose slices are what training said, as far as so many labels can say.

    Attributes:
        judged: What is known of training.
        rates: How often it is truly wrong, by slice.
        labels: How many come, on average, a look, by slice.

    """

    judged: JudgedSlices
    rates: Sequence[float]
    labels: Sequence[float]


def deployment(slices: int, rate: float, trained: int, rng: np.random.Generator) -> Deployment:
    """Slices of different sizes, at training as later: on average they have ``trained`` labels there."""
    sizes, known = rng.lognormal(-SPREAD * SPREAD / 2, SPREAD, slices), dict[Slice, AtTraining]()
    for place, size in enumerate(sizes):
        rows = max(round(trained * size), LEAST)
        wrong = int(rng.binomial(rows, rate))
        allowed = allowed_rate(rows=rows, errors=wrong, among=slices)
        known[Slice("carrier", f"{place:03}")] = AtTraining(wrong / rows, allowed)
    return Deployment(JudgedSlices("0" * 16, None, known), [rate] * slices, (LABELS * sizes).tolist())


def at_the_bound(of: Deployment) -> Deployment:
    """Every slice is wrong as often as may be without being lost: the most that the budget speaks of."""
    return of._replace(rates=[max(each.allowed, MARGIN * each.rate) for each in of.judged.slices.values()])


def lost_slices(of: Deployment, looks: int, rng: np.random.Generator) -> Iterator[tuple[int, Slice]]:
    """At which look which slice is called lost."""
    names, watched = list(of.judged.slices)[: len(of.labels)], tuple[WatchedSlice, ...]()
    budget = mean_looks(WATCHING, share=OF_SLICES)
    rows, errors = np.zeros(len(names), dtype=np.int64), np.zeros(len(names), dtype=np.int64)
    for look in range(looks):
        new = rng.poisson(of.labels)
        rows, errors = rows + new, errors + rng.binomial(new, of.rates)
        totals: dict[tuple[str, str], SliceTotal] = dict(
            zip(names, map(SliceTotal, rows.tolist(), errors.tolist()), strict=True)
        )
        before = {each.where for each in watched if each.loss}
        watched = watch_slices(watched, totals, of.judged, mean_looks=budget, now=START + look * HOUR)
        for each in watched:
            if each.loss and each.where not in before:
                yield look + 1, Slice(each.column, each.value)


def false_alarms(slices: int, trained: int, *, is_bound: bool, deployments: int, seed: int) -> float:
    """In 30 days, of all slices together; a tenth of their answers is wrong at training."""
    told = 0
    for number in range(deployments):
        rng = np.random.default_rng([seed, slices, trained, number])
        quiet = deployment(slices, 0.1, trained, rng)
        told += sum(1 for _ in lost_slices(at_the_bound(quiet) if is_bound else quiet, LOOKS, rng))
    return told / deployments


def looks_until_found(slices: int, rate: float, trained: int, *, times: int, seed: int) -> list[int | None]:
    """How many looks one slice of average size took among so many; None where it was not found."""
    took: list[int | None] = []
    for number in range(times):
        rng = np.random.default_rng([seed, slices, round(1000 * rate), trained, number])
        wrong = int(rng.binomial(trained, rate))
        known = AtTraining(wrong / trained, allowed_rate(rows=trained, errors=wrong, among=slices))
        judged = JudgedSlices("0" * 16, None, {Slice("carrier", str(place)): known for place in range(slices)})
        one = Deployment(judged, [rate + RISE], [LABELS])
        took.append(next((look for look, _ in lost_slices(one, MOST_LOOKS, rng)), None))
    return took


def _quiet(said: argparse.Namespace) -> list[list[str]]:
    rows = []
    for slices in (5, 20, 100):
        times = max(said.deployments // slices, 1)
        for trained, is_bound in ((1000, False), (5000, False), (1000, True)):
            alarms = false_alarms(slices, trained, is_bound=is_bound, deployments=times, seed=said.seed)
            errors = "the most allowed" if is_bound else "as at training"
            rows.append([f"{slices}", f"{trained:,}", errors, f"{times:,}", f"{alarms:.3f}"])
    return rows


def _worse(said: argparse.Namespace) -> list[list[str]]:
    rows = []
    for slices, trained in ((5, 1000), (20, 1000), (20, 5000), (100, 5000)):
        cells = []
        for rate in (0.05, 0.1, 0.2):
            took = looks_until_found(slices, rate, trained, times=said.losses, seed=said.seed)
            found = [each for each in took if each is not None]
            middle = f"{LABELS * median(found):,.0f} labels" if found else "-"
            cells.append(f"{middle} ({100 * (1 - len(found) / len(took)):.0f} %)")
        rows.append([f"{slices}", f"{trained:,}", *cells])
    return rows


def main() -> None:
    """Print the tables."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--deployments", type=int, default=DEPLOYMENTS, help="times the slices of one")
    words.add_argument("--losses", type=int, default=LOSSES)
    words.add_argument("--seed", type=int, default=1)
    said = words.parse_args()
    occasion = Occasion("numpy")
    worse = ["slices", "labels at training", *(f"{rate} % become {rate + 5} %" for rate in (5, 10, 20))]
    print(f"Labels until a loss is found, median (in brackets: not within {LABELS * MOST_LOOKS:,} labels)\n")
    print(table(worse, _worse(said)), flush=True)
    quiet = ["slices", "labels at training", "errors", "deployments", "false alarms in 30 days"]
    print(f"\nQuiet slices; the budget is {WATCHING.false_alarms_per_30_days * 0.1 * OF_SLICES:g}\n")
    print(table(quiet, _quiet(said)))
    print(f"\n{occasion}")


if __name__ == "__main__":
    main()
