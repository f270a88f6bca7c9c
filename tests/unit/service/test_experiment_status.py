from collections.abc import Iterator, Mapping
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from sluice.aws.experiments import Experiments
from sluice.aws.item_store import ItemStore
from sluice.aws.rewards import Rewards
from sluice.domain.errors import ExperimentRefused, InvalidWeights, PropensityMissing
from sluice.domain.experiment.interleaving import Duels
from sluice.domain.experiment.off_policy import OffPolicy
from sluice.domain.experiment.run import Run
from sluice.domain.experiment.verdict import Verdict
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.service.experiment_status import Status, evaluate_policy, experiment_status
from tests.builders import a_store
from tests.experiment_builders import HALF, T0, a_cell, a_duel, a_run, earn, minutes


class Log:
    """An experiment whose table of revision 1 halves the traffic, and what predictions earn."""

    def __init__(self) -> None:
        client = boto3.client("dynamodb")
        a_store(client)
        self.items = ItemStore(client, table="state", sleep=lambda _: None)
        self.experiments = Experiments(client, table="state")
        self.rewards = Rewards(self.items)
        details = {"weights": HALF, "revision": 1}
        self.run = self.tell(a_run(), EntryKind.STARTED, details)
        self.duel = replace(a_duel(), experiment=replace(a_duel().experiment, id="duel"))

    def tell(self, run: Run, kind: EntryKind, details: Mapping[str, object]) -> Run:
        return self.experiments.put(run, Entry(kind, "controller", "", T0, details))

    def status(self, now: float) -> Status:
        return experiment_status(self.run, experiments=self.experiments, rewards=self.rewards, now=minutes(now))

    def begin_duel(self) -> None:
        """Lists are drafted by the table of revision 1; stopping it wrote another."""
        on = {"weights": self.duel.weights, "revision": 1, "interleaving": "challenger"}
        self.run = self.tell(self.duel, EntryKind.STARTED, on)
        self.run = self.tell(self.run, EntryKind.SHIFTED, {"weights": self.duel.weights, "revision": 2})

    def evaluate(self, now: float, **policy: int) -> OffPolicy:
        return evaluate_policy(self.run, policy, experiments=self.experiments, rewards=self.rewards, now=minutes(now))


@pytest.fixture
def log() -> Iterator[Log]:
    with mock_aws():
        yield Log()


def test_only_what_has_matured_counts(log: Log) -> None:
    earn(log.items, a_cell("champion"), exposures=40, rewards={1: 4})
    earn(log.items, a_cell("champion", at=minutes(5)), exposures=7, rewards={1: 1})

    early, later, last = (log.status(now).observation.arm("champion").units for now in (14, 15, 20))

    assert (early, later, last) == (0, 40, 47)
    assert log.status(22).counted_until == minutes(10)


def test_what_other_tables_drew_does_not_count(log: Log) -> None:
    ended = {"weights": {"champion": 100, "challenger": 0}, "revision": 2}
    log.tell(log.run, EntryKind.SHIFTED, ended)
    earn(log.items, a_cell("champion", percent=100, revision=2), exposures=40, rewards={})
    earn(log.items, a_cell("champion", revision=3), exposures=40, rewards={})

    assert log.status(60).observation.strata == ()


def test_the_verdict_has_its_sentence_its_interval_and_what_is_left(log: Log) -> None:
    earn(log.items, a_cell("champion"), exposures=900, rewards={1: 90})
    earn(log.items, a_cell("challenger"), exposures=900, rewards={1: 99})

    found = log.status(65).conclusion

    assert found.verdict is Verdict.KEEP_GOING
    assert found.sentence.startswith("Keep going with challenger: not decided yet")
    (comparison,) = found.comparisons
    assert comparison.outcomes == 1800
    assert comparison.hours_left is not None
    assert comparison.hours_left > 1


def test_a_variant_that_is_better_is_to_be_shipped(log: Log) -> None:
    earn(log.items, a_cell("champion"), exposures=900, rewards={1: 45})
    earn(log.items, a_cell("challenger"), exposures=900, rewards={1: 180})

    found = log.status(60).conclusion

    assert (found.verdict, found.winner) == (Verdict.SHIP, "challenger")


def test_a_variant_that_loses_its_answers_is_seen(log: Log) -> None:
    earn(log.items, a_cell("champion"), exposures=900, rewards={1: 45})
    earn(log.items, a_cell("challenger"), exposures=300, rewards={1: 180})

    assert log.status(60).conclusion.verdict is Verdict.HOLD


def test_other_weights_are_valued_from_the_same_counters(log: Log) -> None:
    for number in range(2):
        earn(log.items, a_cell("champion", at=minutes(5 * number)), exposures=100, rewards={1: 10})
        earn(log.items, a_cell("challenger", at=minutes(5 * number)), exposures=100, rewards={1: 30})

    found = log.evaluate(60, champion=20, challenger=80)

    assert found.ips.estimate == pytest.approx(0.2 * 0.1 + 0.8 * 0.3)
    assert found.doubly_robust is not None
    assert found.doubly_robust.estimate == pytest.approx(0.26)


def test_nothing_is_estimated_from_nothing(log: Log) -> None:
    with pytest.raises(PropensityMissing, match="no outcome of experiment"):
        log.evaluate(60, champion=20, challenger=80)
    with pytest.raises(InvalidWeights):
        log.evaluate(60, champion=20)


WINS = "clicked:draft"


def test_lists_that_both_rankers_drafted_are_counted_whoever_they_are_credited_to(log: Log) -> None:
    log.begin_duel()
    earn(log.items, a_cell("champion"), exposures=120, rewards={1: 60, 0: 30, 0.5: 8}, name=WINS)
    earn(log.items, a_cell("challenger"), exposures=4, rewards={1: 2, 0.5: 1}, name=WINS)

    found = log.status(60)

    assert (found.duels, found.lists) == (Duels(treatment=62, control=30, ties=9), 124)
    assert found.conclusion.verdict is Verdict.SHIP
    assert "It won 62 of 92 decided lists" in found.conclusion.sentence


def test_of_lists_only_what_both_versions_drafted_by_its_own_tables_counts(log: Log) -> None:
    log.begin_duel()
    others = [
        a_cell("champion", percent=100),
        a_cell("champion", revision=2),
        a_cell("challenger", version="3"),
        a_cell("challenger", at=minutes(55)),
    ]
    for cell in others:
        earn(log.items, cell, exposures=9, rewards={1: 9}, name=WINS)
    earn(log.items, a_cell("champion"), exposures=9, rewards={1: 9}, name="clicked")

    found = log.status(60)

    assert (found.duels, found.lists) == (Duels(), 9)
    assert found.conclusion.verdict is Verdict.KEEP_GOING


def test_interleaving_tells_nothing_of_other_weights(log: Log) -> None:
    log.begin_duel()

    with pytest.raises(ExperimentRefused, match="within each list"):
        log.evaluate(60, champion=20, challenger=80)
