from hypothesis import given, settings
from hypothesis import strategies as st

from local_cloud.front_door.throttle import Throttle, TokenBucket


def test_a_burst_passes_and_then_the_rate() -> None:
    bucket = TokenBucket(Throttle(rate=10, burst=2), now=0.0)

    at_once = [bucket.take(now=0.0) for _ in range(3)]

    assert at_once == [True, True, False]
    assert bucket.take(now=0.05) is False
    assert bucket.take(now=0.11) is True
    assert bucket.take(now=0.12) is False


def test_a_rest_saves_no_more_than_a_burst() -> None:
    bucket = TokenBucket(Throttle(rate=10, burst=2), now=0.0)

    after_an_hour = [bucket.take(now=3600.0) for _ in range(3)]

    assert after_an_hour == [True, True, False]


def test_nothing_passes_a_burst_of_zero() -> None:
    assert TokenBucket(Throttle(rate=10, burst=0), now=0.0).take(now=100.0) is False


@settings(max_examples=100, deadline=None)
@given(
    rate=st.integers(1, 50),
    burst=st.integers(1, 20),
    gaps=st.lists(st.floats(0, 0.5, allow_subnormal=False), max_size=60),
)
def test_in_any_time_no_more_pass_than_burst_and_rate_allow(rate: int, burst: int, gaps: list[float]) -> None:
    bucket = TokenBucket(Throttle(rate=rate, burst=burst), now=0.0)
    now, passed = 0.0, 0

    for gap in gaps:
        now += gap
        passed += bucket.take(now=now)

    assert passed <= burst + rate * now + 1e-6
