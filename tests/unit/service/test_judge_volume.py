from collections.abc import Iterator
from dataclasses import replace

import pytest
from moto import mock_aws

from local_cloud.metrics import MetricStore, install_metrics
from local_cloud.transactions import install_transactions
from sluice.domain.errors import ModelNotFound
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.window import LENGTH
from sluice.domain.rollout.decision import EntryKind
from sluice.domain.routing import Interleaving
from tests.builders import a_routing
from tests.functional.release_sagemaker import HeldClock
from tests.monitoring_builders import World
from tests.volume_builders import DAY, LAST, NOW, changed, usual_traffic


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws(), install_transactions(), install_metrics(MetricStore(), HeldClock(NOW)):
        made = World({})
        made.deploy(champion=90, challenger=10)
        yield made


def kinds(world: World) -> list[EntryKind]:
    return [entry.kind for entry in world.volumes.audit("flights", "predictions")]


def test_usual_traffic_passes_and_is_written_down(world: World) -> None:
    world.put_predictions(usual_traffic(28))

    watch = world.look_at_volume(NOW)

    assert (watch.verdict, watch.unusual) == (Verdict.PASS, None)
    assert world.volumes.of("flights") == watch
    assert (world.told, world.incidents(), kinds(world)) == ([], [], [])


def test_a_model_that_nobody_asks_any_more_is_told_once_without_a_call_for_retraining(world: World) -> None:
    world.put_predictions(changed(usual_traffic(28), 0))

    watch = world.look_at_volume(NOW)
    again = world.look_at_volume(NOW + LENGTH)

    assert watch.unusual is not None
    assert again.unusual == watch.unusual
    ((kind, detail),) = world.told
    (finding,) = detail["findings"]
    assert (kind, detail["model"], detail["since"]) == ("VolumeUnusual", "flights", LAST.isoformat())
    assert (finding["feature"], finding["change"], finding["count"]) == ("volume", "less", 0)
    (incident,) = world.incidents()
    assert incident.title.startswith("flights is asked far less than usual: 0 predictions, ")
    assert incident.alarms == ("sluice-flights-volume",)
    assert incident.evidence["versions"] == {"champion": "1", "challenger": "2"}
    assert kinds(world) == [EntryKind.UNUSUAL]


def test_the_end_is_a_line_of_the_audit(world: World) -> None:
    world.put_predictions(changed(usual_traffic(30, until=LAST + 2 * DAY), 0))
    world.look_at_volume(NOW)

    watch = world.look_at_volume(NOW + DAY)

    assert (watch.verdict, watch.unusual) == (Verdict.PASS, None)
    assert kinds(world) == [EntryKind.UNUSUAL, EntryKind.RECOVERED]
    assert world.volumes.audit("flights", "predictions")[1].reason.startswith("volume is usual again: ")
    assert len(world.told) == 1


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_a_release_that_moves_the_traffic_is_no_news(world: World, share: float) -> None:
    counts = usual_traffic(28)
    world.put_predictions(changed(counts, 1 - share))
    world.put_predictions({LAST: counts[LAST] * share}, variant="challenger-3")

    assert world.look_at_volume(NOW).verdict is Verdict.PASS


def test_a_new_deployment_is_not_judged(world: World) -> None:
    nobody = world.look_at_volume(NOW)
    world.put_predictions(usual_traffic(1))
    first_day = world.look_at_volume(NOW)

    assert (nobody.verdict, nobody.reason) == (Verdict.INCONCLUSIVE, "not judged: no predictions are known")
    assert (first_day.verdict, first_day.unusual) == (Verdict.INCONCLUSIVE, None)


def test_lists_that_are_drafted_by_two_rankers_are_not_taken_for_more_traffic(world: World) -> None:
    world.put_predictions(changed(usual_traffic(28), 2))
    routing = world.routings.get("flights")
    assert routing is not None
    world.routings.put(replace(routing, revision=1, interleaving=Interleaving("challenger")))

    watch = world.look_at_volume(NOW)

    assert (watch.verdict, watch.unusual, watch.past_since) == (Verdict.INCONCLUSIVE, None, LAST + 2 * LENGTH)
    assert watch.reason == "not judged: two rankers are interleaved, and each list counts as two predictions"


def test_a_model_that_is_not_deployed_is_an_error(world: World) -> None:
    world.routings.put(a_routing(1, None, champion=100))
    world.dynamodb.delete_item(TableName="state", Key={"pk": {"S": "MODEL#flights"}, "sk": {"S": "ROUTING"}})

    with pytest.raises(ModelNotFound, match="flights is not deployed"):
        world.look_at_volume(NOW)
