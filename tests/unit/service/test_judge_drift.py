import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from moto import mock_aws

from sluice.aws.announcements import Announcements
from sluice.domain.errors import DriftNotAccepted, ModelNotFound, StoreUnavailable
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.watch import Watch
from sluice.domain.rollout.decision import EntryKind
from sluice.service.judge_drift import EVENTS
from tests.drift_builders import some_rows
from tests.feedback_builders import CHALLENGER, CHAMPION, T0
from tests.monitoring_builders import HOUR, Bus, World, exchange, hour, requests, traffic


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        made = World()
        made.deploy(champion=90, challenger=10)
        yield made


def warmer(rows: int, *, seed: int, by: float = 15.0) -> dict[str, Any]:
    """The same rows on warmer days."""
    return {"temp": some_rows(rows, seed=seed)["temp"] + by}


def drift(world: World, *, name: str = "warm", seed: int = 20, at: Any = T0, rows: int = 400) -> None:
    world.summarise(traffic(rows, seed=seed, at=at, **warmer(rows, seed=seed)), name=name)


def names(watch: Watch) -> list[str]:
    return [each.feature for each in watch.drifting]


def test_quiet_traffic_is_well(world: World) -> None:
    world.summarise(traffic(400, seed=10))

    champion, challenger = world.look()

    assert (champion.id, champion.slot, champion.verdict, champion.drifting) == ("1", "champion", Verdict.PASS, ())
    assert champion.reason.endswith("in 400 rows")
    assert (challenger.id, challenger.verdict) == ("2", Verdict.INCONCLUSIVE)
    assert "no rows in the last 64 hours" in challenger.reason
    assert (world.told, world.incidents()) == ([], [])


def test_a_drift_is_named_with_its_change_and_told_once(world: World) -> None:
    drift(world)

    first, _ = world.look()
    again, _ = world.look(T0 + timedelta(minutes=10))

    assert names(first) == names(again) == ["temp"]
    assert first.drifting[0].change == "location"
    assert "median moved" in first.drifting[0].reason
    assert first.drifting[0].since == hour(9)
    assert [kind for kind, _ in world.told] == list(EVENTS)
    detail = world.told[0][1]
    assert (detail["model"], detail["version"], detail["since"]) == ("flights", "1", hour(9).isoformat())
    assert [each["feature"] for each in detail["findings"]] == ["temp"]


def test_a_drift_opens_one_incident_and_is_in_the_audit(world: World) -> None:
    drift(world)

    world.look()
    world.look()

    (incident,) = world.incidents()
    assert incident.title == "flights: what version 1 is asked has drifted: temp"
    assert incident.alarms == ("sluice-flights-drift",)
    assert incident.evidence["drifting"][0]["feature"] == "temp"
    assert [entry.kind for entry in world.watches.audit("flights", "1")] == [EntryKind.DRIFTED]


def test_many_features_are_counted_and_not_all_named(world: World) -> None:
    rows = some_rows(400, seed=20)
    odd = {
        "temp": rows["temp"] + 15,
        "delay": rows["delay"] * 5,
        "seats": rows["seats"] + 4,
        "carrier": ["WN"] * 400,
    }
    said = [{"label": 1, "probabilities": [0.01, 0.99]}] * 400
    world.summarise(exchange(requests(400, seed=20, **odd), said))
    champion, _ = world.look()

    (incident,) = world.incidents()
    assert set(names(champion)) == {*odd, "predicted", "score of late"}
    assert incident.title.endswith(" and 1 more")


def test_what_has_passed_is_over_and_a_new_drift_is_news(world: World) -> None:
    drift(world)
    world.look()
    later = T0 + 70 * HOUR
    world.summarise(traffic(400, seed=30, at=later), name="cool")

    over, _ = world.look(later)
    drift(world, name="again", at=later + 70 * HOUR)
    again, _ = world.look(later + 70 * HOUR)

    assert (over.verdict, over.drifting) == (Verdict.PASS, ())
    assert names(again) == ["temp"]
    kinds = [entry.kind for entry in world.watches.audit("flights", "1")]
    assert kinds == [EntryKind.DRIFTED, EntryKind.RECOVERED, EntryKind.DRIFTED]
    assert len(world.incidents()) == 2


def test_without_data_a_drift_goes_on(world: World) -> None:
    drift(world)
    world.look()

    silent, _ = world.look(T0 + 100 * HOUR)

    assert (silent.verdict, names(silent)) == (Verdict.FAIL, ["temp"])


def test_a_challengers_drift_is_only_written_down(world: World) -> None:
    line = traffic(400, seed=20, by=CHALLENGER, **warmer(400, seed=20))
    world.summarise(line, variant="challenger")

    _, challenger = world.look()

    assert (names(challenger), challenger.slot) == (["temp"], "challenger")
    assert (world.told, world.incidents()) == ([], [])
    assert [entry.kind for entry in world.watches.audit("flights", "2")] == [EntryKind.DRIFTED]


def test_a_version_is_judged_by_what_it_was_asked_in_every_slot(world: World) -> None:
    as_challenger = replace(CHAMPION, variant="challenger")
    world.summarise(traffic(400, seed=10, by=as_challenger, at=T0 - HOUR), name="before", variant="challenger")
    world.summarise(traffic(400, seed=11), name="now")

    champion, _ = world.look()

    assert champion.rows == 800


def test_too_few_rows_are_not_judged(world: World) -> None:
    world.summarise(traffic(10, seed=10))

    champion, _ = world.look()

    assert champion.verdict is Verdict.INCONCLUSIVE
    assert "fewer than the 50 rows" in champion.reason


def test_few_rows_an_hour_are_judged_together(world: World) -> None:
    for number in range(16):
        at = T0 - HOUR * number
        world.summarise(traffic(30, seed=number, at=at, **warmer(30, seed=number)), name=f"file-{number}")

    champion, _ = world.look()

    assert names(champion) == ["temp"]


@pytest.mark.parametrize(
    ("references", "verdict", "reason"),
    [({}, Verdict.INCONCLUSIVE, "no reference.json"), ({"1": b"{"}, Verdict.ERROR, "not JSON")],
)
def test_without_a_reference_nothing_is_healthy(references: Any, verdict: Verdict, reason: str) -> None:
    with mock_aws():
        world = World(references=references)
        world.deploy(champion=100)

        (champion,) = world.look()

        assert champion.verdict is verdict
        assert reason in champion.reason


def test_a_model_that_is_not_deployed_is_refused() -> None:
    with mock_aws(), pytest.raises(ModelNotFound, match="no routing table"):
        World().look()


def test_an_event_that_is_not_taken_is_told_at_the_next_look(world: World) -> None:
    drift(world)
    refusing = Announcements(Bus(world.told, failed=1))
    services, world.services = world.services, replace(world.services, announcements=refusing)
    with pytest.raises(StoreUnavailable, match="DriftFound"):
        world.look()

    world.services = services
    world.look()

    assert [kind for kind, _ in world.told] == ["DriftFound", *EVENTS]
    assert len(world.incidents()) == 1


def test_a_person_may_accept_a_drift_and_it_is_compared_with_that(world: World) -> None:
    world.summarise(traffic(400, seed=10, at=T0 - 3 * HOUR), name="cool")
    drift(world)
    world.look()

    accepted = world.accept("it is summer")
    drift(world, name="still", seed=21, at=T0 + HOUR)
    still, _ = world.look(T0 + HOUR)

    assert accepted.accepted is not None
    assert (accepted.accepted.by, accepted.accepted.rows, accepted.accepted.since) == ("ann", 400, hour(9))
    assert (still.verdict, still.drifting) == (Verdict.PASS, ())
    assert still.rows == 800
    entry = world.watches.audit("flights", "1")[-1]
    assert (entry.kind, entry.actor, entry.reason) == (EntryKind.ACCEPTED, "ann", "it is summer")


def test_what_differs_from_the_accepted_is_a_drift(world: World) -> None:
    drift(world)
    world.look()
    world.accept()

    world.summarise(traffic(400, seed=30, at=T0 + HOUR), name="cool again")
    cool, _ = world.look(T0 + HOUR)

    assert names(cool) == ["temp"]


def test_nothing_is_accepted_where_nothing_drifts(world: World) -> None:
    world.summarise(traffic(400, seed=10))
    world.look()

    for version in ("1", "7"):
        with pytest.raises(DriftNotAccepted, match="no drift that could be accepted"):
            world.accept(version=version)


def test_too_little_is_not_accepted(world: World) -> None:
    drift(world)
    world.look()
    world.dynamodb.delete_item(TableName="state", Key=window_key(world))

    with pytest.raises(DriftNotAccepted, match="0 rows since 2026-11-21 09:00; 50 are needed"):
        world.accept()


def window_key(world: World) -> dict[str, Any]:
    items = world.dynamodb.scan(TableName="state")["Items"]
    (found,) = [item for item in items if item["pk"]["S"].startswith("WINDOW#")]
    return {name: found[name] for name in ("pk", "sk")}


def test_an_accepted_state_counted_by_other_bins_is_no_longer_compared_with(world: World) -> None:
    drift(world)
    world.look()
    world.accept()
    watch = world.watches.get("flights", "1")
    assert watch is not None
    assert watch.accepted is not None
    other = replace(watch.accepted, summary=base64.b64encode(b"\x01" + bytes(10)).decode())
    world.watches.put(replace(watch, accepted=other))

    found, _ = world.look(T0 + timedelta(minutes=5))

    assert names(found) == ["temp"]
    assert np.isfinite(found.drifting[0].effect)
