"""Requests are counted from the first whole minute in which everybody routed by the present shares."""

from datetime import datetime, timedelta

import pytest

from sluice.domain.rollout.settle import countable_from
from tests.rollout_builders import T0, a_rollout, minutes


@pytest.mark.parametrize(
    ("settled_at", "routing_seconds", "counts_from"),
    [
        (T0, 5, minutes(1)),
        (T0, 0, T0),
        (T0, 60, minutes(1)),
        (T0 + timedelta(seconds=55), 5, minutes(1)),
        (T0 + timedelta(seconds=56), 5, minutes(2)),
        (T0 + timedelta(microseconds=1), 0, minutes(1)),
    ],
)
def test_a_minute_counts_when_all_of_it_was_routed_by_the_present_shares(
    settled_at: datetime, routing_seconds: float, counts_from: datetime
) -> None:
    assert countable_from(a_rollout(settled_at=settled_at), routing_seconds) == counts_from


def test_nothing_counts_before_weights_are_in_effect() -> None:
    assert countable_from(a_rollout(settled_at=None), 5) is None
