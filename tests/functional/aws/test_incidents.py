import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from sluice.aws.incidents import OpsItems
from sluice.domain.incident import Incident
from tests.functional.release_world import MODEL, T0, World

INCIDENT = Incident(
    id="20261122T100000-0001",
    model=MODEL,
    rollout_id="20261122T090000-0001",
    title="flights: version v2 is taken back",
    opened_at=T0,
    what_changed="v2 was to take the place of v1",
    evidence={"epochs": []},
    alarms=("sluice-flights-challenger",),
    prediction_ids=("p-1",),
    replay="sluice incident replay …",
    decided_by="controller",
    variant="challenger",
)


def test_an_incident_is_kept_as_it_was_opened(world: World) -> None:
    incidents = world.services().incidents

    assert incidents.put(INCIDENT)
    assert not incidents.put(replace(INCIDENT, title="something else"))

    assert incidents.get(MODEL, INCIDENT.id) == INCIDENT
    assert incidents.get(MODEL, "another") is None


def test_incidents_are_listed_newest_first(world: World) -> None:
    incidents = world.services().incidents
    later = replace(INCIDENT, id="20261122T110000-0002", opened_at=T0 + timedelta(hours=1))
    incidents.put(INCIDENT)
    incidents.put(later)

    assert incidents.list(MODEL) == [later, INCIDENT]
    assert incidents.list("churn") == []


def opened(stub: Any) -> None:
    client = boto3.client("ssm")
    with Stubber(client) as stubber:
        stub(stubber)
        OpsItems(client).open(replace(INCIDENT, title="t" * 2000, what_changed="w" * 3000))
        stubber.assert_no_pending_responses()


def test_an_ops_item_is_made_once_however_often_it_is_asked_for() -> None:
    dedup = json.dumps({"dedupString": f"sluice {MODEL} {INCIDENT.id}"})
    expected = {
        "Title": "t" * 1024,
        "Description": "w" * 2048,
        "Source": "sluice",
        "Category": ANY,
        "Severity": ANY,
        "OperationalData": {"/aws/dedup": {"Value": dedup, "Type": "SearchableString"}},
    }

    opened(lambda stubber: stubber.add_response("create_ops_item", {"OpsItemId": "oi-1"}, expected))
    opened(lambda stubber: stubber.add_client_error("create_ops_item", "OpsItemAlreadyExistsException"))
