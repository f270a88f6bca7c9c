"""How often is an experiment wrong when one keeps looking, and what does it cost to learn? Simulated, beside others."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from math import sqrt
from statistics import NormalDist, fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.experiment_bandits import bandit_tables
from bench.measuring import Occasion, table
from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.experiment import Experiment
from sluice.domain.experiment.goal import Goal, GoalKind
from sluice.domain.experiment.observation import Arm, Observation, Stratum
from sluice.domain.experiment.verdict import Verdict, conclude

PEEK_RUNS = 200
LOOKS = 200
STEP = 100  # outcomes of each variant between two looks
NOW = datetime(2026, 11, 22, tzinfo=UTC)
HALF = {"champion": 50, "challenger": 50}
CONFIDENT = NormalDist().inv_cdf(0.975)

Draw = Callable[[np.random.Generator], NDArray[np.float64]]
Looks = tuple[list[Sums], list[Sums]]


class Ending(NamedTuple):
    """The verdict, None for undecided, and the outcomes of each variant it took."""

    verdict: Verdict | None
    n: int


class Case(NamedTuple):
    """Two variants' outcomes between two looks."""

    champion: Draw
    challenger: Draw
    kind: GoalKind = GoalKind.BINARY


def _binary(rate: float) -> Draw:
    return lambda generator: generator.binomial(1, rate, STEP).astype(float)


def _lognormal(generator: np.random.Generator) -> NDArray[np.float64]:
    return generator.lognormal(0.0, 1.5, STEP)


CASES = {
    "2 %, equal": Case(_binary(0.02), _binary(0.02)),
    "10 %, equal": Case(_binary(0.10), _binary(0.10)),
    "lognormal, equal": Case(_lognormal, _lognormal, GoalKind.MEAN),
    "2 to 2.6 %": Case(_binary(0.02), _binary(0.026)),
    "2 to 4 %": Case(_binary(0.02), _binary(0.04)),
    "10 to 12 %": Case(_binary(0.10), _binary(0.12)),
}


def looks_of(case: Case, *, seed: int) -> Looks:
    """What is known of champion and challenger at each look."""
    generator = np.random.default_rng(seed)

    def batch(draw: Draw) -> Sums:
        values = draw(generator)
        return Sums(STEP, float(values.sum()), float((values**2).sum()))

    champion, challenger = (
        list(accumulate(batch(draw) for _ in range(LOOKS))) for draw in (case.champion, case.challenger)
    )
    return champion, challenger


def _experiment(kind: GoalKind) -> Experiment:
    goal = Goal("goal", kind, cap=1 if kind is GoalKind.BINARY else 1e9)
    return Experiment("bench", "model", tuple(HALF), HALF, goal, "salt", "bench", horizon_days=365)


def sluice(looks: Looks, kind: GoalKind) -> Ending:
    """Ours: the verdict at every look."""
    experiment = _experiment(kind)
    for champion, challenger in zip(*looks, strict=True):
        arms = {"champion": Arm(champion.n, champion), "challenger": Arm(challenger.n, challenger)}
        seen = Observation((Stratum(HALF, arms),))
        verdict = conclude(experiment, seen, outcomes_per_hour=0, now=NOW).verdict
        if verdict is not Verdict.KEEP_GOING:
            return Ending(verdict, champion.n)
    return Ending(None, LOOKS * STEP)


def z_at_every_look(looks: Looks, _: GoalKind) -> Ending:
    """The usual dashboard: significant as soon as p < 0.05."""
    return next((one for one in map(_by_z, *looks) if one.verdict), Ending(None, LOOKS * STEP))


def z_at_the_end(looks: Looks, _: GoalKind) -> Ending:
    """The textbook: one look, at a number of outcomes fixed in advance."""
    champion, challenger = looks
    return _by_z(champion[-1], challenger[-1])


def _by_z(champion: Sums, challenger: Sums) -> Ending:
    error = sqrt(champion.spread / champion.n**2 + challenger.spread / challenger.n**2)
    difference = challenger.mean - champion.mean
    if not error or abs(difference) < CONFIDENT * error:
        return Ending(None, champion.n)
    return Ending(Verdict.SHIP if difference > 0 else Verdict.STOP, champion.n)


RULES = {"z test at every look": z_at_every_look, "z test at the end": z_at_the_end, "Sluice": sluice}


def peeking_table() -> str:
    """Every rule on the same outcomes: how often a verdict, and after how many outcomes of each variant."""
    endings: dict[str, list[list[Ending]]] = {name: [] for name in RULES}
    for case in CASES.values():
        looks = [looks_of(case, seed=seed) for seed in range(PEEK_RUNS)]
        for name, rule in RULES.items():
            endings[name].append([rule(one, case.kind) for one in looks])
    rows = [[name, *map(_peeking_cell, CASES, cases)] for name, cases in endings.items()]
    return table(["verdicts", *CASES], rows)


def _peeking_cell(case: str, endings: Sequence[Ending]) -> str:
    if case.endswith("equal"):
        return f"{fmean(one.verdict in {Verdict.SHIP, Verdict.STOP} for one in endings):.1%}"
    shipped = fmean(one.verdict is Verdict.SHIP for one in endings)
    return f"{shipped:.0%}, n {fmean(one.n for one in endings):,.0f}"


def ramp_table() -> str:
    """Equal variants; the challenger grows from 10 to 50 % while everybody's rate rises from 2 to 10 %."""
    verdicts: dict[str, list[bool]] = {"z test of the totals": [], "Sluice": []}
    for seed in range(PEEK_RUNS):
        generator, strata = np.random.default_rng(seed), []
        for percent, rate in ((10, 0.02), (25, 0.05), (50, 0.10)):
            sizes = {"champion": 50 * (100 - percent), "challenger": 50 * percent}
            sums = {slot: Sums(n, *2 * (float(generator.binomial(n, rate)),)) for slot, n in sizes.items()}
            weights = {"champion": 100 - percent, "challenger": percent}
            strata.append(Stratum(weights, {slot: Arm(one.n, one) for slot, one in sums.items()}))
        seen = Observation(tuple(strata))
        totals = _by_z(seen.arm("champion").outcomes, seen.arm("challenger").outcomes)
        verdicts["z test of the totals"].append(totals.verdict is not None)
        ours = conclude(_experiment(GoalKind.BINARY), seen, outcomes_per_hour=0, now=NOW).verdict
        verdicts["Sluice"].append(ours in {Verdict.SHIP, Verdict.STOP})
    return table(["equal variants, moving base rate", "wrong"], [[k, f"{fmean(v):.1%}"] for k, v in verdicts.items()])


def main() -> None:
    """Simulate and print."""
    occasion = Occasion("numpy")
    print(f"{peeking_table()}\n\n{ramp_table()}\n\n{bandit_tables()}\n\n{occasion}\n")


if __name__ == "__main__":
    main()
