from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from moto import mock_aws

from sluice.aws.endpoint import Endpoints
from sluice.domain.endpoint_config import Composition
from sluice.domain.errors import CapacityLacking, ChangeRefused, EndpointBusy, EndpointConfigLost, EndpointNotFound
from tests.functional.release_clients import client
from tests.functional.release_world import World

# moto is InService at once and refuses nothing: what SageMaker says then is stubbed.


@pytest.fixture
def sagemaker() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("sagemaker")


@pytest.fixture
def stubbed() -> Iterator[tuple[Endpoints, Stubber]]:
    client = boto3.client("sagemaker")
    with Stubber(client) as stubber:
        yield Endpoints(client), stubber
        stubber.assert_no_pending_responses()


def a_config(config_name: str = "config", /, **weights: float) -> dict[str, Any]:
    variants = [
        {
            "VariantName": variant,
            "ModelName": f"model-{variant}",
            "InstanceType": "ml.g4dn.xlarge",
            "InitialInstanceCount": 2,
            "InitialVariantWeight": weight,
        }
        for variant, weight in weights.items()
    ]
    return {"EndpointConfigName": config_name, "ProductionVariants": variants}


def a_live_endpoint(sagemaker: Any, **weights: float) -> Endpoints:
    for variant in weights:
        sagemaker.create_model(
            ModelName=f"model-{variant}",
            PrimaryContainer={"Image": "model"},
            ExecutionRoleArn="arn:aws:iam::123456789012:role/model",
        )
    endpoints = Endpoints(sagemaker)
    endpoints.ensure(Composition([], a_config(**weights)))
    sagemaker.create_endpoint(EndpointName="sluice-flights", EndpointConfigName="config")
    return endpoints


def test_an_endpoint_is_described_with_its_models_and_weights(sagemaker: Any) -> None:
    endpoints = a_live_endpoint(sagemaker, champion=90, challenger=10)

    state = endpoints.describe("sluice-flights")

    assert (state.status, state.config_name, state.failure_reason) == ("InService", "config", None)
    assert not state.is_changing
    live = endpoints.live_variants(state)
    assert [(v.name, v.container["Image"], v.weight, v.instances) for v in live] == [
        ("champion", "model", 90, 2),
        ("challenger", "model", 10, 2),
    ]


def test_weights_are_set_and_seen_to_route(sagemaker: Any) -> None:
    endpoints = a_live_endpoint(sagemaker, champion=90, challenger=10)

    endpoints.set_weights("sluice-flights", {"champion": 50, "challenger": 50})

    state = endpoints.describe("sluice-flights")
    assert state.routes_by({"champion": 50, "challenger": 50})
    assert not state.routes_by({"champion": 90, "challenger": 10})


def test_a_config_can_be_asked_for_twice_and_deleted_twice(sagemaker: Any) -> None:
    endpoints = a_live_endpoint(sagemaker, champion=100)

    endpoints.ensure(Composition([], a_config("next", champion=100)))
    endpoints.ensure(Composition([], a_config("next", champion=100)))
    endpoints.delete_config("next")
    endpoints.delete_config("next")

    names = [form["EndpointConfigName"] for form in sagemaker.list_endpoint_configs()["EndpointConfigs"]]
    assert names == ["config"]


def test_a_config_of_that_name_with_other_content_is_replaced(sagemaker: Any) -> None:
    endpoints = a_live_endpoint(sagemaker, champion=100)
    sagemaker.create_endpoint_config(**a_config("next", champion=100))

    endpoints.ensure(Composition([], a_config("next", champion=70)))

    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName="next")["ProductionVariants"]
    assert variant["InitialVariantWeight"] == 70


def test_a_config_of_that_name_with_a_shadow_that_nobody_wants_is_replaced(world: World) -> None:
    live = world.endpoint().config.request["ProductionVariants"]
    wanted = {"EndpointConfigName": "next", "ProductionVariants": live}
    shadows = [{**live[0], "VariantName": "shadow"}]
    client("sagemaker").create_endpoint_config(**wanted, ShadowProductionVariants=shadows)

    Endpoints(client("sagemaker")).ensure(Composition([], wanted))

    found = client("sagemaker").describe_endpoint_config(EndpointConfigName="next")
    assert not found.get("ShadowProductionVariants")


def test_models_can_be_asked_for_twice(sagemaker: Any) -> None:
    endpoints = Endpoints(sagemaker)
    model = {
        "ModelName": "model-champion",
        "PrimaryContainer": {"Image": "model", "ModelDataUrl": "s3://b/v1"},
        "ExecutionRoleArn": "arn:aws:iam::123456789012:role/model",
    }
    composed = Composition([model], a_config(champion=100))

    endpoints.ensure(composed)
    endpoints.ensure(composed)

    assert endpoints.has_config("config")
    assert not endpoints.has_config("another")
    assert [found["ModelName"] for found in sagemaker.list_models()["Models"]] == ["model-champion"]


def test_a_config_that_was_deleted_under_its_endpoint_is_said_to_be_lost(sagemaker: Any) -> None:
    endpoints = a_live_endpoint(sagemaker, champion=100)
    sagemaker.delete_endpoint_config(EndpointConfigName="config")

    with pytest.raises(EndpointConfigLost, match="serves by the config config, which somebody deleted"):
        endpoints.describe("sluice-flights")


def test_an_endpoint_that_does_not_exist_is_not_found(sagemaker: Any) -> None:
    endpoints = Endpoints(sagemaker)

    with pytest.raises(EndpointNotFound, match="there is no endpoint sluice-flights"):
        endpoints.describe("sluice-flights")
    with pytest.raises(EndpointNotFound):
        endpoints.set_weights("sluice-flights", {"champion": 100})


def describe(stubber: Stubber, status: str, *variants: dict[str, Any], **more: Any) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/sluice-flights"
    times = {"CreationTime": "2026-11-21", "LastModifiedTime": "2026-11-21"}
    found = {"EndpointName": "sluice-flights", "EndpointArn": arn, "EndpointStatus": status, **times, **more}
    if variants:
        found["ProductionVariants"] = list(variants)
    stubber.add_response("describe_endpoint", {**found, "EndpointConfigName": "config"})
    config = {"EndpointConfigName": "config", "EndpointConfigArn": arn, "CreationTime": "2026-11-21"}
    stubber.add_response("describe_endpoint_config", {**config, **a_config(champion=100)})


@pytest.mark.parametrize(
    ("status", "changing"),
    [
        ("Creating", True),
        ("Updating", True),
        ("SystemUpdating", True),
        ("RollingBack", True),
        ("Deleting", True),
        ("InService", False),
        ("Failed", False),
        ("OutOfService", False),
        ("UpdateRollbackFailed", False),
    ],
)
def test_an_endpoint_is_changing_while_sagemaker_refuses_changes(
    stubbed: tuple[Endpoints, Stubber], status: str, *, changing: bool
) -> None:
    endpoints, stubber = stubbed
    describe(stubber, status)

    assert endpoints.describe("sluice-flights").is_changing is changing


def test_weights_on_their_way_are_asked_for_but_do_not_route(stubbed: tuple[Endpoints, Stubber]) -> None:
    endpoints, stubber = stubbed
    champion = {"VariantName": "champion", "CurrentWeight": 90.0, "DesiredWeight": 50.0}
    challenger = {"VariantName": "challenger", "CurrentWeight": 10.0, "DesiredWeight": 50.0}
    describe(stubber, "Updating", champion, challenger)

    state = endpoints.describe("sluice-flights")

    assert state.desired_weights == {"champion": 50, "challenger": 50}
    assert not state.routes_by({"champion": 50, "challenger": 50})
    assert not state.routes_by({"champion": 90, "challenger": 10})


def test_the_reason_of_a_failed_update_is_kept_although_the_endpoint_serves(
    stubbed: tuple[Endpoints, Stubber],
) -> None:
    endpoints, stubber = stubbed
    describe(stubber, "InService", FailureReason="the container did not pass its health check")

    assert endpoints.describe("sluice-flights").failure_reason == "the container did not pass its health check"


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        ('Cannot update in-progress endpoint "arn:aws:sagemaker:..."', EndpointBusy),
        ("Could not find endpoint arn:aws:sagemaker:...", EndpointNotFound),
        ('The variant name(s) "challenger" is/are not present within endpoint configuration', ChangeRefused),
    ],
)
def test_what_sagemaker_refuses_is_told_apart_by_its_message(
    stubbed: tuple[Endpoints, Stubber], message: str, meaning: type[Exception]
) -> None:
    endpoints, stubber = stubbed
    stubber.add_client_error("update_endpoint_weights_and_capacities", "ValidationException", message)

    with pytest.raises(meaning):
        endpoints.set_weights("sluice-flights", {"champion": 100})


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        ("create_endpoint_config", lambda endpoints: endpoints.ensure(Composition([], a_config(champion=100)))),
        ("delete_endpoint_config", lambda endpoints: endpoints.delete_config("config")),
    ],
)
def test_other_refusals_of_a_config_are_not_hidden(
    stubbed: tuple[Endpoints, Stubber], operation: str, change: Callable[[Endpoints], None]
) -> None:
    endpoints, stubber = stubbed
    stubber.add_client_error(operation, "ResourceLimitExceeded", "The account-level service limit is 0 Instances")

    with pytest.raises(ClientError, match="service limit"):
        change(endpoints)


def test_an_endpoint_whose_config_is_gone_can_still_be_looked_at(sagemaker: Any) -> None:
    endpoints = a_live_endpoint(sagemaker, champion=100)
    sagemaker.delete_endpoint_config(EndpointConfigName="config")

    state = endpoints.look("sluice-flights")

    assert (state.has_config, state.config_name, state.status) == (False, "config", "InService")
    assert [variant.model_name for variant in state.variants] == [""]


@pytest.mark.parametrize(("keep", "retained"), [(True, {"ExcludeRetainedVariantProperties": ANY}), (False, {})])
def test_an_update_keeps_live_weights_only_when_it_is_to(
    stubbed: tuple[Endpoints, Stubber], retained: dict[str, Any], *, keep: bool
) -> None:
    endpoints, stubber = stubbed
    asked = {"EndpointName": "e", "EndpointConfigName": "next", "RetainAllVariantProperties": keep, **retained}
    arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e"
    stubber.add_response("update_endpoint", {"EndpointArn": arn}, asked)
    deployment = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}
    stubber.add_response("update_endpoint", {"EndpointArn": arn}, {**asked, "DeploymentConfig": deployment})

    endpoints.update("e", "next", keep_weights=keep)
    endpoints.update("e", "next", keep_weights=keep, deployment=deployment)


@pytest.mark.parametrize(
    ("code", "message", "meaning"),
    [
        ("ValidationException", 'Cannot update in-progress endpoint "arn".', EndpointBusy),
        ("ValidationException", 'Could not find endpoint configuration "arn".', EndpointConfigLost),
        ("ValidationException", 'Could not find endpoint "arn".', EndpointNotFound),
        ("ResourceLimitExceeded", "The account-level service limit is 0 Instances.", CapacityLacking),
        ("ValidationException", "Unable to provision requested ML compute capacity.", CapacityLacking),
        ("ValidationException", "The new endpoint configuration is odd.", ChangeRefused),
        ("AccessDeniedException", "you may not", ClientError),
    ],
)
def test_what_an_update_is_refused_for_tells_what_to_do(
    stubbed: tuple[Endpoints, Stubber], code: str, message: str, meaning: type[Exception]
) -> None:
    endpoints, stubber = stubbed
    stubber.add_client_error("update_endpoint", code, message)

    with pytest.raises(meaning):
        endpoints.update("sluice-flights", "next", keep_weights=False)


@pytest.mark.parametrize(
    ("code", "meaning"), [("ResourceLimitExceeded", CapacityLacking), ("ValidationException", ChangeRefused)]
)
def test_what_cannot_be_prepared_tells_what_to_do(
    stubbed: tuple[Endpoints, Stubber], code: str, meaning: type[Exception]
) -> None:
    endpoints, stubber = stubbed
    stubber.add_client_error("create_endpoint_config", code, "no")

    with pytest.raises(meaning):
        endpoints.prepare(Composition([], a_config(champion=100)))
