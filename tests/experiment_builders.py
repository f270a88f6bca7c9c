"""What tests of experiments start from: an experiment that runs, cells of counters, and what predictions earned."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.aws.item_store import ItemStore
from sluice.aws.rewards import add_exposures, add_reward
from sluice.domain.experiment.experiment import Experiment, Mode, Phase
from sluice.domain.experiment.goal import Goal
from sluice.domain.experiment.run import Run
from sluice.domain.feedback.bucket import bucket_of
from sluice.domain.feedback.cell import Cell
from sluice.domain.feedback.item import Feedback

ID = "20261122T101500-3f9a"
T0 = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
HALF = {"champion": 50, "challenger": 50}
VERSIONS = {"champion": "1", "challenger": "2"}
_SPREAD = 5


def minutes(count: float) -> datetime:
    """So many minutes after T0."""
    return T0 + timedelta(minutes=count)


def an_experiment(**changes: Any) -> Experiment:
    """Half and half on ``booked``, asked for by Ada, running since T0."""
    usual = Experiment(
        id=ID,
        model="flights",
        variants=("champion", "challenger"),
        weights=HALF,
        goal=Goal("booked"),
        salt=ID,
        requested_by="ada",
        maturation_minutes=10,
        started_at=T0,
        phase=Phase.RUNNING,
    )
    return replace(usual, **changes)


def a_run(*, settled: bool = True, **changes: Any) -> Run:
    """Of ``an_experiment``; its weights are in effect by the routing table's revision 1."""
    usual = Run(
        an_experiment(),
        versions=VERSIONS,
        requested_at=T0,
        weights=HALF,
        before={"champion": 100},
        first_revision=1,
        table_revision=1,
        settled_at=T0 if settled else None,
    )
    return replace(usual, **changes)


def pending(**changes: Any) -> Run:
    """Asked for, and nothing done yet."""
    return a_run(settled=False, experiment=an_experiment(started_at=None, phase=Phase.PENDING), **changes)


def a_bandit(**changes: Any) -> Run:
    """As ``a_run``, with weights that follow the rewards."""
    return a_run(experiment=an_experiment(mode=Mode.BANDIT, **changes))


def a_duel(*, settled: bool = True, **changes: Any) -> Run:
    """Of two rankers whose lists are drafted, on ``clicked``; pending unless that is in effect."""
    state = {} if settled else {"started_at": None, "phase": Phase.PENDING}
    experiment = an_experiment(mode=Mode.INTERLEAVING, weights={}, goal=Goal("clicked"), **state)
    alone = {"champion": 100, "challenger": 0}
    return a_run(settled=settled, **{"experiment": experiment, "weights": alone, "before": alone, **changes})


def a_cell(variant: str, *, percent: int = 50, revision: int = 1, at: datetime = T0, version: str = "") -> Cell:
    """Of a variant that chance drew."""
    return Cell("flights", variant, version or VERSIONS[variant], bucket_of(at), percent / 100, revision)


def earn(items: ItemStore, cell: Cell, *, exposures: int, rewards: Mapping[float, int], name: str = "booked") -> None:
    """Count predictions, and how many of them earned what: equal rewards at once, in several items all the same."""
    keep = timedelta(days=30)
    items.transact([add_exposures(cell, exposures, keep=keep)])
    for value, count in rewards.items():
        for number in range(min(count, _SPREAD)):
            feedback = Feedback(f"{cell.variant}-{number}", name, value, None, cell.bucket)
            items.transact([add_reward(cell, feedback, keep=keep, sign=len(range(number, count, _SPREAD)))])
