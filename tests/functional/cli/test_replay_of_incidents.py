"""The requests of an incident put to models that a real container serves; AWS is emulated."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sluice.aws.incidents import Incidents
from sluice.domain.rollout.rollout import ModelVersion
from tests.functional.cli.operating import Operator
from tests.functional.cli.test_models_and_incidents import INCIDENT
from tests.functional.cli.test_replay import a_model, capture
from tests.functional.deployed import a_client


def an_incident(**changes: Any) -> str:
    """With one example from long before it was opened, and one from the minutes after."""
    long_before = INCIDENT.opened_at - timedelta(hours=60)
    capture([("p-1", [1.0], [9.0]), ("p-3", [1.0], [1.0])], variant="challenger", version="2", at=long_before)
    just_after = INCIDENT.opened_at + timedelta(minutes=40)
    capture([("p-2", [2.0], [2.0])], variant="challenger", version="2", at=just_after)
    capture([("p-1", [1.0], [1.0])], at=INCIDENT.opened_at)
    incident = replace(INCIDENT, variant="challenger", **changes)
    Incidents(a_client("dynamodb"), table="state").put(incident)
    return incident.id


def test_an_incidents_requests_are_put_to_a_mended_model(operator: Operator) -> None:
    incident = an_incident()

    report = operator.sluice("incident", "replay", incident, a_model(operator, "3"), "--json").json

    assert (report["requests"]["compared"], report["agreement"]) == (2, 0.5)
    (worst,) = report["worst"]
    assert (worst["prediction_id"], worst["captured"], worst["candidate"]) == ("p-1", {"y": 9.0}, {"y": 1.0})


def test_an_incidents_requests_are_put_to_the_version_that_it_is_about(operator: Operator) -> None:
    directory = a_model(operator)
    package = operator.sluice("register", directory, "--json").json
    rollout = operator.under_way(candidate=ModelVersion("2", package["artifact"]))
    incident = an_incident(rollout_id=rollout.id)

    report = operator.sluice("incident", "replay", incident, "--tolerance", "0.9", "--json").json

    assert report["candidate"] == {"name": package["artifact"], "version": "2"}
    assert (report["requests"]["compared"], report["agreement"]) == (2, 1.0)


def test_an_incident_of_no_rollout_is_put_to_its_variant(operator: Operator) -> None:
    incident = an_incident(rollout_id="")

    assert "--to must be one of champion" in operator.sluice("incident", "replay", incident).mistake


def test_an_incident_without_predictions_cannot_be_replayed(operator: Operator) -> None:
    Incidents(a_client("dynamodb"), table="state").put(
        replace(INCIDENT, prediction_ids=(), replay="nothing is recorded")
    )

    mistake = operator.sluice("incident", "replay", INCIDENT.id).mistake

    assert mistake == f"sluice: {INCIDENT.id} names no predictions to replay: nothing is recorded"
    assert "flights has no incident 7" in operator.sluice("incident", "replay", "7", str(Path.cwd())).mistake
