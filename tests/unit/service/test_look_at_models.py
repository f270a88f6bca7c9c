import json
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from sluice.aws.declarations import Declarations
from sluice.aws.registry import Approval, NewPackage, Registry
from sluice.domain.declared_release import DeclaredRelease
from sluice.service.connect_controller import connect_controller
from sluice.service.look_at_models import Controller, LooksFailed, look_at_models
from sluice.settings.functions import ReconcileEnvironment
from tests.functional.release_clients import Crash, client
from tests.functional.release_world import ENDPOINT, MODEL, World, artifact

EVERY_MINUTE = {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}


def controller(world: World, *models: str) -> Controller:
    return Controller("sluice", models or (MODEL,), world.services(), Registry(client("sagemaker")))


def react(world: World, event: dict[str, Any], *models: str) -> list[str]:
    return [look.model for look in look_at_models(event, controller(world, *models), now=world.clock.now())]


def an_approval(arn: str, *updated: str) -> dict[str, Any]:
    detail = {
        "ModelPackageGroupName": ENDPOINT,
        "ModelPackageArn": arn,
        "ModelApprovalStatus": "Approved",
        **({"UpdatedModelPackageFields": list(updated)} if updated else {}),
    }
    return {"detail-type": "SageMaker Model Package State Change", "source": "aws.sagemaker", "detail": detail}


def test_every_look_beats_the_heart(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert react(world, EVERY_MINUTE) == [MODEL]

    beat, *of_slots = map(json.loads, capsys.readouterr().out.splitlines())
    assert [(line["Model"], line["Variant"], line["Instances"]) for line in of_slots] == [(MODEL, "champion", [1.0])]
    assert (beat["Model"], beat["ControllerLooks"], beat["outcome"]) == (MODEL, [1.0], "nothing to release")


@pytest.mark.usefixtures("capsys")
def test_an_approved_package_is_started_in_the_same_look(world: World) -> None:
    registry = Registry(client("sagemaker"))
    package = registry.add(NewPackage(ENDPOINT, "v2", artifact("v2"), "image", "0" * 16))
    client("sagemaker").update_model_package(
        ModelPackageArn=package.arn,
        ModelApprovalStatus=Approval.APPROVED.value,
        CustomerMetadataProperties={"sluice-version": "v2"},
    )

    for _ in range(3):
        react(world, an_approval(package.arn, "ModelApprovalStatus"))

    (rollout,) = world.services().rollouts.recent(MODEL)
    assert (rollout.candidate.version, rollout.requested_by) == ("v2", package.arn)


@pytest.mark.usefixtures("capsys")
def test_an_approval_that_is_refused_is_told_and_the_look_goes_on(world: World) -> None:
    package = Registry(client("sagemaker")).add(NewPackage(ENDPOINT, "v1", "s3://other/v1.tar.gz", "image", "0" * 16))
    client("sagemaker").update_model_package(
        ModelPackageArn=package.arn,
        ModelApprovalStatus=Approval.APPROVED.value,
        CustomerMetadataProperties={"sluice-version": "v1"},
    )

    assert react(world, an_approval(package.arn)) == [MODEL]

    (incident,) = world.services().incidents.list(MODEL)
    assert "version v1 was approved and is not released" in incident.title
    assert world.services().rollouts.recent(MODEL) == []


@pytest.mark.usefixtures("capsys")
def test_one_model_that_cannot_be_looked_at_keeps_no_other_waiting(world: World) -> None:
    world.start("v2")
    table = world.table()
    client("dynamodb").put_item(
        TableName="state",
        Item={"pk": {"S": "MODEL#churn"}, "sk": {"S": "DECLARATION"}, "document": {"S": "no JSON"}},
    )

    with pytest.raises(LooksFailed, match="churn: the log says why"):
        react(world, EVERY_MINUTE, "churn", MODEL)

    assert world.endpoint().status.value == "Updating"
    assert table.weights == {"champion": 100}


class Meeting(Declarations):
    """Answers nobody before it was asked for both models."""

    def __init__(self) -> None:
        super().__init__(client("dynamodb"), table="state")
        self._asked = {MODEL: Event(), "churn": Event()}

    def get(self, model: str) -> DeclaredRelease | None:
        self._asked[model].set()
        assert all(asked.wait(timeout=60) for asked in self._asked.values()), "one waits for the other"
        return super().get(model)


def test_models_are_looked_at_at_the_same_time(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    there = controller(world, "churn", MODEL)
    meeting = replace(there, services=replace(there.services, declarations=Meeting()))

    looks = look_at_models(EVERY_MINUTE, meeting, now=world.clock.now())

    assert {look.model: look.outcome for look in looks} == {"churn": "not deployed", MODEL: "nothing to release"}
    told = map(json.loads, capsys.readouterr().out.splitlines())
    assert [line["Model"] for line in told if "ControllerLooks" in line] == [look.model for look in looks]


def test_a_process_that_ends_in_a_look_reports_nothing(world: World) -> None:
    world.wire.crash_at(1)

    with pytest.raises(Crash):
        react(world, EVERY_MINUTE)


def test_a_model_that_cannot_be_tidied_was_looked_at_all_the_same(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.clock.at = world.clock.at.replace(minute=17)
    world.wire.refuse("ListModels", "InternalFailure", "Try again.")

    with pytest.raises(LooksFailed, match="flights: the log says why"):
        react(world, EVERY_MINUTE)

    beat = json.loads(capsys.readouterr().out.splitlines()[0])
    assert beat["ControllerLooks"] == [1.0]


@pytest.mark.usefixtures("capsys")
def test_once_an_hour_what_is_left_over_is_tidied_up(world: World) -> None:
    world.clock.at = world.clock.at.replace(minute=17)

    react(world, EVERY_MINUTE)

    assert world.wire.calls["sagemaker.ListModels"] == 1
    react(world, {"model": MODEL})
    assert world.wire.calls["sagemaker.ListModels"] == 1


@pytest.mark.parametrize("ops_items", [True, False])
def test_a_controller_is_put_together_from_its_environment(*, ops_items: bool) -> None:
    models, captures = "flights,churn", "s3://data/captures"
    environment = ReconcileEnvironment(
        table="state", deployment="sluice", models=models, captures_uri=captures, ops_items=ops_items
    )

    made = connect_controller(environment)

    assert (made.deployment, list(made.models)) == ("sluice", ["flights", "churn"])
    assert (made.services.ops_items is not None) == ops_items
    assert made.services.new_holder() != made.services.new_holder()
