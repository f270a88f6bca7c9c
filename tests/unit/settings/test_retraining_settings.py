"""When a model is trained anew, as sluice.yaml says it, right and wrong."""

import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from sluice.domain.retraining.decide import Limits
from sluice.settings.deployment import Deployment
from sluice.settings.retraining import Retraining, as_environment, from_environment

CHAMPION = {"variants": {"champion": {"artifact": "v1", "weight": 100}}}


@pytest.mark.parametrize(
    "schedule", ["cron(0 3 ? * MON *)", "cron(0/15 8-17 1W JAN,JUL ? 2027)", "rate(1 hour)", "rate(30 days)"]
)
def test_schedules_of_eventbridge_are_taken(schedule: str) -> None:
    assert Retraining(schedule=schedule, timezone="America/New_York").schedule == schedule


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"schedule": "every monday"}, "a schedule is like"),
        ({"schedule": "cron(0 3 * * MON)"}, "a schedule is like"),
        ({"schedule": "rate(1 days)"}, "a schedule is like"),
        ({"schedule": "rate(2 day)"}, "a schedule is like"),
        ({"schedule": "rate(0 days)"}, "a schedule is like"),
        ({"schedule": "rate(7 days)", "timezone": "Mars/Olympus"}, "an IANA name"),
        ({"schedule": "rate(7 days)", "timezone": "../etc"}, "an IANA name"),
        ({"timezone": "Europe/Berlin"}, "timezone: has no effect without a schedule"),
        ({"flexible_minutes": 5}, "flexible_minutes: has no effect without a schedule"),
        ({"schedule": "rate(7 days)", "flexible_minutes": 1441}, "less than or equal to 1440"),
        ({"cooldown_hours": -1}, "greater than or equal to 0"),
        ({"most_per_30_days": 0}, "greater than or equal to 1"),
    ],
)
def test_what_could_never_start_anything_is_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Retraining(**settings)


def test_the_function_gets_the_limits_that_are_written() -> None:
    models = {"flights": Retraining(cooldown_hours=12, most_per_30_days=4), "other": Retraining()}

    read = from_environment(as_environment(models))

    assert read == {"flights": Limits(timedelta(hours=12), 4), "other": Limits(timedelta(hours=20), 10)}


def test_only_models_that_say_so_are_trained_anew() -> None:
    deployment = Deployment.model_validate_json(_json({"flights": {**CHAMPION, "retraining": {}}, "other": CHAMPION}))

    assert list(deployment.retrained) == ["flights"]


def test_drift_of_what_nobody_watches_starts_nothing() -> None:
    unwatched = {**CHAMPION, "monitoring": {"enabled": False}}
    by_hand = {**unwatched, "retraining": {"schedule": "rate(7 days)"}}

    assert Deployment.model_validate_json(_json({"flights": by_hand})).retrained["flights"].on_drift
    with pytest.raises(ValidationError, match=r"retraining\.on_drift: has no effect"):
        Deployment.model_validate_json(_json({"flights": {**unwatched, "retraining": {"on_drift": True}}}))


def _json(models: dict[str, Any]) -> str:
    return json.dumps({"models": models})
