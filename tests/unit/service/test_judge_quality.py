import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.aws.announcements import Announcements
from sluice.domain.errors import StoreUnavailable
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.quality import Basis
from sluice.domain.monitoring.watch import Watch
from sluice.domain.rollout.decision import EntryKind
from sluice.service.judge_drift import EVENTS
from tests.builders import a_routing
from tests.drift_builders import a_reference
from tests.drift_files import SIGNATURE
from tests.feedback_builders import CHALLENGER, T0
from tests.label_builders import bring, some_labels
from tests.monitoring_builders import HOUR, Bus, World, hour, traffic
from tests.number_builders import a_number_reference, some_number_labels


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws(), install_transactions():
        made = World()
        made.deploy(champion=90, challenger=10)
        yield made


def lose(world: World, **which: Any) -> None:
    """Half of the answers turn out to be wrong."""
    bring(world.items, some_labels(300, seed=1, wrong=0.5, **which))


def loss_of(watch: Watch) -> Any:
    assert watch.quality is not None
    return watch.quality.loss


def kinds(world: World, version: str = "1") -> list[EntryKind]:
    return [entry.kind for entry in world.watches.audit("flights", version)]


def test_by_a_reference_with_its_classes_the_wrong_way_round_nothing_is_judged(world: World) -> None:
    served = replace(SIGNATURE, version="1", classes=SIGNATURE.classes[::-1])
    world.routings.put(a_routing(1, served, champion=90, challenger=10))
    lose(world)

    champion, _ = world.look_at_quality()

    assert (champion.verdict, champion.quality) == (Verdict.ERROR, None)
    assert "the classes of the signature are late, on_time" in champion.reason
    assert world.told == []


def test_labels_as_good_as_at_training_pass(world: World) -> None:
    bring(world.items, some_labels(300, seed=1))

    champion, challenger = world.look_at_quality()

    assert champion.quality is not None
    assert (champion.quality.verdict, champion.quality.basis, champion.quality.rows) == (
        Verdict.PASS,
        Basis.MEASURED,
        300,
    )
    assert "measured by 300 labels since 2026-11-21 09:00" in champion.quality.reason
    assert challenger.quality is not None
    assert challenger.quality.basis is Basis.UNKNOWN
    assert world.watches.get("flights", "1") == champion
    assert (world.told, world.incidents()) == ([], [])


def test_without_labels_quality_is_estimated_from_scores(world: World) -> None:
    world.summarise(traffic(400, seed=10))

    champion, _ = world.look_at_quality()

    assert champion.quality is not None
    assert (champion.quality.verdict, champion.quality.basis) == (Verdict.INCONCLUSIVE, Basis.ESTIMATED)
    assert "estimated from the scores of 400 rows: no label has come" in champion.quality.reason


def test_a_loss_is_told_once_with_its_numbers(world: World) -> None:
    lose(world)

    champion, _ = world.look_at_quality()
    again, _ = world.look_at_quality(T0 + timedelta(minutes=10))

    assert loss_of(again) == loss_of(champion)
    assert [kind for kind, _ in world.told] == list(EVENTS)
    detail = world.told[0][1]
    (finding,) = detail["findings"]
    assert (detail["model"], detail["version"], detail["since"]) == ("flights", "1", hour(9).isoformat())
    assert (finding["feature"], finding["change"], finding["labels"]) == ("quality", "quality", 300)
    assert "% of the newest 300 labelled predictions were wrong" in finding["reason"]
    (incident,) = world.incidents()
    assert incident.title.startswith("flights: version 1 is wrong more often than at training: ")
    assert incident.alarms == ("sluice-flights-quality",)
    assert incident.evidence["quality"]["rows"] == 300
    assert kinds(world) == [EntryKind.WORSENED]


def test_a_look_without_anything_new_writes_nothing(world: World) -> None:
    lose(world)
    first, _ = world.look_at_quality()

    second, _ = world.look_at_quality(T0)

    assert second.revision == first.revision + 1  # that of the look for drift


def test_recovery_is_told_and_another_loss_is_news(world: World) -> None:
    lose(world)
    world.look_at_quality()
    bring(world.items, some_labels(500, seed=2, at=T0 + HOUR))

    well, _ = world.look_at_quality(T0 + HOUR)
    bring(world.items, some_labels(500, seed=3, at=T0 + 2 * HOUR, wrong=0.5))
    lost, _ = world.look_at_quality(T0 + 2 * HOUR)

    assert loss_of(well) is None
    assert loss_of(lost).since == hour(11)
    assert kinds(world) == [EntryKind.WORSENED, EntryKind.RECOVERED, EntryKind.WORSENED]
    assert world.watches.audit("flights", "1")[1].reason.startswith("quality is well again: accuracy 0.")
    assert len(world.incidents()) == 2


def test_a_challengers_loss_is_only_written_down(world: World) -> None:
    lose(world, by=CHALLENGER)

    _, challenger = world.look_at_quality()

    assert loss_of(challenger) is not None
    assert (world.told, world.incidents()) == ([], [])
    assert kinds(world, "2") == [EntryKind.WORSENED]


def test_an_event_that_is_not_taken_is_told_at_the_next_look(world: World) -> None:
    lose(world)
    refusing = Announcements(Bus(world.told, failed=1))
    services, world.services = world.services, replace(world.services, announcements=refusing)
    with pytest.raises(StoreUnavailable, match="DriftFound"):
        world.look_at_quality()

    world.services = services
    world.look_at_quality()

    assert [kind for kind, _ in world.told] == ["DriftFound", *EVENTS]
    assert len(world.incidents()) == 1
    assert kinds(world) == [EntryKind.WORSENED]


def test_labels_of_a_version_that_is_no_longer_served_are_counted(world: World) -> None:
    world.look_at_quality()
    world.routings.put(a_routing(1, SIGNATURE, champion=100))
    lose(world, by=CHALLENGER)

    world.look_at_quality(T0 + HOUR)

    assert world.outcomes.total("flights", "2", a_reference().binning.id).rows == 300
    assert kinds(world, "2") == []


def test_old_labels_are_shown_when_there_are_no_newer_ones(world: World) -> None:
    bring(world.items, some_labels(60, seed=1, at=T0 - timedelta(days=20)))
    bring(world.items, some_labels(60, seed=2, at=T0 - timedelta(days=29, hours=20)))

    champion, _ = world.look_at_quality()

    assert champion.quality is not None
    assert champion.quality.rows == 120


def test_many_new_labels_are_read_alone(world: World) -> None:
    bring(world.items, some_labels(1000, seed=1))
    bring(world.items, some_labels(60, seed=2, at=T0 - timedelta(days=20)))

    champion, _ = world.look_at_quality()

    assert champion.quality is not None
    assert champion.quality.rows == 1000


@pytest.fixture
def numbers() -> Iterator[World]:
    """Of a model that answers a number."""
    text = json.dumps(a_number_reference().to_dict()).encode()
    with mock_aws(), install_transactions():
        made = World(references={"1": text, "2": text})
        made.deploy(champion=90, challenger=10)
        yield made


def test_numbers_as_far_off_as_at_training_pass(numbers: World) -> None:
    bring(numbers.items, some_number_labels(300, seed=1))

    champion, challenger = numbers.look_at_quality()

    assert champion.quality is not None
    assert (champion.quality.verdict, champion.quality.rows) == (Verdict.PASS, 300)
    assert champion.quality.reason.startswith("mean absolute error 2.")
    assert challenger.quality is not None
    assert challenger.quality.reason == "nothing is known: no label has come"
    assert numbers.watches.get("flights", "1") == champion
    assert (numbers.told, numbers.incidents()) == ([], [])


def test_numbers_further_off_are_a_loss_that_is_told_once(numbers: World) -> None:
    bring(numbers.items, some_number_labels(300, seed=1, shift=6.0))

    champion, _ = numbers.look_at_quality()
    again, _ = numbers.look_at_quality(T0 + timedelta(minutes=10))

    assert loss_of(again) == loss_of(champion)
    assert [kind for kind, _ in numbers.told] == list(EVENTS)
    (finding,) = numbers.told[0][1]["findings"]
    assert (finding["feature"], finding["labels"]) == ("quality", 300)
    assert "% of the newest 300 labelled predictions were off by more than 5," in finding["reason"]
    (incident,) = numbers.incidents()
    assert incident.alarms == ("sluice-flights-quality",)
    assert incident.evidence["quality"]["numbers"]["bias"] == pytest.approx(6, abs=0.5)
    assert kinds(numbers) == [EntryKind.WORSENED]


@pytest.mark.parametrize("references", [{}, {"1": b"{"}])
def test_without_a_reference_nothing_is_known_and_labels_wait(references: dict[str, bytes]) -> None:
    with mock_aws(), install_transactions():
        world = World(references=references)
        world.deploy(champion=100)
        lose(world)

        (champion,) = world.look_at_quality()

        assert champion.quality is None
        assert len(list(world.outcomes.waiting("flights", "1"))) == 300
