from dataclasses import replace
from datetime import timedelta

import pytest

from sluice.aws.incidents import Incidents
from sluice.aws.registry import Approval, NewPackage, Package, Registry
from sluice.domain.incident import Incident
from sluice.domain.release_event import ToldApproval
from sluice.service.hear_approval import hear_approval
from tests.functional.release_clients import client
from tests.functional.release_world import ENDPOINT, MODEL, T0, World, artifact

OTHER_INPUTS = "0" * 16


class Registered(Registry):
    """Packages whose last change is told by the world's clock, which moto's is not."""

    modified_at = T0

    def get(self, group: str, name: str) -> Package:
        return replace(super().get(group, name), modified_at=self.modified_at)


@pytest.fixture
def registry(world: World) -> Registered:  # noqa: ARG001  in its cloud
    return Registered(client("sagemaker"))


def an_approved_package(registry: Registry, version: str) -> Package:
    package = registry.add(NewPackage(ENDPOINT, version, artifact(version), "image", OTHER_INPUTS))
    metadata = {"sluice-version": version, "sluice-inputs": OTHER_INPUTS}  # moto would lose it
    client("sagemaker").update_model_package(
        ModelPackageArn=package.arn,
        ModelApprovalStatus=Approval.APPROVED.value,
        CustomerMetadataProperties=metadata,
    )
    return package


def hear(world: World, registry: Registered, arn: str) -> Incident | None:
    approval, now = ToldApproval(arn, registry.modified_at), world.clock.now()
    return hear_approval(approval, model=MODEL, group=ENDPOINT, services=world.services(), registry=registry, now=now)


def test_a_refused_approval_is_an_incident_that_says_why_and_what_to_do(world: World, registry: Registered) -> None:
    package = an_approved_package(registry, "v2")

    incident = hear(world, registry, package.arn)

    assert incident is not None
    assert world.services().incidents.get(MODEL, incident.id) == incident
    assert incident.title.startswith("flights: version v2 was approved and is not released: version v2 takes other inp")
    assert package.arn in incident.what_changed
    assert "reject package 1 and approve it again" in incident.what_changed
    assert incident.replay == "sluice rollout start 1 --model flights"
    assert (incident.evidence["package"], incident.evidence["version"]) == (package.arn, "v2")
    assert world.services().rollouts.recent(MODEL) == []
    assert (incident.rollout_id, incident.decided_by, incident.opened_at) == ("", "controller", world.clock.now())


def test_a_refused_approval_that_is_told_again_opens_nothing_more(world: World, registry: Registered) -> None:
    package = an_approved_package(registry, "v2")
    opened = hear(world, registry, package.arn)
    world.clock.at += timedelta(minutes=1)

    assert hear(world, registry, package.arn) is None
    assert world.services().incidents.list(MODEL) == [opened]


class Early(Incidents):
    """Listed the incidents before another process wrote its own."""

    def list(self, model: str) -> list[Incident]:  # noqa: ARG002  there was none
        return []


def test_of_two_processes_that_hear_of_a_refused_approval_one_tells(world: World, registry: Registered) -> None:
    package = an_approved_package(registry, "v2")
    opened, there = hear(world, registry, package.arn), world.services()
    early = replace(there, incidents=Early(there.incidents._client, table="state"))
    approval, now = ToldApproval(package.arn, T0), T0 + timedelta(minutes=1)

    again = hear_approval(approval, model=MODEL, group=ENDPOINT, services=early, registry=registry, now=now)

    assert again is None
    assert there.incidents.list(MODEL) == [opened]


def test_a_package_that_is_approved_again_and_refused_again_is_told_again(world: World, registry: Registered) -> None:
    package = an_approved_package(registry, "v2")
    hear(world, registry, package.arn)
    world.clock.at += timedelta(minutes=5)
    registry.modified_at = world.clock.now()

    assert hear(world, registry, package.arn) is not None
    assert len(world.services().incidents.list(MODEL)) == 2


def test_each_refused_package_is_told_once(world: World, registry: Registered) -> None:
    second, third = an_approved_package(registry, "v2"), an_approved_package(registry, "v3")

    told = [hear(world, registry, package.arn) for package in (second, third, second)]

    assert [each and each.evidence["version"] for each in told] == ["v2", "v3", None]


@pytest.mark.parametrize("are_wanted", [True, False])
def test_a_refused_approval_becomes_an_ops_item_where_those_are_wanted(
    world: World, registry: Registered, *, are_wanted: bool
) -> None:
    package, there = an_approved_package(registry, "v2"), world.services()
    services = there if are_wanted else replace(there, ops_items=None)
    approval = ToldApproval(package.arn, T0)

    for _ in range(2):
        hear_approval(approval, model=MODEL, group=ENDPOINT, services=services, registry=registry, now=T0)

    assert len(world.wire.ops_items) == are_wanted


GONE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/sluice-flights/9"


def test_of_a_package_that_is_gone_whoever_approved_it_is_told_once(world: World, registry: Registered) -> None:
    opened = hear(world, registry, GONE)
    world.clock.at += timedelta(minutes=1)

    assert opened is not None
    assert opened.title == f"flights: a version was approved and is not released: its package {GONE} is gone"
    assert hear(world, registry, GONE) is None
    assert world.services().incidents.list(MODEL) == [opened]
    assert world.services().rollouts.recent(MODEL) == []


def test_an_event_without_a_time_about_a_package_that_is_gone_is_told_once_too(world: World) -> None:
    registry, approval = Registry(client("sagemaker")), ToldApproval(GONE, None)

    told = [
        hear_approval(approval, model=MODEL, group=ENDPOINT, services=world.services(), registry=registry, now=now)
        for now in (T0, T0 + timedelta(minutes=1))
    ]

    assert [each is not None for each in told] == [True, False]


def test_a_version_whose_archive_is_gone_is_an_incident(world: World, registry: Registered) -> None:
    package = registry.add(NewPackage(ENDPOINT, "v2", artifact("v2"), "image", OTHER_INPUTS))
    client("sagemaker").update_model_package(
        ModelPackageArn=package.arn,
        ModelApprovalStatus=Approval.APPROVED.value,
        CustomerMetadataProperties={"sluice-version": "v2", "sluice-reference-sha256": "0" * 64},
    )

    incident = hear(world, registry, package.arn)

    assert incident is not None
    assert f"{artifact('v2')} cannot be read" in incident.title
    assert world.services().rollouts.recent(MODEL) == []
