from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from sluice.aws.item_store import ItemStore
from sluice.aws.rewards import Rewards
from sluice.domain.evidence.finding import Verdict
from sluice.domain.feedback.bucket import bucket_of
from sluice.domain.feedback.cell import Cell
from sluice.domain.rollout.findings import RewardFinding
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.rollout import ModelVersion, Phase, Position
from sluice.domain.rollout.stage import Kind, Stage
from sluice.service.weigh_rewards import weigh_rewards
from tests.builders import a_store
from tests.experiment_builders import a_cell, earn, minutes
from tests.functional.release_clients import client
from tests.functional.release_world import MODEL, World
from tests.rollout_builders import a_plan, a_rollout

AB_TEST = Stage(Kind.AB_TEST, 50, goal="booked", maturation_minutes=10)
BANDIT = Stage(Kind.BANDIT, 50, floor_percent=10, goal="booked", maturation_minutes=10)


class Log:
    """What predictions earn under a table of revision 1 that halves the traffic."""

    def __init__(self) -> None:
        dynamodb = boto3.client("dynamodb")
        a_store(dynamodb)
        self.items = ItemStore(dynamodb, table="state", sleep=lambda _: None)
        self.rewards = Rewards(self.items)

    def weigh(self, stage: Stage, now: float = 60, position: Position = Position.STAGE) -> RewardFinding | None:
        rollout = a_rollout(position, a_plan(stage))
        return weigh_rewards(rollout, self.rewards, now=minutes(now))


@pytest.fixture
def log() -> Iterator[Log]:
    with mock_aws():
        yield Log()


@pytest.mark.parametrize(
    ("challenger", "verdict"), [(180, Verdict.PASS), (5, Verdict.FAIL), (50, Verdict.INCONCLUSIVE)]
)
def test_an_ab_test_of_a_rollout_is_decided_by_its_rewards(log: Log, challenger: int, verdict: Verdict) -> None:
    earn(log.items, a_cell("champion"), exposures=900, rewards={1: 45})
    earn(log.items, a_cell("challenger"), exposures=900, rewards={1: challenger})

    found = log.weigh(AB_TEST)

    assert found is not None
    assert (found.verdict, found.weights) == (verdict, {})
    assert "challenger" in found.reason


def test_amounts_are_compared_as_amounts(log: Log) -> None:
    earn(log.items, a_cell("champion"), exposures=200, rewards={2.5: 60})
    earn(log.items, a_cell("challenger"), exposures=200, rewards={40: 60})

    found = log.weigh(AB_TEST)

    assert found is not None
    assert found.verdict is Verdict.PASS
    assert "booked +11.2" in found.reason


def test_a_bandit_of_a_rollout_gets_its_next_weights_and_the_same_as_long_as_nothing_has_matured(log: Log) -> None:
    earn(log.items, a_cell("champion"), exposures=90, rewards={1: 4})
    earn(log.items, a_cell("challenger"), exposures=90, rewards={1: 60})

    found, again = log.weigh(BANDIT, 60), log.weigh(BANDIT, 62)

    assert found is not None
    assert found.weights == {"champion": 10, "challenger": 90}
    assert again is not None
    assert again.weights == found.weights


def test_where_rewards_do_not_decide_or_none_has_matured_nothing_is_said(log: Log) -> None:
    earn(log.items, a_cell("champion", at=minutes(55)), exposures=90, rewards={1: 4})
    earn(log.items, a_cell("champion", version="0"), exposures=90, rewards={1: 4})

    assert log.weigh(AB_TEST) is None
    assert log.weigh(Stage(Kind.WEIGHT, 50)) is None
    assert log.weigh(AB_TEST, position=Position.BAKING) is None


def test_a_rollout_compares_its_two_versions(log: Log) -> None:
    earn(log.items, a_cell("champion"), exposures=90, rewards={1: 4})
    other = replace(a_rollout(plan=a_plan(AB_TEST)), previous=ModelVersion("0", "s3://models/0.tar.gz"))

    assert weigh_rewards(other, log.rewards, now=minutes(60)) is None


def put_rewards(world: World, **rates: float) -> None:
    """In the five minutes of this moment, two hundred predictions of each variant earn so often."""
    items = ItemStore(client("dynamodb"), table="state", sleep=lambda _: None)
    table = world.table()
    for variant, rate in rates.items():
        chance, version = table.weights[variant] / 100, table.versions[variant]
        cell = Cell(MODEL, variant, version, bucket_of(world.clock.now()), chance, table.revision)
        earn(items, cell, exposures=200, rewards={1: round(rate * 200)})


@pytest.mark.parametrize(
    ("rate", "phase", "verdicts"),
    [(0.5, Phase.SUCCEEDED, []), (0.02, Phase.ABORTED, ["fail"])],
    ids=["better", "worse"],
)
def test_a_release_with_an_ab_test_ends_as_its_rewards_say(
    world: World, rate: float, phase: Phase, verdicts: list[str]
) -> None:
    stage = Stage(Kind.AB_TEST, 50, 5, goal="booked", maturation_minutes=5)
    rollout = world.start("v2", Plan("ab_test", (stage,), Bake(0, 0)))
    world.run(5)
    put_rewards(world, champion=0.2, challenger=rate)

    over = world.run_until_over(rollout, most_minutes=40)

    assert over.phase is phase
    assert any("booked" in entry.reason for entry in world.audit(rollout.id))
    incidents = world.services().incidents.list(MODEL)
    assert [each.evidence["findings"]["rewards"]["verdict"] for each in incidents] == verdicts


def test_a_release_with_a_bandit_follows_its_rewards(world: World) -> None:
    stage = Stage(Kind.BANDIT, 50, 30, floor_percent=10, goal="booked", maturation_minutes=5)
    world.start("v2", Plan("bandit", (stage,), Bake(0, 0)))
    world.run(5)
    put_rewards(world, champion=0.2, challenger=0.4)

    world.run(15)

    assert world.table().weights == {"champion": 10, "challenger": 90}
