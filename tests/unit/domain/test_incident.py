import json
from datetime import UTC, datetime

from sluice.domain.incident import Incident


def test_an_incident_is_read_as_it_was_written() -> None:
    incident = Incident(
        id="20261122T101500-3f9a",
        model="flights",
        rollout_id="20261122T100000-0001",
        title="flights: version v2 is taken back",
        opened_at=datetime(2026, 11, 22, 10, 15, tzinfo=UTC),
        what_changed="v2 was to take the place of v1",
        evidence={"epochs": []},
        alarms=("sluice-flights-challenger",),
        prediction_ids=("p-1", "p-2"),
        replay="sluice incident replay …",
        decided_by="controller",
        variant="challenger",
    )

    assert Incident.from_dict(json.loads(json.dumps(incident.to_dict()))) == incident


def test_incidents_written_before_they_named_a_variant_are_read() -> None:
    form = {
        "id": "1",
        "model": "flights",
        "rollout_id": "",
        "title": "t",
        "opened_at": "2026-11-22T10:15:00+00:00",
        "what_changed": "",
        "evidence": {},
        "alarms": [],
        "prediction_ids": ["p-1"],
        "replay": "aws s3 cp …",
        "decided_by": "controller",
    }

    assert Incident.from_dict(form).variant == ""
