"""When a model is trained anew, as sluice.yaml says it, right and wrong."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sluice.domain.retraining.policy import Limits, Policy
from sluice.settings.deployment import Deployment
from sluice.settings.retraining import Retraining, as_environment, from_environment
from sluice.settings.retraining_policies import policies
from sluice.settings.source import InvalidSettings, parse

OWN = {"pipeline": "ours"}
TRAINING = {"program": "p:train", "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/t:1", "label": "late"}
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
        ({"pipeline": "our_pipeline"}, "String should match pattern"),
        ({"most_per_30_days": 0}, "greater than or equal to 1"),
    ],
)
def test_what_could_never_start_anything_is_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Retraining(**settings)


def test_the_function_gets_what_is_written_and_whose_pipeline_it_is() -> None:
    own = {**CHAMPION, "retraining": {"pipeline": "ours", "cooldown_hours": 12, "most_per_30_days": 4}}
    trained = {**CHAMPION, "training": TRAINING, "retraining": {"on_drift": False}}
    named = {**trained, "retraining": {"pipeline": "sluice-named-training"}}
    deployment = Deployment.model_validate_json(_json({"own": own, "flights": trained, "named": named}))

    read = from_environment(as_environment(policies(deployment)))

    usual = Limits(timedelta(hours=20), 10)
    assert read == {
        "own": Policy("ours", Limits(timedelta(hours=12), 4)),
        "flights": Policy("sluice-flights-training", usual, on_drift=False, names_versions=True),
        "named": Policy("sluice-named-training", usual, names_versions=True),
    }


def test_what_has_nothing_to_start_is_refused_with_what_it_may_have(tmp_path: Path) -> None:
    text = "models:\n  flights:\n    variants: {champion: {artifact: v1, weight: 100}}\n    retraining: {}\n"

    with pytest.raises(InvalidSettings) as refused:
        parse(text, tmp_path / "sluice.yaml")

    (found,) = refused.value.problems
    assert (found.line, found.where) == (4, "models.flights.retraining")
    assert found.message == (
        "there is nothing to start: give the model `training`, whose pipeline it then is, or say `pipeline: NAME` "
        "here, of a pipeline of your own"
    )


def test_only_models_that_say_so_are_trained_anew() -> None:
    deployment = Deployment.model_validate_json(_json({"flights": {**CHAMPION, "retraining": OWN}, "other": CHAMPION}))

    assert list(deployment.retrained) == ["flights"]


def test_drift_of_what_nobody_watches_starts_nothing() -> None:
    unwatched = {**CHAMPION, "monitoring": {"enabled": False}}
    by_hand = {**unwatched, "retraining": {**OWN, "schedule": "rate(7 days)"}}

    assert Deployment.model_validate_json(_json({"flights": by_hand})).retrained["flights"].on_drift
    with pytest.raises(ValidationError, match=r"retraining\.on_drift: has no effect"):
        Deployment.model_validate_json(_json({"flights": {**unwatched, "retraining": {**OWN, "on_drift": True}}}))


def _json(models: dict[str, Any]) -> str:
    return json.dumps({"models": models})
