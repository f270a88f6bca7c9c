"""A model that is watched by the hour of the week: its report compares with earlier weeks, too, and says so."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from sluice.domain.drift.finding import DriftFinding
from sluice.domain.evidence.finding import Verdict
from sluice.report.story import Look, Story
from sluice.service.find_compared import Stores
from sluice.service.report_drift import report_drift
from tests.drift_builders import a_window
from tests.feedback_builders import T0
from tests.monitoring_builders import HOUR, WATCHING, World, hour
from tests.unit.service.test_report_drift import put, warm
from tests.unit.service.test_watched_slices import a_world
from tests.unit.service.test_watched_slices import warm as warm_carriers

DAY, WEEK = 24 * HOUR, timedelta(weeks=1)
BY_WEEK = replace(WATCHING, by_week=True, keep=timedelta(days=365))
NOT_COMPARED = "not compared with earlier weeks: they have fewer than 50 rows."


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        made = World(watching=BY_WEEK)
        made.deploy(champion=90, challenger=10)
        yield made


def report(world: World, *, days: float = 1, now: datetime = T0) -> Story:
    stores = Stores(world.routings, world.references, world.windows, world.outcomes, world.watches)
    return report_drift("flights", None, world.watching, stores, since=now - timedelta(days=days), now=now)


def drifted(look: Look) -> list[DriftFinding]:
    return [finding for finding in look.findings if finding.verdict is Verdict.FAIL]


def features(story: Story) -> list[set[str]]:
    return [{finding.feature for finding in drifted(look)} for look in story.looks]


def test_what_is_as_in_earlier_weeks_is_no_drift_and_the_page_says_what_it_is_compared_with(world: World) -> None:
    for week in range(4):
        put(world, warm(seed=20 + week), hour(9) - week * WEEK)

    story = report(world)

    assert features(story) == [set()]
    assert story.facts["reference"] == "the same hours of the last 4 weeks"
    assert story.looks[0].past is not None
    assert story.looks[0].past.rows == 1200
    assert not any("earlier weeks" in note for note in story.notes)


def test_without_the_setting_it_is_compared_with_training(world: World) -> None:
    for week in range(2):
        put(world, warm(seed=20 + week), hour(9) - week * WEEK)
    world.watching = WATCHING

    story = report(world)

    assert (features(story), story.facts["reference"], story.by_week) == ([{"temp"}], "training data", False)


def test_in_the_first_week_it_is_training_and_that_is_said(world: World) -> None:
    put(world, warm(), hour(9))

    story = report(world)

    assert (features(story), story.facts["reference"]) == ([{"temp"}], "training data")
    assert f"1 of 1 looks are {NOT_COMPARED}" in story.notes


def test_looks_that_have_a_past_and_looks_that_have_none_are_told_apart(world: World) -> None:
    put(world, warm(seed=20), hour(8) - WEEK)
    put(world, warm(seed=21), hour(7))
    put(world, warm(seed=22), hour(8))
    put(world, warm(seed=23), hour(9))

    story = report(world)

    assert [look.past is not None for look in story.looks] == [False, True, True]
    assert story.facts["reference"] == "the same hours of the last 4 weeks; where these say too little, training data"
    assert f"1 of 3 looks are {NOT_COMPARED}" in story.notes
    assert features(story)[0] == {"temp"}


def test_what_was_before_an_acceptance_is_no_past(world: World) -> None:
    put(world, a_window(400, seed=20), hour(8) - WEEK)
    put(world, warm(seed=21), hour(8))
    world.look()
    world.accept()
    put(world, warm(seed=22), hour(9))

    story = report(world)

    assert features(story) == [set(), set()]
    assert story.facts["reference"].startswith("400 rows accepted by ann")


def test_slices_are_compared_with_their_own_earlier_weeks() -> None:
    with mock_aws():
        world = a_world()
        world.watching = replace(world.watching, by_week=True)
        for week in range(3):
            warm_carriers(world, "WN", at=T0 - week * WEEK, seed=20 + week)
        by_week = report(world)
        world.watching = replace(world.watching, by_week=False)

        assert features(by_week)[-1] == set()
        assert [finding.slice for finding in drifted(report(world).looks[-1])] == ["carrier WN"]


def test_days_are_compared_with_the_same_days_as_far_as_they_have_come_and_that_is_said(world: World) -> None:
    for week in range(5):
        put(world, warm(seed=20 + week), hour(9) - DAY - week * WEEK)
        put(world, warm(60, seed=30 + week), hour(9) - week * WEEK)
        if week:
            put(world, a_window(500, seed=40 + week), hour(15) - week * WEEK)

    story = report(world, days=10)

    (yesterday, today) = story.looks[-2:]
    assert yesterday.past is not None
    assert today.past is not None
    assert (yesterday.past.rows, today.past.rows) == (1600, 240)
    assert features(story)[-2:] == [set(), set()]
    assert "A day is compared with the same day of the 4 weeks before, as far as it has come" in " ".join(story.notes)


def test_weeks_are_compared_with_the_four_before(world: World) -> None:
    for week in range(6):
        put(world, warm(seed=20 + week), hour(9) - week * WEEK)

    story = report(world, days=200)

    assert [look.past and look.past.rows for look in story.looks] == [None, 400, 800, 1200, 1600, 1600]
    assert "A week is compared with the 4 before it" in " ".join(story.notes)
    assert features(story)[1:] == [set()] * 5


HOURS = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(4, 8)), st.tuples(st.integers(1, 150), st.booleans()), max_size=9
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOURS, st.integers(40, 200))
def test_the_last_look_of_a_report_is_the_deployments_own(
    counted: dict[tuple[int, int], tuple[int, bool]], rows: int
) -> None:
    with mock_aws():
        world = World(watching=BY_WEEK)
        world.deploy(champion=100)
        for (week, at), (some, is_warm) in [*counted.items(), ((0, 9), (rows, True)), ((1, 9), (rows, False))]:
            summary = warm(some, seed=at + week) if is_warm else a_window(some, seed=at + week)
            put(world, summary, hour(at) - week * WEEK)

        (watch,) = world.look()
        last = report(world, days=2).looks[-1]

    told = {each.feature: each.reason for each in watch.drifting}
    assert told == {each.feature: each.reason for each in drifted(last)}
    assert (last.past is None) == ("earlier weeks" in watch.reason)
