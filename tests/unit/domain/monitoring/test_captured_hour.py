from datetime import datetime, timedelta

import pytest

from sluice.domain.monitoring.captured_hour import may_hold
from tests.feedback_builders import key_of
from tests.monitoring_builders import hour

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [
        (hour(9), hour(10), True),
        (hour(9) + 59 * MINUTE, hour(10), True),
        (hour(10), hour(11), False),
        (hour(7), hour(8), False),
        (hour(7), hour(8) + MINUTE, True),  # written in the hour after
    ],
)
def test_the_folder_of_a_file_says_of_which_time_it_may_hold_something(
    since: datetime, until: datetime, *, holds: bool
) -> None:
    assert may_hold(key_of("champion", "file"), since=since, until=until) is holds


@pytest.mark.parametrize("key", ["", "a.jsonl", "captures/e/v/2026/13/21/09/f.jsonl", "captures/e/v/year/11/21/09/f"])
def test_other_files_hold_nothing(key: str) -> None:
    assert not may_hold(key, since=hour(0), until=hour(23))
