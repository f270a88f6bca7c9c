from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from moto import mock_aws

from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.watch import Watch
from sluice.service.accept_drift import Acceptance, accept_drift
from tests.feedback_builders import T0
from tests.monitoring_builders import WATCHING, World, traffic
from tests.unit.service.test_judge_drift import warmer

WEEK = timedelta(weeks=1)
BY_WEEK = replace(WATCHING, by_week=True, keep=timedelta(days=60))


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        made = World(watching=BY_WEEK)
        made.deploy(champion=90, challenger=10)
        yield made


def quiet(world: World, at: datetime, *, seed: int) -> None:
    world.summarise(traffic(400, seed=seed, at=at), name=f"quiet-{seed}")


def warm(world: World, at: datetime, *, seed: int) -> None:
    world.summarise(traffic(400, seed=seed, at=at, **warmer(400, seed=seed)), name=f"warm-{seed}")


def looked(world: World, at: datetime = T0) -> Watch:
    champion, _ = world.look(at)
    return champion


def test_what_is_as_in_the_same_hours_of_earlier_weeks_is_no_drift(world: World) -> None:
    for week, seed in enumerate((20, 21, 22)):
        warm(world, T0 - week * WEEK, seed=seed)

    found = looked(world)

    assert (found.verdict, found.drifting) == (Verdict.PASS, ())
    assert "earlier weeks" not in found.reason


def test_what_is_not_is_one_though_training_knew_it(world: World) -> None:
    warm(world, T0 - WEEK, seed=20)
    warm(world, T0 - 2 * WEEK, seed=21)
    quiet(world, T0, seed=22)

    assert [each.feature for each in looked(world).drifting] == ["temp"]


def test_only_the_same_hours_count(world: World) -> None:
    warm(world, T0 - WEEK - timedelta(hours=3), seed=20)
    quiet(world, T0 - WEEK, seed=21)
    warm(world, T0, seed=22)

    assert [each.feature for each in looked(world).drifting] == ["temp"]


def test_in_its_first_week_a_version_is_compared_with_training_and_it_is_said(world: World) -> None:
    warm(world, T0, seed=20)

    found = looked(world)

    assert [each.feature for each in found.drifting] == ["temp"]
    assert found.reason.endswith("not compared with earlier weeks: they have fewer than 50 rows")


def test_what_was_before_an_acceptance_is_no_past(world: World) -> None:
    quiet(world, T0 - WEEK, seed=20)
    warm(world, T0, seed=21)
    looked(world)
    accept_drift(Acceptance("flights", "1", "ann", "summer"), BY_WEEK, world.services, now=T0)

    accepted = looked(world)
    warm(world, T0 + WEEK, seed=22)
    a_week_later = looked(world, T0 + WEEK)

    assert (accepted.verdict, accepted.reason.endswith("fewer than 50 rows")) == (Verdict.PASS, True)
    assert (a_week_later.verdict, "earlier weeks" in a_week_later.reason) == (Verdict.PASS, False)
