from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.feedback.bucket import BUCKET, bucket_of, complete_buckets, window_of
from sluice.domain.feedback.totals import Pairs, Totals

T0 = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  the strategy's own form


@given(moments)
def test_a_moment_is_in_its_bucket(at: datetime) -> None:
    start = bucket_of(at)

    assert start <= at < start + BUCKET
    assert bucket_of(start) == start
    assert (start.minute % 5, start.second, start.microsecond) == (0, 0, 0)


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (0, 10, 0, 5),
        (1, 14, 5, 5),
        (0, 4, 0, -5),
        (4, 9, 5, 0),
    ],
)
def test_only_whole_buckets_are_complete(start: int, end: int, first: int, last: int) -> None:
    minutes = [timedelta(minutes=m) for m in (start, end, first, last)]

    assert complete_buckets(T0 + minutes[0], T0 + minutes[1]) == (T0 + minutes[2], T0 + minutes[3])


@given(moments, st.integers(1, 200))
def test_a_window_holds_its_moment(at: datetime, hours: int) -> None:
    start = window_of(at, timedelta(hours=hours))

    assert start <= at < start + timedelta(hours=hours)


def test_totals_add_up_in_any_order() -> None:
    one = Totals(3, 2, 1.5, 1.25, Pairs(1, 1.0, 1.0, 2.0, 4.0, 2.0))
    other = Totals(2, 1, 1.0, 1.0)

    assert one + other == other + one == Totals(5, 3, 2.5, 2.25, Pairs(1, 1.0, 1.0, 2.0, 4.0, 2.0))
    assert one + Totals() == one
