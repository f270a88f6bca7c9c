from typing import Any

import pytest

from local_cloud.sagemaker import transitions
from local_cloud.sagemaker.change import Retention
from local_cloud.sagemaker.deployment import plan
from local_cloud.sagemaker.endpoint import Endpoint, Status
from local_cloud.sagemaker.refusal import Refused
from tests.unit.local_cloud.endpoint_builders import (
    a_config,
    all_ready,
    an_endpoint,
    at,
    blue_green,
    later,
    rolling,
)


def shares(endpoint: Endpoint) -> dict[str, float]:
    return {fleet.config.name: round(share, 6) for fleet, share in endpoint.serving}


def an_update(deployment: dict[str, Any] | None, endpoint: Endpoint | None = None) -> Endpoint:
    """From config to next, all of whose variants are ready at 0 s."""
    updating = transitions.update(
        endpoint or an_endpoint(), a_config("next"), Retention(), deployment=deployment, now=at(-1)
    )
    return all_ready(updating, now=at(0))


@pytest.mark.parametrize(
    ("deployment", "expected"),
    [
        (None, {0: 0, 0.9: 0, 1: 1}),
        (blue_green("ALL_AT_ONCE", 0, bake=60), {0: 0, 1: 1, 60: 1, 61: 1}),
        (blue_green("CANARY", 30, 20), {0: 0, 1: 0.2, 30.9: 0.2, 31: 1}),
        (blue_green("LINEAR", 10, 30), {1: 0.3, 11: 0.6, 21: 0.9, 31: 1}),
        (rolling(50, 10), {1: 0.5, 10.9: 0.5, 11: 1}),
    ],
)
def test_traffic_moves_by_the_steps_of_the_plan(
    deployment: dict[str, Any] | None, expected: dict[float, float]
) -> None:
    endpoint = an_update(deployment)

    seen = {seconds: shares(later(endpoint, seconds)).get("next", 0) for seconds in expected}

    assert seen == expected


@pytest.mark.parametrize(("seconds", "status"), [(31, Status.UPDATING), (90, Status.UPDATING), (91, Status.IN_SERVICE)])
def test_the_old_fleet_is_kept_until_the_last_bake_is_over(seconds: float, status: Status) -> None:
    endpoint = later(an_update(blue_green("CANARY", 30, 20, bake=60)), seconds)

    assert endpoint.status is status
    assert len(endpoint.fleets) == (2 if status is Status.UPDATING else 1)
    assert endpoint.config.name == ("config" if status is Status.UPDATING else "next")


def test_a_jump_in_time_takes_all_the_steps_it_skips() -> None:
    endpoint = later(an_update(blue_green("LINEAR", 10, 30, bake=60)), 10_000)

    assert endpoint.status is Status.IN_SERVICE
    assert endpoint.modified == at(91)


def test_a_canary_that_fails_gives_all_traffic_back() -> None:
    baking = later(an_update(blue_green("CANARY", 30, 20)), 5)

    failed = transitions.fail(baking, fleet=2, reason="alarm", now=at(6))

    assert shares(baking) == {"config": 0.8, "next": 0.2}
    assert shares(failed) == {"config": 1.0}
    assert (failed.status, failed.failure_reason) == (Status.IN_SERVICE, "alarm")
    assert [fleet.number for fleet in failed.fleets] == [1]


def test_a_rolling_update_that_cannot_be_taken_back_serves_both_until_the_next_update() -> None:
    halfway = later(an_update(rolling(50, 100)), 5)
    stuck = transitions.fail(halfway, fleet=2, reason="alarm", now=at(6), can_roll_back=False)

    repaired = later(an_update(None, stuck), 100)

    assert stuck.status is Status.UPDATE_ROLLBACK_FAILED
    assert shares(stuck) == {"config": 0.5, "next": 0.5}
    assert repaired.status is Status.IN_SERVICE
    assert [fleet.number for fleet in repaired.fleets] == [3]


def test_a_deployment_that_takes_too_long_fails() -> None:
    slow = transitions.update(an_endpoint(), a_config("next"), Retention(), deployment=rolling(50, 100), now=at(0))

    assert later(slow, 599).status is Status.UPDATING
    assert later(slow, 600).status is Status.IN_SERVICE
    assert "MaximumExecutionTimeoutInSeconds" in str(later(slow, 600).failure_reason)


def test_the_last_deployment_config_can_be_used_again() -> None:
    canary = blue_green("CANARY", 30, 20)
    endpoint = an_endpoint(deployment=canary)

    updating = transitions.update(endpoint, a_config("next"), Retention(), retains_deployment=True, now=at(0))

    assert updating.deployment is not None
    assert [step.share for step in updating.deployment.plan.steps] == [0.2, 1.0]


@pytest.mark.parametrize(
    ("deployment", "reason"),
    [
        (blue_green("CANARY", 30, 51), "CanarySize must be between 0% and 50%"),
        (blue_green("LINEAR", 30, 9), "LinearStepSize must be between 10% and 50%"),
        (rolling(4, 30), "MaximumBatchSize"),
        ({**rolling(50, 30), **blue_green("ALL_AT_ONCE", 0)}, "not both"),
        (blue_green("CANARY", 700, 10, MaximumExecutionTimeoutInSeconds=600), "exceed the summed waits of 700 s"),
        (
            {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "CANARY", "WaitIntervalInSeconds": 1}}},
            "CanarySize is required",
        ),
    ],
)
def test_deployments_sagemaker_refuses_are_refused(deployment: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        plan(deployment, a_config(), a_config())


def test_guardrails_need_the_same_variants_and_rolling_needs_one() -> None:
    two = a_config(champion=9, challenger=1)

    assert plan(None, a_config(), two).steps[0].share == 1
    with pytest.raises(Refused, match="same variant names"):
        plan(blue_green("ALL_AT_ONCE", 0), a_config(), two)
    with pytest.raises(Refused, match="multiple production variants"):
        plan(rolling(50, 10), two, two)


def test_a_step_in_instances_is_a_share_of_the_smallest_variant() -> None:
    deployment = blue_green("CANARY", 30, 20)
    routing = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    routing["CanarySize"] = {"Type": "INSTANCE_COUNT", "Value": 1}

    assert plan(deployment, a_config(count=4), a_config(count=4)).steps[0].share == 0.25
    with pytest.raises(Refused, match="got 100%"):
        plan(deployment, a_config(), a_config())
