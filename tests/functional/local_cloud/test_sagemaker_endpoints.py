import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.local_cloud.sagemaker_builders import (
    BUCKET,
    ROLE,
    SageMakerCloud,
    a_sagemaker_cloud,
    a_variant,
    an_archive,
    eventually,
    model_processes,
)

IN_PROGRESS = "Cannot update in-progress endpoint"
CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 300,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        },
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageMakerCloud]:
    with a_sagemaker_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


def refusal(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


def capacities(described: dict[str, Any]) -> dict[str, tuple[float, float, int, int]]:
    return {
        variant["VariantName"]: (
            variant["CurrentWeight"],
            variant["DesiredWeight"],
            variant["CurrentInstanceCount"],
            variant["DesiredInstanceCount"],
        )
        for variant in described["ProductionVariants"]
    }


def test_a_new_endpoint_is_creating_until_its_models_answer(cloud: SageMakerCloud) -> None:
    config = cloud.a_config(a_variant("champion", cloud.a_model("v1"), weight=9, count=2))
    cloud.control.create_endpoint(EndpointName="fresh", EndpointConfigName=config, Tags=[{"Key": "a", "Value": "b"}])

    creating = cloud.described("fresh")
    with pytest.raises(cloud.runtime.exceptions.ValidationError, match="fresh of account 123456789012 not found"):
        cloud.invoke("fresh")
    in_service = cloud.settled("fresh")

    assert creating["EndpointStatus"] == "Creating"
    assert creating["PendingDeploymentSummary"]["EndpointConfigName"] == config
    assert in_service["EndpointStatus"] == "InService"
    assert "PendingDeploymentSummary" not in in_service
    assert capacities(in_service) == {"champion": (9, 9, 2, 2)}
    assert cloud.version("fresh") == "v1"
    listed = cloud.control.list_endpoints(NameContains="fresh", StatusEquals="InService")["Endpoints"]
    assert [endpoint["EndpointName"] for endpoint in listed] == ["fresh"]
    assert cloud.control.list_tags(ResourceArn=in_service["EndpointArn"])["Tags"] == [{"Key": "a", "Value": "b"}]


def test_weights_are_desired_at_once_and_current_later(cloud: SageMakerCloud) -> None:
    endpoint = cloud.a_split_endpoint(90, 10)

    cloud.weigh(endpoint, champion=0, challenger=100)
    updating = cloud.described(endpoint)
    settled = cloud.settled(endpoint)

    assert updating["EndpointStatus"] == "Updating"
    assert capacities(updating) == {"champion": (90, 0, 1, 1), "challenger": (10, 100, 1, 1)}
    assert capacities(settled) == {"champion": (0, 0, 1, 1), "challenger": (100, 100, 1, 1)}
    assert {cloud.version(endpoint) for _ in range(20)} == {"v2"}


def test_every_change_is_refused_while_another_is_under_way(cloud: SageMakerCloud) -> None:
    endpoint = cloud.a_split_endpoint()
    config = cloud.described(endpoint)["EndpointConfigName"]
    cloud.weigh(endpoint, champion=50)

    refusals = [
        refusal(cloud.weigh, endpoint=endpoint, champion=60),
        refusal(cloud.control.update_endpoint, EndpointName=endpoint, EndpointConfigName=config),
        refusal(cloud.control.delete_endpoint, EndpointName=endpoint),
    ]

    assert all(message.startswith(IN_PROGRESS) for message in refusals)
    assert capacities(cloud.settled(endpoint))["champion"] == (50, 50, 1, 1)


def test_an_update_switches_when_the_new_fleet_answers(cloud: SageMakerCloud) -> None:
    endpoint = cloud.an_endpoint(cloud.a_config(a_variant("champion", cloud.a_model("v1"))))
    config = cloud.a_config(a_variant("champion", cloud.a_model("v2")))

    cloud.control.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    during = cloud.described(endpoint)
    version_during = cloud.version(endpoint)
    after = cloud.settled(endpoint)

    assert during["EndpointStatus"] == "Updating"
    assert during["EndpointConfigName"] != config
    assert during["PendingDeploymentSummary"]["EndpointConfigName"] == config
    assert version_during == "v1"
    assert after["EndpointConfigName"] == config
    assert "FailureReason" not in after
    assert cloud.version(endpoint) == "v2"


def test_a_failed_update_is_in_service_on_the_old_config(cloud: SageMakerCloud) -> None:
    old = cloud.a_config(a_variant("champion", cloud.a_model("v1")))
    endpoint = cloud.an_endpoint(old)
    broken = cloud.a_config(a_variant("champion", cloud.a_broken_model()))

    cloud.control.update_endpoint(EndpointName=endpoint, EndpointConfigName=broken)
    after = cloud.settled(endpoint)

    assert after["EndpointStatus"] == "InService"
    assert after["EndpointConfigName"] == old
    assert "did not pass the ping health check" in after["FailureReason"]
    assert cloud.version(endpoint) == "v1"


def test_a_failed_endpoint_can_only_be_deleted(cloud: SageMakerCloud) -> None:
    broken = cloud.a_config(a_variant("champion", cloud.a_broken_model()))
    cloud.control.create_endpoint(EndpointName="doomed", EndpointConfigName=broken)

    failed = cloud.settled("doomed")
    update = refusal(cloud.control.update_endpoint, EndpointName="doomed", EndpointConfigName=broken)
    cloud.control.delete_endpoint(EndpointName="doomed")
    deleting = cloud.status("doomed")
    cloud.clock.advance(2)

    assert failed["EndpointStatus"] == "Failed"
    assert failed["FailureReason"]
    assert "DeleteEndpoint is the only operation" in update
    assert deleting == "Deleting"
    assert eventually(lambda: not cloud.control.list_endpoints(NameContains="doomed")["Endpoints"])
    assert refusal(cloud.described, endpoint="doomed").startswith('Could not find endpoint "arn:aws:sagemaker:')


@pytest.mark.parametrize(
    ("retention", "expected"),
    [
        ({}, (1, 1, 1, 1)),
        ({"RetainAllVariantProperties": True}, (40, 40, 3, 3)),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
            },
            (1, 1, 3, 3),
        ),
    ],
)
def test_an_update_resets_weights_and_counts_unless_they_are_retained(
    cloud: SageMakerCloud, retention: dict[str, Any], expected: tuple[float, float, int, int]
) -> None:
    endpoint = cloud.an_endpoint(cloud.a_config(a_variant("champion", cloud.a_model("v1"))))
    cloud.control.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": "champion", "DesiredWeight": 40, "DesiredInstanceCount": 3}],
    )
    cloud.settled(endpoint)
    config = cloud.a_config(a_variant("champion", cloud.a_model("v2")))

    cloud.control.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, **retention)

    assert capacities(cloud.settled(endpoint)) == {"champion": expected}


def test_a_canary_is_rolled_back_by_an_alarm(cloud: SageMakerCloud) -> None:
    old = cloud.a_config(a_variant("champion", cloud.a_model("v1")))
    endpoint = cloud.an_endpoint(old)
    alarm = {"MetricName": "m", "Namespace": "n", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName="errors", Threshold=1, ComparisonOperator="GreaterThanThreshold", **alarm
    )
    config = cloud.a_config(a_variant("champion", cloud.a_model("v2")))
    cloud.control.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, DeploymentConfig=CANARY)

    def bakes() -> bool:
        cloud.clock.advance(0.5)
        pending = cloud.described(endpoint)["PendingDeploymentSummary"]["ProductionVariants"][0]
        return bool(pending["VariantStatus"] == [{"Status": "Baking"}])

    assert eventually(bakes)
    versions = {cloud.version(endpoint) for _ in range(40)}
    cloud.client("cloudwatch").set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    after = eventually(lambda: cloud.status(endpoint) == "InService" and cloud.described(endpoint))

    assert versions == {"v1", "v2"}
    assert after
    assert after["EndpointConfigName"] == old
    assert "errors" in after["FailureReason"]
    assert {cloud.version(endpoint) for _ in range(20)} == {"v1"}


def test_a_killed_model_process_is_replaced(cloud: SageMakerCloud) -> None:
    endpoint = cloud.a_split_endpoint()
    with pytest.raises(cloud.runtime.exceptions.ModelError) as caught:
        cloud.invoke(endpoint, TargetVariant="challenger", CustomAttributes="die")

    def answers() -> bool:
        try:
            return cloud.version(endpoint, TargetVariant="challenger") == "v2"
        except ClientError:
            return False

    assert caught.value.response["OriginalStatusCode"] == 0
    assert cloud.version(endpoint, TargetVariant="champion") == "v1"
    assert eventually(answers)
    assert cloud.status(endpoint) == "InService"


def test_refused_capacity_rolls_back_to_what_was(cloud: SageMakerCloud) -> None:
    endpoint = cloud.a_split_endpoint()
    cloud.inflict(endpoint=endpoint, kind="capacity")

    cloud.control.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": "challenger", "DesiredInstanceCount": 4}],
    )
    during = cloud.status(endpoint)
    after = cloud.settled(endpoint)

    assert during == "RollingBack"
    assert after["EndpointStatus"] == "InService"
    assert capacities(after)["challenger"] == (10, 10, 1, 1)


def test_maintenance_serves_and_refuses_changes(cloud: SageMakerCloud) -> None:
    endpoint = cloud.a_split_endpoint()

    assert cloud.inflict(endpoint=endpoint, kind="maintenance", value=3) == 204
    during = cloud.status(endpoint)
    message = refusal(cloud.weigh, endpoint=endpoint, champion=1)

    assert during == "SystemUpdating"
    assert message.startswith(IN_PROGRESS)
    assert cloud.version(endpoint, TargetVariant="champion") == "v1"
    assert cloud.settled(endpoint)["EndpointStatus"] == "InService"


def test_status_changes_are_told_to_eventbridge(cloud: SageMakerCloud) -> None:
    queue = cloud.client("sqs").create_queue(QueueName="status")["QueueUrl"]
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Endpoint State Change"]}
    cloud.client("events").put_rule(Name="status", EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:123456789012:status"}
    cloud.client("events").put_targets(Rule="status", Targets=[target])
    heard: list[str] = []

    endpoint = cloud.an_endpoint(cloud.a_config(a_variant("champion", cloud.a_model("v1"))))

    def told() -> bool:
        messages = cloud.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        details = [json.loads(message["Body"])["detail"] for message in messages]
        heard.extend(each["EndpointStatus"] for each in details if each["EndpointName"] == endpoint)  # others end late
        return "IN_SERVICE" in heard and "CREATING" in heard

    assert eventually(told)
    assert sorted(heard) == ["CREATING", "IN_SERVICE"]  # a queue of no order
    cloud.client("events").remove_targets(Rule="status", Ids=["queue"])


def test_names_and_shapes_sagemaker_refuses_are_refused(cloud: SageMakerCloud) -> None:
    model = cloud.a_model("v1")
    config = cloud.a_config(a_variant("champion", model))
    endpoint = cloud.an_endpoint(config)
    create = cloud.control.create_endpoint_config
    two = [a_variant("champion", model), a_variant("challenger", model)]

    def told(*variants: dict[str, Any], name: str = "refused", **others: Any) -> str:
        return refusal(create, EndpointConfigName=name, ProductionVariants=list(variants), **others)

    assert "regular expression" in told(two[0], name="under_score")
    assert "less than or equal to 63" in told(two[0], name="x" * 64)
    assert "enum value set" in told({**two[0], "InstanceType": "ml.nothing"})
    assert "unique" in told(two[0], two[0])
    assert "at least one variant weight" in told({**two[0], "InitialVariantWeight": 0.0}).lower()
    assert "only specify one variant" in told(*two, ShadowProductionVariants=[a_variant("shadow", model)])
    assert 'Could not find model "arn:aws:sagemaker' in told(a_variant("champion", "missing"))
    assert "Cannot create already existing endpoint configuration" in told(two[0], name=config)
    existing = {"EndpointName": endpoint.upper(), "EndpointConfigName": config}
    assert "Cannot create already existing endpoint " in refusal(cloud.control.create_endpoint, **existing)
    unknown = {"EndpointName": endpoint, "EndpointConfigName": "missing"}
    assert "Could not find endpoint configuration" in refusal(cloud.control.update_endpoint, **unknown)
    assert "is/are not present" in refusal(cloud.weigh, endpoint=endpoint, stranger=1)
    assert "already existing model" in refusal(cloud.control.create_model, ModelName=model, ExecutionRoleArn=ROLE)


def test_an_endpoint_config_is_described_as_it_was_given(cloud: SageMakerCloud) -> None:
    variant = a_variant("champion", cloud.a_model("v1"), weight=30, count=2)
    shadow = a_variant("shadow", cloud.a_model("v2"))
    config = cloud.a_config(variant, ShadowProductionVariants=[shadow])

    described = cloud.control.describe_endpoint_config(EndpointConfigName=config)
    cloud.control.delete_endpoint_config(EndpointConfigName=config)

    assert described["ProductionVariants"] == [variant]
    assert described["ShadowProductionVariants"] == [shadow]
    message = refusal(cloud.control.describe_endpoint_config, EndpointConfigName=config)
    assert message.startswith("Could not find endpoint configuration")


def test_an_archive_that_leaves_its_folder_is_not_unpacked(cloud: SageMakerCloud) -> None:
    model = cloud.a_model("v1", files=an_archive({"version": "v1", "../outside": "escaped"}))
    cloud.control.create_endpoint(
        EndpointName="escape", EndpointConfigName=cloud.a_config(a_variant("champion", model))
    )

    failed = cloud.settled("escape")

    assert failed["EndpointStatus"] == "Failed"
    assert "Failed to download model data" in failed["FailureReason"]
    assert not list(cloud.context.home.rglob("outside"))


def test_a_model_can_lie_uncompressed_under_a_prefix(cloud: SageMakerCloud) -> None:
    name = cloud.name("model")
    cloud.client("s3").put_object(Bucket=BUCKET, Key=f"{name}/version", Body=b"v7")
    source = {"S3Uri": f"s3://{BUCKET}/{name}/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {"Image": "sluice", "ModelDataSource": {"S3DataSource": source}}
    cloud.control.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)

    endpoint = cloud.an_endpoint(cloud.a_config(a_variant("champion", name)))

    assert cloud.version(endpoint) == "v7"


def test_a_model_can_come_from_the_registry(cloud: SageMakerCloud) -> None:
    data = f"s3://{BUCKET}/{cloud.a_model('v8')}/model.tar.gz"
    cloud.control.create_model_package_group(ModelPackageGroupName="flights")
    package = cloud.control.create_model_package(
        ModelPackageGroupName="flights",
        InferenceSpecification={
            "Containers": [{"Image": "sluice", "ModelDataUrl": data}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    cloud.control.create_model(
        ModelName="registered", ExecutionRoleArn=ROLE, PrimaryContainer={"ModelPackageName": package}
    )

    endpoint = cloud.an_endpoint(cloud.a_config(a_variant("champion", "registered")))

    assert cloud.version(endpoint) == "v8"


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
def test_deleted_and_stopped_endpoints_leave_no_process(cloud: SageMakerCloud) -> None:
    endpoint = cloud.a_split_endpoint()
    mine = f"models/{endpoint}-"
    running = [command for command in model_processes(cloud.context.home) if mine in command]

    cloud.control.delete_endpoint(EndpointName=endpoint)

    assert len(running) == 2
    assert eventually(lambda: not any(mine in command for command in model_processes(cloud.context.home)))
