"""How often is quiet traffic called unusual, and how soon are a stop and a tripling found? Simulated, hour by hour."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import NamedTuple

import numpy as np

from bench.measuring import Occasion, table
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.volume import READ_BACK
from sluice.domain.monitoring.watch_volume import SETTLING, VolumeNews, VolumeWatch, watch_volume
from sluice.domain.monitoring.window import LENGTH

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
WATCHING = Watching(60, 1.0, 100, timedelta(days=90))
DAY_HOURS, WEEK = 24, 7
QUIET_DAYS, DEPLOYMENTS = 120, 40
PEAKS = (10, 100, 1000, 100_000)
LEARNT_DAYS = (10, 35)
FAULTS, SOON_HOURS, MOST_HOURS = 200, 2, 48
CYCLE, WEEKEND = 6.0, 0.5  # afternoons to nights, weekends to weekdays
DAY_NOISE, HOUR_NOISE, MEMORY = 0.12, 0.10, 0.7  # of logarithms; that of an hour remembers the hour before


class Found(NamedTuple):
    """How soon something was found.

    Attributes:
        soon: Share that the look after the second full hour had found.
        missed: Share that was not found in two days.

    """

    soon: float
    missed: float


def traffic(peak: float, days: int, rng: np.random.Generator) -> list[float]:
    """Predictions by the hour: a day's cycle, quiet weekends, better and worse days and hours, and Poisson counts."""
    hours = np.arange(days * DAY_HOURS)
    cycle = (np.cos(2 * np.pi * (hours % DAY_HOURS - 15) / DAY_HOURS) - 1) / 2 * np.log(CYCLE)
    weekend = np.where(hours // DAY_HOURS % WEEK >= WEEK - 2, np.log(WEEKEND), 0.0)
    by_day = np.repeat(rng.normal(0, DAY_NOISE, days), DAY_HOURS)
    by_hour, shocks = np.zeros(len(hours)), rng.normal(0, HOUR_NOISE * np.sqrt(1 - MEMORY**2), len(hours))
    for hour in range(1, len(hours)):
        by_hour[hour] = MEMORY * by_hour[hour - 1] + shocks[hour]
    counts: list[float] = rng.poisson(peak * np.exp(cycle + weekend + by_day + by_hour)).tolist()
    return counts


def look(before: VolumeWatch, known: Mapping[datetime, float], hours: int) -> VolumeNews:
    """Look once so many hours are over."""
    return watch_volume(before, known, WATCHING, now=START + hours * LENGTH + SETTLING)


def false_alarms(peak: float, *, deployments: int, seed: int) -> float:
    """In 30 days, from the first day on."""
    told = 0
    for number in range(deployments):
        watch, known = nothing_known(), dict[datetime, float]()
        for hour, count in enumerate(traffic(peak, QUIET_DAYS, np.random.default_rng([seed, number]))):
            if count:
                known[START + hour * LENGTH] = count
            known.pop(START + hour * LENGTH - READ_BACK, None)
            news = look(watch, known, hour + 1)
            watch, told = news.watch, told + (news.begun is not None)
    return told / (deployments * QUIET_DAYS / 30)


def found(peak: float, factor: float, days: int, *, faults: int, seed: int) -> Found:
    """After so many days the traffic becomes ``factor`` of what it was, at any full hour of a week."""
    took = []
    for number in range(faults):
        rng = np.random.default_rng([seed, days, number])
        at = days * DAY_HOURS + int(rng.integers(WEEK * DAY_HOURS))
        counts = traffic(peak, days + WEEK + MOST_HOURS // DAY_HOURS, rng)
        changed = counts[:at] + [round(factor * count) for count in counts[at:]]
        took.append(_hours_until_found(changed, at))
    return Found(fmean(each <= SOON_HOURS for each in took), fmean(each > MOST_HOURS for each in took))


def _hours_until_found(counts: Sequence[float], at: int) -> int:
    for hours in range(at + 1, at + MOST_HOURS + 1):
        first = max(hours - READ_BACK // LENGTH, 0)
        known = {START + place * LENGTH: counts[place] for place in range(first, hours) if counts[place]}
        if look(nothing_known(), known, hours).watch.verdict is Verdict.FAIL:
            return hours - at
    return MOST_HOURS + 1


def nothing_known() -> VolumeWatch:
    """Before the first look."""
    return VolumeWatch("flights", START, Verdict.INCONCLUSIVE, "")


def measure(deployments: int, faults: int, seed: int) -> Mapping[float, tuple[float, Sequence[Found]]]:
    """By peak: false alarms in 30 days; a stop and a tripling after 10 and after 35 days."""
    return {
        peak: (
            false_alarms(peak, deployments=deployments, seed=seed),
            [found(peak, factor, days, faults=faults, seed=seed) for days in LEARNT_DAYS for factor in (0.0, 3.0)],
        )
        for peak in PEAKS
    }


def main() -> None:
    """Print the tables."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--deployments", type=int, default=DEPLOYMENTS)
    words.add_argument("--faults", type=int, default=FAULTS)
    words.add_argument("--seed", type=int, default=1)
    said = words.parse_args()
    occasion = Occasion("numpy")
    measured = measure(said.deployments, said.faults, said.seed)
    kinds = [f"{what}, {days} days known" for days in LEARNT_DAYS for what in ("stop", "tripled")]
    rows = [
        [f"{peak:,}", f"{alarms:.3f}", *(f"{100 * each.soon:.0f} % ({100 * each.missed:.0f} %)" for each in sights)]
        for peak, (alarms, sights) in measured.items()
    ]
    print(f"{said.deployments} deployments of {QUIET_DAYS} days; {said.faults} faults of each kind: found by the look")
    print(f"after {SOON_HOURS} full hours (in brackets: not found in {MOST_HOURS})\n")
    print(table(["predictions in the busiest hour", "false alarms in 30 days", *kinds], rows))
    print(f"\n{occasion}")


if __name__ == "__main__":
    main()
