from datetime import UTC, datetime

import pytest

from sluice.cli.moment import parse_moment
from sluice.cli.target import UsageProblem

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("0s", "2026-11-22T12:00:00+00:00"),
        ("90m", "2026-11-22T10:30:00+00:00"),
        ("2h", "2026-11-22T10:00:00+00:00"),
        ("7d", "2026-11-15T12:00:00+00:00"),
        ("1w", "2026-11-15T12:00:00+00:00"),
        ("2026-11-21", "2026-11-21T00:00:00+00:00"),
        ("2026-11-21T10:30", "2026-11-21T10:30:00+00:00"),
        ("2026-11-21T10:30+02:00", "2026-11-21T08:30:00+00:00"),
    ],
)
def test_a_moment_is_so_long_ago_or_a_date(text: str, at: str) -> None:
    assert parse_moment(text, now=NOW).isoformat() == at


@pytest.mark.parametrize("text", ["", "yesterday", "2 h", "-1h", "1y", "999999w", "2026-13-01"])
def test_anything_else_says_how_to_write_one(text: str) -> None:
    with pytest.raises(UsageProblem, match="a time is 30m, 2h, 7d"):
        parse_moment(text, now=NOW)
