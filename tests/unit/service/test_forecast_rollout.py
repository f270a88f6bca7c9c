from datetime import UTC, datetime, timedelta

from sluice.aws.counts import Minute
from sluice.domain.evidence.counts import EventKind, Tally
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.stage import Kind, Stage
from sluice.service.forecast_rollout import forecast_rollout

T0 = datetime(2026, 11, 22, 10, tzinfo=UTC)
CANARY = Plan("canary", (Stage(Kind.WEIGHT, percent=10, minutes=5), Stage(Kind.WEIGHT, percent=50, minutes=5)))


def an_hour(requests: int, errors: int, **others: int) -> list[Minute]:
    """Sixty minutes in which the champion did this each, and other slots had so many requests."""
    champion = Tally(requests, {EventKind.ERRORS: errors, EventKind.SLOW: requests // 50, EventKind.BREACHES: 0})
    tallies = {"champion": champion} | {slot: Tally(count) for slot, count in others.items()}
    return [Minute(T0 + timedelta(minutes=minute), tallies) for minute in range(60)]


def test_the_time_to_decide_follows_from_the_last_hour() -> None:
    forecast = forecast_rollout(CANARY, an_hour(5400, 27, challenger=600))

    assert (forecast.requests_per_minute, forecast.error_rate) == (6000, 0.005)
    assert forecast.horizon is not None
    assert forecast.horizon.minutes_to_promote is not None
    assert 1 < forecast.horizon.minutes_to_promote < 60
    assert {kind.kind: kind.base_rate for kind in forecast.horizon.kinds} == {
        EventKind.ERRORS: 0.005,
        EventKind.SLOW: 0.02,
        EventKind.BREACHES: 0.0,
    }


def test_a_tenth_of_the_traffic_takes_longer() -> None:
    busy, quiet = (forecast_rollout(CANARY, an_hour(n, n // 100)).horizon for n in (6000, 600))

    assert busy is not None
    assert quiet is not None
    assert (quiet.minutes_to_promote or 0) > 3 * (busy.minutes_to_promote or 0)


def test_without_traffic_nothing_is_promised() -> None:
    forecast = forecast_rollout(CANARY, [])

    assert (forecast.horizon, forecast.error_rate) == (None, None)
    assert forecast.unknown_because == "the champion was asked nothing in the last hour"


def test_a_plan_that_divides_nothing_compares_nothing() -> None:
    at_once = Plan("blue_green", (Stage(Kind.PREVIEW), Stage(Kind.WEIGHT, percent=100, minutes=5)))

    forecast = forecast_rollout(at_once, an_hour(6000, 30))

    assert forecast.horizon is None
    assert "nothing to compare" in (forecast.unknown_because or "")
    assert forecast.error_rate == 0.005
