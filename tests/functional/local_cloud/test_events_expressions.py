import calendar
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_cloud.events.cron import parse_cron
from local_cloud.events.expression import InvalidExpression, parse

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31))  # noqa: DTZ001  cron knows no time zone


def following(text: str, *, after: datetime = NOON, timezone: str = "UTC") -> datetime | None:
    return parse(text, timezone=timezone).next_after(after, after)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate(1 minute)", "2026-11-21T12:01"),
        ("rate(5 minutes)", "2026-11-21T12:05"),
        ("rate(2 days)", "2026-11-23T12:00"),
        ("cron(0/15 * * * ? *)", "2026-11-21T12:15"),
        ("cron(30 7 * * ? *)", "2026-11-22T07:30"),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-23T18:00"),
        ("cron(0 0 1 * ? *)", "2026-12-01T00:00"),
        ("cron(0 9 L * ? *)", "2026-11-30T09:00"),
        ("cron(0 9 29W * ? *)", "2026-11-30T09:00"),
        ("cron(0 9 1W 8 ? 2026-2027)", "2027-08-02T09:00"),
        ("cron(0 9 1W 5 ? 2027)", "2027-05-03T09:00"),
        ("cron(0 9 31W 10 ? 2027)", "2027-10-29T09:00"),
        ("cron(0 9 ? * 2#1 *)", "2026-12-07T09:00"),
        ("cron(0 9 ? * 6L *)", "2026-11-27T09:00"),
        ("cron(0 9 ? * L *)", "2026-11-28T09:00"),
        ("cron(0 9 29 2 ? *)", "2028-02-29T09:00"),
        ("cron(5,10 12 ? JAN,NOV 7 *)", "2026-11-21T12:05"),
        ("at(2026-11-21T12:00:01)", "2026-11-21T12:00:01"),
    ],
)
def test_an_expression_says_when_it_fires_next(text: str, expected: str) -> None:
    assert following(text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["at(2026-11-21T12:00:00)", "cron(0 9 * * ? 2025)", "cron(0 9 31 2 ? *)"])
def test_what_lies_in_the_past_or_nowhere_never_fires(text: str) -> None:
    assert following(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "rate(5 weeks)", "every(5 minutes)",
        "cron(* * * * *)", "cron(* * * * * *)", "cron(* * ? * ? *)", "cron(60 * * * ? *)", "cron(nonsense)",
        "cron(0 9 ? * MON-SUN *)", "cron(0 9 ? * XYZ *)", "cron(0 9 ? * 8L *)", "at(tomorrow)", "cron(0/0 * * * ? *)",
    ],
)  # fmt: skip
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(InvalidExpression):
        parse(text)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(InvalidExpression, match="Mars"):
        parse("rate(1 minute)", timezone="Mars/Olympus")


def test_cron_is_meant_in_its_time_zone() -> None:
    assert following("cron(0 9 * * ? *)", timezone="America/New_York") == datetime(2026, 11, 21, 14, tzinfo=UTC)


def test_a_repeated_hour_does_not_hold_a_schedule_up() -> None:
    before = datetime(2026, 11, 1, 5, 59, tzinfo=UTC)  # the clocks of New York go back at 06:00 UTC

    firings = [before]
    for _ in range(4):
        after = following("cron(0 * * * ? *)", after=firings[-1], timezone="America/New_York")
        assert after is not None
        firings.append(after)

    assert all(later > earlier for earlier, later in pairwise(firings))


@given(moment=MOMENTS, count=st.integers(1, 500), elapsed=st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_a_rate_counts_from_its_beginning(moment: datetime, count: int, elapsed: int) -> None:
    anchor = moment.replace(tzinfo=UTC)
    now = anchor + timedelta(minutes=elapsed)

    due = parse(f"rate({count} minute{'s' * (count > 1)})").next_after(now, anchor)

    assert due is not None
    assert timedelta(0) < due - now <= timedelta(minutes=count)
    assert (due - anchor) % timedelta(minutes=count) == timedelta(0)


@given(
    moment=MOMENTS, minute=st.integers(0, 59), step=st.integers(1, 23), day=st.integers(1, 28), on_weekday=st.booleans()
)
@settings(max_examples=60, deadline=None)
def test_cron_agrees_with_looking_at_every_minute(
    moment: datetime, minute: int, step: int, day: int, *, on_weekday: bool
) -> None:
    weekday = day % 7 + 1
    days = f"? * {weekday}" if on_weekday else f"{day} * ?"

    due = parse_cron(f"{minute} */{step} {days} *").next_after(moment)

    candidate = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while not (
        candidate.minute == minute
        and candidate.hour % step == 0
        and (calendar.weekday(*candidate.timetuple()[:3]) == (weekday - 2) % 7 if on_weekday else candidate.day == day)
    ):
        candidate += timedelta(minutes=1)
    assert due == candidate
