"""Windows in which the actions of alarms are muted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_cloud.alarms.mute import MuteRule, MuteStatus, mute_of
from local_cloud.alarms.state import AlarmRefused

SATURDAY = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_rule(expression: str, duration: str = "PT2H", zone: str = "UTC", **others: Any) -> MuteRule:
    schedule = {"Expression": expression, "Duration": duration, "Timezone": zone}
    targets = {"AlarmNames": ["loud"]}
    request = {"Name": "quiet", "Rule": {"Schedule": schedule}, "MuteTargets": targets, **others}
    return MuteRule.from_request(request, now=SATURDAY)


@pytest.mark.parametrize(
    ("expression", "duration", "start"),
    [
        ("cron(0 8 * * *)", "PT2H", SATURDAY.replace(hour=8, minute=0)),
        ("cron(30 9 * * *)", "PT1M", SATURDAY),
        ("cron(0 18 * * FRI)", "P2DT12H", datetime(2026, 11, 20, 18, tzinfo=UTC)),
        ("cron(0 8 * * 6)", "PT2H", SATURDAY.replace(hour=8, minute=0)),
        ("cron(0 8 21 * *)", "PT2H", SATURDAY.replace(hour=8, minute=0)),
        ("at(2026-11-21T09:00)", "PT1H", SATURDAY.replace(minute=0)),
        ("cron(0 11 * * *)", "PT2H", None),
        ("cron(0 8 * * SUN)", "PT2H", None),
        ("cron(0 8 * * 0)", "PT2H", None),
        ("at(2026-11-21T08:00)", "PT1H", None),
    ],
)
def test_a_window_is_open_for_its_duration(expression: str, duration: str, start: datetime | None) -> None:
    window = a_rule(expression, duration).window(SATURDAY)

    assert (window and window.start) == start


def test_expressions_are_meant_in_the_rules_time_zone() -> None:
    window = a_rule("cron(0 18 * * *)", zone="Asia/Tokyo").window(SATURDAY)

    assert window is not None
    assert (window.start, window.end) == (SATURDAY.replace(hour=9, minute=0), SATURDAY.replace(hour=11, minute=0))


def test_a_rule_mutes_only_between_its_dates() -> None:
    early = a_rule("cron(0 8 * * *)", ExpireDate=SATURDAY)
    late = a_rule("cron(0 8 * * *)", StartDate=SATURDAY)
    cut = a_rule("cron(0 8 * * *)", ExpireDate=SATURDAY + timedelta(minutes=1)).window(SATURDAY)

    assert early.window(SATURDAY) is None
    assert late.window(SATURDAY) is None
    assert cut is not None
    assert cut.end == SATURDAY + timedelta(minutes=1)


def test_a_rule_is_scheduled_active_or_expired() -> None:
    once = a_rule("at(2026-11-21T10:00)", "PT1H")
    ended = a_rule("cron(0 8 * * *)", ExpireDate=SATURDAY + HOUR)

    statuses = [once.status(SATURDAY + number * HOUR) for number in range(3)]

    assert statuses == [MuteStatus.SCHEDULED, MuteStatus.ACTIVE, MuteStatus.EXPIRED]
    assert ended.status(SATURDAY + 2 * HOUR) is MuteStatus.EXPIRED


def test_of_several_windows_the_one_that_ends_last_mutes_its_targets() -> None:
    rules = [a_rule("cron(0 8 * * *)", "PT2H"), a_rule("cron(0 9 * * *)", "PT2H")]

    found = mute_of("loud", rules, SATURDAY)

    assert found is not None
    assert found.end == SATURDAY.replace(hour=11, minute=0)
    assert found.rule_arn.endswith(":alarm-mute-rule:quiet")
    assert mute_of("other", rules, SATURDAY) is None


@pytest.mark.parametrize(
    ("expression", "duration", "zone"),
    [
        ("cron(0 8 * *)", "PT1H", "UTC"),
        ("cron(0 8 1 * MON)", "PT1H", "UTC"),
        ("rate(1 hour)", "PT1H", "UTC"),
        ("at(tomorrow)", "PT1H", "UTC"),
        ("cron(0 8 * * *)", "PT1H", "Mars/Olympus"),
        ("cron(0 8 * * *)", "PT0M", "UTC"),
        ("cron(0 8 * * *)", "P16D", "UTC"),
        ("cron(0 8 * * *)", "an hour", "UTC"),
    ],
)
def test_illegal_schedules_are_refused(expression: str, duration: str, zone: str) -> None:
    with pytest.raises(AlarmRefused, match="mute rule"):
        a_rule(expression, duration, zone)
