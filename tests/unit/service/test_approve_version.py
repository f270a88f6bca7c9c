from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from sluice.aws.registry import Approval, Package
from sluice.aws.rollouts import Rollouts
from sluice.domain.errors import RolloutRefused
from sluice.domain.release_event import ToldApproval
from sluice.domain.rollout.rollout import Phase, Rollout, Verb
from sluice.service.approve_version import approve_version
from tests.functional.release_world import MODEL, T0, World, a_canary, artifact

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/sluice-flights/2"
PACKAGE = Package(
    arn=ARN,
    number=2,
    version="v2",
    artifact=artifact("v2"),
    inputs_hash=None,
    approval=Approval.APPROVED,
    because="better on the holdout",
    created_at=T0 - timedelta(days=9),
    modified_at=T0,
)
QUICK = a_canary(50, minutes=1, bake_minutes=0)


def approve(world: World, package: Package = PACKAGE, *, told_at: datetime | None = T0) -> str | None:
    approval = ToldApproval(package.arn, told_at)
    rollout = approve_version(MODEL, package, world.services(), approval=approval, now=world.clock.now())
    return rollout.id if rollout else None


def approve_again(world: World) -> str | None:
    """It is rejected, and then approved once more, now."""
    now = world.clock.now()
    return approve(world, replace(PACKAGE, modified_at=now), told_at=now)


def abort(world: World, which: str | None) -> None:
    world.run(3)
    world.command(Verb.ABORT, which)
    world.run_until_over(world.rollout(str(which)))


def test_an_approved_package_becomes_a_rollout_by_the_declared_plan(world: World) -> None:
    which = approve(world)

    assert which is not None
    rollout = world.rollout(which)
    assert (rollout.candidate.version, rollout.candidate.artifact) == ("v2", artifact("v2"))
    assert (rollout.plan, rollout.requested_by, rollout.reason) == (world.stack.plan, ARN, "better on the holdout")


def test_an_approval_that_is_told_again_starts_nothing_more(world: World) -> None:
    approve(world)
    world.clock.at += timedelta(minutes=5)

    again = approve(world)
    edited = approve(world, replace(PACKAGE, because="", modified_at=T0 + timedelta(minutes=3)))

    assert (again, edited) == (None, None)
    assert len(world.services().rollouts.recent(MODEL)) == 1


def test_an_approval_is_told_again_after_its_rollout_was_aborted_and_the_package_edited(world: World) -> None:
    abort(world, approve(world))
    edited = replace(PACKAGE, modified_at=world.clock.now())

    assert (approve(world), approve(world, edited), approve(world, told_at=None)) == (None, None, None)
    assert len(world.services().rollouts.recent(MODEL)) == 1


def test_a_package_that_is_approved_again_after_an_abort_is_released_again_once(world: World) -> None:
    first = approve(world)
    abort(world, first)

    second, told_again, old = approve_again(world), approve_again(world), approve(world)

    assert second not in {None, first}
    assert (told_again, old) == (None, None)
    assert world.rollout(str(second)).phase is Phase.PENDING


def test_a_package_may_be_approved_again_while_its_rollout_still_goes_back(world: World) -> None:
    first = approve(world)
    world.run(4)
    world.command(Verb.ABORT)

    second = approve_again(world)

    assert second is not None
    world.run(9)
    assert (world.rollout(str(first)).phase, world.rollout(second).phase) == (Phase.ABORTED, Phase.PROGRESSING)


def test_what_is_on_its_way_is_not_asked_for_again(world: World) -> None:
    world.start("v2")

    assert approve(world) is None
    world.run(3)
    assert approve_again(world) is None


def test_what_is_the_champion_already_is_not_asked_for_again(world: World) -> None:
    world.run_until_over(world.start("v2", QUICK))

    assert approve_again(world) is None


def test_another_archive_under_the_champions_version_is_refused(world: World) -> None:
    with pytest.raises(RolloutRefused, match="version v1 is the champion of flights already"):
        approve(world, replace(PACKAGE, version="v1"))


class Early(Rollouts):
    """Listed the rollouts the first time before another process wrote its own."""

    has_listed = False

    def recent(self, model: str, limit: int = 20) -> list[Rollout]:
        if self.has_listed:
            return super().recent(model, limit)
        self.has_listed = True
        return []


def test_of_two_processes_that_hear_of_it_at_once_one_starts_it(world: World) -> None:
    first, services = approve(world), world.services()
    early = replace(services, rollouts=Early(services.rollouts._client, table="state"))
    approval = ToldApproval(ARN, T0)

    later = approve_version(MODEL, PACKAGE, early, approval=approval, now=world.clock.now() + timedelta(seconds=1))

    assert later is None
    assert [each.id for each in world.services().rollouts.recent(MODEL)] == [first]


@pytest.mark.parametrize("approval", [Approval.REJECTED, Approval.PENDING])
def test_what_is_not_approved_any_more_is_not_released(world: World, approval: Approval) -> None:
    assert approve(world, replace(PACKAGE, approval=approval)) is None


def test_deployments_may_want_approvals_ignored(world: World) -> None:
    world.stack.on_approval = "ignore"
    world.stack.deploy(champion="v1")

    assert approve(world) is None


def test_a_package_of_a_model_that_is_not_deployed_starts_nothing(world: World) -> None:
    approval = ToldApproval(ARN, T0)

    assert approve_version("churn", PACKAGE, world.services(), approval=approval, now=world.clock.now()) is None


def test_a_package_without_an_archive_is_refused(world: World) -> None:
    with pytest.raises(RolloutRefused, match="package 2 names no archive that can be released, but none"):
        approve(world, replace(PACKAGE, artifact=None))


def test_an_approval_without_words_has_a_reason_all_the_same(world: World) -> None:
    which = approve(world, replace(PACKAGE, because=""))

    assert which is not None
    assert world.rollout(which).reason == "the model package was approved"
