from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from sluice.aws.inventory import Inventory, is_composed
from sluice.aws.scaling import Scaling

ROLE = "arn:aws:iam::123456789012:role/model"
FIRST, SECOND = "sluice-flights-0123456789", "sluice-flights-abcdef0123"
OTHERS = ("sluice-flights-by-hand", "sluice-flights-2-0123456789", "flights")


@pytest.fixture
def sagemaker() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("sagemaker")
        for name in (FIRST, SECOND, *OTHERS):
            client.create_model(ModelName=name, PrimaryContainer={"Image": "i"}, ExecutionRoleArn=ROLE)
            client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[a_variant("champion", name)])
        yield client


def a_variant(slot: str, model: str) -> dict[str, Any]:
    return {"VariantName": slot, "ModelName": model, "InstanceType": "ml.g4dn.xlarge", "InitialInstanceCount": 1}


def test_only_what_was_composed_for_the_endpoint_is_listed(sagemaker: Any) -> None:
    inventory = Inventory(sagemaker)

    assert {made.name for made in inventory.configs("sluice-flights")} == {FIRST, SECOND}
    assert {made.name for made in inventory.models("sluice-flights")} == {FIRST, SECOND}
    assert [made.name for made in inventory.configs("sluice-flights-2")] == ["sluice-flights-2-0123456789"]


def test_the_newest_comes_first(sagemaker: Any) -> None:
    configs = Inventory(sagemaker).configs("sluice-flights")

    assert configs == sorted(configs, key=lambda made: made.at, reverse=True)


def test_a_config_knows_its_models(sagemaker: Any) -> None:
    sagemaker.create_endpoint_config(
        EndpointConfigName="with-shadow",
        ProductionVariants=[a_variant("champion", FIRST)],
        ShadowProductionVariants=[a_variant("shadow", SECOND)],
    )
    inventory = Inventory(sagemaker)

    assert FIRST in inventory.models_of("with-shadow")
    assert inventory.models_of("gone") == set()


def test_what_is_gone_can_be_deleted_again(sagemaker: Any) -> None:
    inventory = Inventory(sagemaker)

    for _ in range(2):
        inventory.delete_config(FIRST)
        inventory.delete_model(FIRST)

    assert [made.name for made in inventory.configs("sluice-flights")] == [SECOND]
    assert [made.name for made in inventory.models("sluice-flights")] == [SECOND]


@pytest.mark.parametrize(
    ("name", "composed"),
    [
        (FIRST, True),
        ("sluice-flights-0123456789a", False),
        ("sluice-flights-012345678g", False),
        ("sluice-flights", False),
        ("another-0123456789", False),
    ],
)
def test_names_that_composing_gives_are_known(name: str, *, composed: bool) -> None:
    assert is_composed(name, "sluice-flights") is composed


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("delete_model", lambda inventory: inventory.delete_model(FIRST)),
        ("delete_endpoint_config", lambda inventory: inventory.delete_config(FIRST)),
        ("describe_endpoint_config", lambda inventory: inventory.models_of(FIRST)),
    ],
)
def test_other_refusals_are_not_hidden(operation: str, call: Any) -> None:
    client = boto3.client("sagemaker")
    with Stubber(client) as stubber:
        stubber.add_client_error(operation, "AccessDeniedException", "you may not")

        with pytest.raises(ClientError, match="you may not"):
            call(Inventory(client))


def test_a_scaling_target_is_released_if_there_is_one() -> None:
    client = boto3.client("application-autoscaling")
    asked = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/sluice-flights/variant/challenger",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    missing = "No scalable target found for service namespace: sagemaker"
    with Stubber(client) as stubber:
        stubber.add_response("deregister_scalable_target", {}, asked)
        stubber.add_client_error("deregister_scalable_target", "ObjectNotFoundException", missing)
        stubber.add_client_error("deregister_scalable_target", "AccessDeniedException", "you may not")
        scaling = Scaling(client)

        scaling.release("sluice-flights", "challenger")
        scaling.release("sluice-flights", "challenger")
        with pytest.raises(ClientError, match="you may not"):
            scaling.release("sluice-flights", "challenger")
