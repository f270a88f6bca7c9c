"""What does it cost to learn which variant is best? Regret of bandits: ours in batches, others request by request."""

from collections.abc import Callable, Mapping, Sequence
from math import log, sqrt
from random import Random
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from bench.measuring import table
from sluice.domain.experiment.goal import Goal
from sluice.domain.experiment.thompson import Belief, share

REQUESTS = 50_000
RUNS = 10
DELAY = 20  # batches until a reward is known
DRAWS = 300

Choose = Callable[[list[int], list[int], Random], int]


def one_by_one(choose: Choose, rates: Sequence[float], *, seed: int) -> float:
    """Regret of a rule that chooses for each request and knows each reward at once."""
    rng, pulls, wins, regret = Random(seed), [0] * len(rates), [0] * len(rates), 0.0  # noqa: S311  a simulation
    for _ in range(REQUESTS):
        arm = choose(pulls, wins, rng)
        pulls[arm] += 1
        wins[arm] += rng.random() < rates[arm]
        regret += max(rates) - rates[arm]
    return regret


def uniform(pulls: list[int], _: list[int], rng: Random) -> int:
    """An A/B test that never ends."""
    return rng.randrange(len(pulls))


def epsilon_greedy(pulls: list[int], wins: list[int], rng: Random) -> int:
    """The best so far, and in every tenth request any."""
    if rng.random() < 0.1 or not all(pulls):  # noqa: PLR2004
        return rng.randrange(len(pulls))
    return max(range(len(pulls)), key=lambda arm: wins[arm] / pulls[arm])


def ucb1(pulls: list[int], wins: list[int], _: Random) -> int:
    """Auer, Cesa-Bianchi and Fischer 2002."""
    if not all(pulls):
        return pulls.index(0)
    bonus = 2 * log(sum(pulls))
    return max(range(len(pulls)), key=lambda arm: wins[arm] / pulls[arm] + sqrt(bonus / pulls[arm]))


def in_batches(
    rates: Sequence[float], *, batch: int, floor: int, seed: int, delay: int = 0, is_pending_failure: bool = False
) -> float:
    """Regret of ours: whole-percent weights, set once a batch, from what is known by then."""
    rng, generator = Random(seed), np.random.default_rng(seed)  # noqa: S311  a simulation
    slots = ["champion", "challenger", "challenger-2", "challenger-3"][: len(rates)]
    served: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    regret = 0.0
    for number in range(REQUESTS // batch):
        rewarded = served[: max(0, number - delay)]
        beliefs = _beliefs(slots, served if is_pending_failure else rewarded, rewarded)
        weights = share(slots, beliefs, goal=Goal("goal"), floor_percent=floor, rng=rng, draws=DRAWS).weights
        requests = generator.multinomial(batch, np.array([weights[slot] for slot in slots]) / 100)
        served.append((requests, generator.binomial(requests, rates)))
        regret += float(requests @ (max(rates) - np.array(rates)))
    return regret


def _beliefs(
    slots: Sequence[str],
    counted: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    rewarded: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> Mapping[str, Belief]:
    n = sum((requests for requests, _ in counted), np.zeros(len(slots), dtype=np.int64))
    wins = sum((won for _, won in rewarded), np.zeros(len(slots), dtype=np.int64))
    return {slot: Belief(float(n[i]), float(wins[i]), float(wins[i])) for i, slot in enumerate(slots)}


def bandit_tables() -> str:
    """Regret: conversions missed in 50,000 requests for not always having served the best variant."""
    two, four = (0.10, 0.12), (0.10, 0.10, 0.11, 0.12)
    rules: dict[str, Callable[[int], float]] = {
        "uniform": lambda seed: one_by_one(uniform, two, seed=seed),
        "epsilon-greedy 0.1, a request": lambda seed: one_by_one(epsilon_greedy, two, seed=seed),
        "UCB1, a request": lambda seed: one_by_one(ucb1, two, seed=seed),
        "Sluice, batches of 100, floor 1 %": lambda seed: in_batches(two, batch=100, floor=1, seed=seed),
        "Sluice, batches of 500, floor 1 %": lambda seed: in_batches(two, batch=500, floor=1, seed=seed),
        "Sluice, batches of 2,500, floor 1 %": lambda seed: in_batches(two, batch=2500, floor=1, seed=seed),
        "Sluice, batches of 500, floor 5 %": lambda seed: in_batches(two, batch=500, floor=5, seed=seed),
    }
    rows = [[name, f"{fmean(map(rule, range(RUNS))):.0f}"] for name, rule in rules.items()]
    late = []
    for name, is_failure in (("pending counted as failures", True), ("mature rewards only (Sluice)", False)):
        cells = [
            fmean(
                in_batches(rates, batch=500, floor=1, seed=seed, delay=DELAY, is_pending_failure=is_failure)
                for seed in range(4 * RUNS)
            )
            for rates in (two, four)
        ]
        late.append([name, *(f"{cell:.0f}" for cell in cells)])
    return "\n\n".join(
        [
            table(["10 % against 12 %, 50,000 requests", "regret"], rows),
            table([f"rewards {DELAY} batches of 500 late, regret", "2 variants", "4 variants"], late),
        ]
    )
