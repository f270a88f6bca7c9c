"""All that operators do about releases and experiments, once each and as quickly as it goes; nothing stays of it."""

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from sluice.domain.package_metadata import REFERENCE_SHA256, VERSION
from tests.end_to_end.admin_api import AdminApi
from tests.end_to_end.deployments import Deployment, until
from tests.end_to_end.test_prediction import client
from tests.end_to_end.traffic import ask_for

ROLLOUT = "/rollouts/{rollout_id}"
EXPERIMENT = "/experiments/{experiment_id}"
HALFWAY = {"stages": ["preview", {"canary": {"percents": [50], "minutes": 60}}, "approval"], "bake": {"minutes": 0}}
SHARES = {"champion": 90, "challenger": 10}
EVERY_SECONDS = 1
PATIENCE_SECONDS = 120


def release_halfway(deployment: Deployment, api: AdminApi, *, has_evidence: Callable[[], bool]) -> None:
    """Approve a version and abort its rollout; start another, which an alarm ends when it waits for an approval.

    ``has_evidence`` says when the controller has asked for some.
    """
    ask_for(deployment, [f"unit-{number}" for number in range(10)])
    package = register(deployment, api)
    soon(lambda: captures(deployment), "the capture of the predictions")
    abort(api, approve(deployment, api, package))
    form = {"candidate": {"package": package.rpartition("/")[2]}, "plan": HALFWAY}
    started = api.post("/rollouts", form, status=HTTPStatus.CREATED)
    lead(api, started["id"], has_evidence)
    lose(deployment, api, started["id"])
    read_about(api, started["id"])


def soon(condition: Callable[[], Any], what: str) -> Any:
    """The first true answer."""
    return until(condition, seconds=PATIENCE_SECONDS, what=what, every=EVERY_SECONDS)


def register(deployment: Deployment, api: AdminApi) -> str:
    """Register what is not the champion as a version that no other test has: a package is released once.

    As a pipeline does, which leaves the reference to whoever releases it.
    """
    version = "1" if api.get("/routing")["versions"]["champion"] == "2" else "2"
    found = deployment.json("register", f"build/flights/v{version}")
    reference = deployment.folder / f"build/flights/v{version}/reference.json"
    digest = hashlib.sha256(reference.read_bytes()).hexdigest()
    sagemaker = client(deployment, "sagemaker")
    form = sagemaker.describe_model_package(ModelPackageName=found["arn"])
    new = sagemaker.create_model_package(
        ModelPackageGroupName=form["ModelPackageGroupName"],
        InferenceSpecification=form["InferenceSpecification"],
        ModelApprovalStatus="PendingManualApproval",
        CustomerMetadataProperties={VERSION: f"{version}-again", REFERENCE_SHA256: digest},
    )
    return str(new["ModelPackageArn"])


def captures(deployment: Deployment) -> list[Any]:
    """The files of data capture about the champion."""
    s3 = client(deployment, "s3")
    bucket = next(each["Name"] for each in s3.list_buckets()["Buckets"] if "-databucketdata" in each["Name"])
    found: list[Any] = s3.list_objects_v2(Bucket=bucket, Prefix="captures/sluice-flights/champion/").get("Contents", [])
    return found


def approve(deployment: Deployment, api: AdminApi, package: str) -> str:
    """Approve a package; return the id of its rollout."""
    known = {each["id"] for each in api.get("/rollouts")["rollouts"]}
    client(deployment, "sagemaker").update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    new = soon(lambda: {each["id"] for each in api.get("/rollouts")["rollouts"]} - known, "the rollout of the approved")
    return str(new.pop())


def abort(api: AdminApi, rollout: str) -> None:
    api.post(f"{ROLLOUT}:abort", {"reason": "only a try"}, rollout_id=rollout)
    soon(lambda: api.get(ROLLOUT, rollout_id=rollout)["phase"] == "aborted", "the abort")


def lead(api: AdminApi, rollout: str, has_evidence: Callable[[], bool]) -> None:
    """To half of the traffic and, after a pause there, to the approval."""

    def is_at(stage: int) -> bool:
        found = api.get(ROLLOUT, rollout_id=rollout)
        return bool(found["stage"] == stage and found["is_settled"] and found["phase"] == "progressing")

    soon(lambda: is_at(1), "a half of the traffic")
    soon(has_evidence, "the question for evidence")
    api.post(f"{ROLLOUT}:pause", rollout_id=rollout)
    soon(lambda: api.get(ROLLOUT, rollout_id=rollout)["phase"] == "paused", "the pause")
    api.post(f"{ROLLOUT}:resume", rollout_id=rollout)
    soon(lambda: is_at(1), "the resumption")
    api.post(f"{ROLLOUT}:promote", rollout_id=rollout)
    soon(lambda: is_at(2), "the promotion")


def lose(deployment: Deployment, api: AdminApi, rollout: str) -> None:
    """An alarm of the candidate's takes its traffic away."""
    alarm = {"AlarmName": "sluice-flights-challenger", "StateReason": "a test"}
    cloudwatch = client(deployment, "cloudwatch")
    cloudwatch.set_alarm_state(**alarm, StateValue="ALARM")
    soon(lambda: api.get(ROLLOUT, rollout_id=rollout)["phase"] == "aborted", "the roll-back")
    cloudwatch.set_alarm_state(**alarm, StateValue="OK")


def read_about(api: AdminApi, rollout: str) -> None:
    """Ask for what is written about a rollout that an alarm ended."""
    audit = api.get(f"{ROLLOUT}/audit", rollout_id=rollout)["entries"]
    assert audit[-1]["kind"] == "finished"
    assert api.get(f"{ROLLOUT}/explanation", rollout_id=rollout)["sentences"]
    incident = next(each for each in api.get("/incidents")["incidents"] if each["rollout_id"] == rollout)
    assert api.get("/incidents/{incident_id}", incident_id=incident["id"]) == incident


def experiment(api: AdminApi, *, look: Callable[[], Any]) -> None:
    """Run an experiment with the shares that the variants have anyway, ask what is known of it, and stop it.

    ``look`` has the controller look again, which it would do within a minute.
    """
    form = {"weights": SHARES, "goal": {"name": "never_rewarded"}, "reason": "only a try"}
    names = {"experiment_id": api.post("/experiments", form, status=HTTPStatus.CREATED)["id"]}

    def phase() -> str:
        look()
        (found,) = [each for each in api.get("/experiments")["experiments"] if each["id"] == names["experiment_id"]]
        return str(found["phase"])

    soon(lambda: phase() == "running", "the experiment")
    assert api.get(EXPERIMENT, **names)["weights"] == SHARES
    nothing_yet = api.post(f"{EXPERIMENT}:evaluate", {"policy": SHARES}, status=HTTPStatus.CONFLICT, **names)
    assert nothing_yet["type"] == "urn:sluice:problem:nothing-to-estimate"
    api.post(f"{EXPERIMENT}:stop", {"keep": True}, **names)
    soon(lambda: phase() == "stopped", "its end")
    assert api.get(f"{EXPERIMENT}/audit", **names)["entries"]
