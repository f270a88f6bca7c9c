from collections.abc import Iterator
from datetime import timedelta

import pytest
from moto import mock_aws

from sluice.service.report_unmatched import report_unmatched
from tests.feedback_builders import T0, World, answered, said

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World()


def report(world: World, after: timedelta) -> list[str]:
    return [prediction_id for prediction_id, _ in report_unmatched(world.ledger, now=T0 + after)]


def test_feedback_that_waited_for_a_day_in_vain_is_reported_once(world: World) -> None:
    world.say(said("never-made"))

    assert report(world, 24 * HOUR) == []
    assert list(report_unmatched(world.ledger, now=T0 + 25 * HOUR)) == [
        ("never-made", T0.replace(minute=0)),
    ]
    assert report(world, 26 * HOUR) == []


def test_feedback_that_joined_meanwhile_is_not_reported(world: World) -> None:
    world.say(said("p-1"))
    world.index(answered("p-1"))

    assert report(world, 25 * HOUR) == []
    assert not any(item["pk"]["S"].startswith("WAITING#") for item in world.stored())


def test_a_report_that_did_not_run_is_made_up_for(world: World) -> None:
    world.say(said("never-made"))

    assert report(world, 60 * HOUR) == ["never-made"]


def test_a_prediction_that_comes_after_the_report_still_joins(world: World) -> None:
    world.say(said("p-1"))
    report(world, 25 * HOUR)

    world.index(answered("p-1"))

    assert world.totals()["1"].n == 1
