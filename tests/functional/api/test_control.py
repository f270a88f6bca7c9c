from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from moto import mock_aws

from sluice.aws.registry import Approval, NewPackage, Package
from sluice.aws.rollouts import Rollouts
from sluice.domain.incident import Incident
from sluice.domain.rollout.rollout import Phase, Position, Rollout
from sluice.domain.signature import inputs_hash
from tests.builders import a_signature
from tests.functional.api.control_running import CALLER, ControlApi
from tests.functional.deployed import a_client, deploy

T0 = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
ID = "20261122T101500-3f9a"
ROLLOUT = f"flights/rollouts/{ID}"
INCIDENT = Incident(
    id="20261122T102000-77aa",
    model="flights",
    rollout_id=ID,
    title="version 2 of flights was aborted",
    opened_at=T0,
    what_changed="version 2 had 10 % of the traffic",
    evidence={"verdict": "fail"},
    alarms=("sluice-flights-challenger",),
    prediction_ids=("p-1",),
    replay="sluice predict --data -",
    decided_by="controller",
)


@pytest.fixture
def api() -> Iterator[ControlApi]:
    with mock_aws():
        deploy()
        yield ControlApi(T0)


def under_way(api: ControlApi) -> Rollout:
    """A rollout in its first stage."""
    api.start()
    asked = api.rollouts.get("flights", ID)
    assert asked is not None
    weights = {"champion": 90, "challenger": 10}
    return api.change(asked, phase=Phase.PROGRESSING, position=Position.STAGE, weights=weights)


def register(api: ControlApi, inputs: str) -> Package:
    """Version 2, as the only package."""
    return api.registry.add(NewPackage("sluice-flights", "2", "s3://data/2/model.tar.gz", "image:1", inputs))


def test_a_rollout_is_asked_for_in_the_callers_name_and_looked_at_at_once(api: ControlApi) -> None:
    reply = api.start(reason="trained on October")

    assert reply.status == 201
    assert reply.headers["location"] == f"/admin/v1/models/{ROLLOUT}"
    assert reply.headers["etag"] == f'"{reply.json["revision"]}"'
    assert (reply.json["phase"], reply.json["requested_by"]) == ("pending", CALLER)
    assert reply.json["plan"]["name"] == "canary"
    assert reply.json["candidate"] == {"version": "2", "artifact": "s3://data/2/model.tar.gz"}
    assert api.looks.models == ["flights"]


def test_a_rollout_is_read_with_its_place_weights_and_etag(api: ControlApi) -> None:
    rollout = under_way(api)

    reply = api.ask("GET", ROLLOUT)

    assert (reply.status, reply.headers["etag"]) == (200, f'"{rollout.revision}"')
    assert (reply.json["position"], reply.json["stage"]) == ("stage", 0)
    assert reply.json["weights"] == {"champion": 90, "challenger": 10}
    assert reply.json["findings"] == []


def test_rollouts_are_listed_newest_first_and_no_more_than_asked_for(api: ControlApi) -> None:
    first = under_way(api)
    for number in (3, 4):
        later = replace(first, id=f"20261122T11000{number}-3f9a", revision=0)
        api.rollouts.put(later)

    listed = api.ask("GET", "flights/rollouts").json["rollouts"]
    newest = api.ask("GET", "flights/rollouts", query="limit=1").json["rollouts"]

    assert [each["id"][-6] for each in listed] == ["4", "3", "0"]
    assert newest == listed[:1]


def test_the_audit_says_who_asked_for_what_and_why(api: ControlApi) -> None:
    api.start(reason="trained on October")
    api.ask("POST", f"{ROLLOUT}:abort", {"reason": "wrong labels"})

    requested, commanded = api.ask("GET", f"{ROLLOUT}/audit").json["entries"]

    assert (requested["kind"], requested["actor"], requested["reason"]) == ("requested", CALLER, "trained on October")
    assert (commanded["kind"], commanded["actor"], commanded["reason"]) == ("commanded", CALLER, "wrong labels")
    assert commanded["details"] == {"verb": "abort"}


def test_an_explanation_is_sentences(api: ControlApi) -> None:
    under_way(api)

    sentences = api.ask("GET", f"{ROLLOUT}/explanation").json["sentences"]

    assert sentences
    assert all(isinstance(sentence, str) and sentence for sentence in sentences)


@pytest.mark.parametrize("verb", ["pause", "promote", "abort"])
def test_a_decision_is_recorded_under_the_callers_arn_and_looked_at_at_once(api: ControlApi, verb: str) -> None:
    under_way(api)
    api.looks.models.clear()

    reply = api.ask("POST", f"{ROLLOUT}:{verb}", {"reason": "as agreed"})

    assert reply.status == 200
    assert reply.json["command"]["verb"] == verb
    assert (reply.json["command"]["actor"], reply.json["command"]["reason"]) == (CALLER, "as agreed")
    assert api.looks.models == ["flights"]


def test_a_held_rollout_is_resumed(api: ControlApi) -> None:
    api.change(under_way(api), phase=Phase.PAUSED, held_because="the champion is in trouble")

    reply = api.ask("POST", f"{ROLLOUT}:resume", {})

    assert (reply.status, reply.json["command"]["verb"]) == (200, "resume")


def test_a_decision_on_what_has_changed_since_is_not_taken(api: ControlApi) -> None:
    rollout = under_way(api)
    etag = api.ask("GET", ROLLOUT).headers["etag"]
    api.change(rollout, stage=1)

    stale = api.ask("POST", f"{ROLLOUT}:promote", {}, if_match=etag)
    fresh = api.ask("POST", f"{ROLLOUT}:promote", {}, if_match=api.ask("GET", ROLLOUT).headers["etag"])

    assert (stale.status, stale.problem) == (412, "revision-mismatch")
    assert fresh.status == 200


class Overtaken(Rollouts):
    """The controller writes between a command's read and its write, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__(a_client("dynamodb"), table="state")
        self._times = times

    def put(self, rollout: Rollout, *told: Any, **more: Any) -> Rollout:
        if self._times > 0:
            self._times -= 1
            super().put(replace(rollout, command=None))
        return super().put(rollout, *told, **more)


@pytest.mark.parametrize(
    ("times", "if_match", "status", "problem"),
    [
        (1, {}, 200, None),
        (1, {"if_match": "*"}, 200, None),
        (1, {"if_match": '"2"'}, 412, "revision-mismatch"),
        (5, {}, 409, "stale-write"),
    ],
)
def test_a_decision_meets_the_controller_and_is_only_refused_on_a_revision_or_in_the_end(
    api: ControlApi, *, times: int, if_match: dict[str, str], status: int, problem: str | None
) -> None:
    assert under_way(api).revision == 2

    reply = ControlApi(T0, Overtaken(times)).ask("POST", f"{ROLLOUT}:promote", {}, **if_match)

    assert reply.status == status
    assert problem is None or reply.problem == problem


def test_what_cannot_be_accepted_as_things_are_is_a_conflict(api: ControlApi) -> None:
    same_version = api.start(version="1")
    rollout = under_way(api)
    nothing_to_resume = api.ask("POST", f"{ROLLOUT}:resume", {})
    api.change(rollout, phase=Phase.SUCCEEDED)
    over = api.ask("POST", f"{ROLLOUT}:abort", {})

    for reply in (same_version, nothing_to_resume, over):
        assert (reply.status, reply.problem) == (409, "rollout-refused")
    assert "is over" in over.json["detail"]


@pytest.mark.parametrize("name", ["1", "arn:aws:sagemaker:us-east-1:123456789012:model-package/sluice-flights/1"])
def test_a_registered_version_is_started_by_its_number_or_its_arn(api: ControlApi, name: str) -> None:
    register(api, inputs_hash(a_signature()))

    reply = api.ask("POST", "flights/rollouts", {"candidate": {"package": name}})

    assert reply.status == 201
    assert reply.json["candidate"] == {"version": "2", "artifact": "s3://data/2/model.tar.gz"}


def test_a_version_whose_reference_cannot_be_read_is_not_started(api: ControlApi) -> None:
    package = register(api, inputs_hash(a_signature()))
    told = {"sluice-version": "2", "sluice-inputs": package.inputs_hash, "sluice-reference-sha256": "0" * 64}
    a_client("sagemaker").update_model_package(
        ModelPackageArn=package.arn, ModelApprovalStatus="PendingManualApproval", CustomerMetadataProperties=told
    )

    reply = api.ask("POST", "flights/rollouts", {"candidate": {"package": "1"}})

    assert (reply.status, reply.problem) == (409, "rollout-refused")
    assert reply.json["detail"].startswith("s3://data/2/model.tar.gz cannot be read: ")


def test_an_asset_of_the_cdk_whose_name_ends_in_gz_is_an_archive_too(api: ControlApi) -> None:
    asset = {"version": "2", "artifact": "s3://cdk-assets/5f0c7127.gz"}

    reply = api.ask("POST", "flights/rollouts", {"candidate": asset})

    assert (reply.status, reply.json["candidate"]) == (201, asset)


def test_a_registered_version_that_takes_other_data_is_refused(api: ControlApi) -> None:
    register(api, "0" * 16)

    reply = api.ask("POST", "flights/rollouts", {"candidate": {"package": "1"}})

    assert (reply.status, reply.problem) == (409, "rollout-refused")
    assert "takes other inputs" in reply.json["detail"]


def test_a_rejected_version_is_not_released(api: ControlApi) -> None:
    package = register(api, inputs_hash(a_signature()))
    api.registry.decide(package.arn, Approval.REJECTED, "wrong scaling")

    reply = api.ask("POST", "flights/rollouts", {"candidate": {"package": "1"}})

    assert (reply.status, reply.problem) == (409, "rollout-refused")
    assert reply.json["detail"] == "package 1 was rejected: wrong scaling"


def test_an_unknown_field_of_a_decision_is_refused(api: ControlApi) -> None:
    under_way(api)

    reply = api.ask("POST", f"{ROLLOUT}:abort", {"reason": "", "force": True})

    assert (reply.status, reply.problem) == (422, "invalid-request")
    assert reply.json["violations"] == [{"where": "force", "expected": "no such field", "got": "True"}]


def test_incidents_are_listed_and_shown(api: ControlApi) -> None:
    api.incidents.put(INCIDENT)

    (listed,) = api.ask("GET", "flights/incidents").json["incidents"]
    shown = api.ask("GET", f"flights/incidents/{INCIDENT.id}").json

    assert listed == shown
    assert shown["alarms"] == ["sluice-flights-challenger"]
    assert shown["prediction_ids"] == ["p-1"]
