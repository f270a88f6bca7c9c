from datetime import UTC, datetime

from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.window import Window, hour_of, hours_until
from tests.feedback_builders import CHALLENGER, T0, answered
from tests.monitoring_builders import WATCHING, hour


def test_an_answer_belongs_to_the_hour_it_was_given_in() -> None:
    assert Window.of(answered("p-1", CHALLENGER)) == Window("flights", "2", "challenger", hour(9))
    assert hour_of(datetime(2026, 11, 21, 9, 59, 59, 999, tzinfo=UTC)) == hour_of(T0)


def test_hours_are_counted_back_from_the_last() -> None:
    assert hours_until(hour(9), 3) == [hour(7), hour(8), hour(9)]


def test_a_look_every_hour_is_720_looks_in_30_days() -> None:
    assert WATCHING.looks_per_30_days == 720
    assert Watching(1440, 1.0, 50, WATCHING.keep).looks_per_30_days == 30
