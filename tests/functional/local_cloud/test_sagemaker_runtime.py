import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.local_cloud.sagemaker_builders import (
    SageMakerCloud,
    a_sagemaker_cloud,
    a_variant,
    eventually,
)

MODEL_SECONDS = 0.5


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageMakerCloud]:
    with a_sagemaker_cloud(tmp_path_factory.mktemp("cloud"), model_seconds=MODEL_SECONDS) as running:
        yield running


@pytest.fixture(scope="module")
def endpoint(cloud: SageMakerCloud) -> str:
    return cloud.a_split_endpoint(champion=75, challenger=25)


def failure(cloud: SageMakerCloud, endpoint: str, **parameters: Any) -> tuple[str, int, dict[str, Any]]:
    """Code, HTTP status and the whole parsed error; it must be an exception of the service's own model."""
    with pytest.raises(ClientError) as caught:
        cloud.invoke(endpoint, **parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response


def test_requests_are_split_by_current_weight(cloud: SageMakerCloud, endpoint: str) -> None:
    variants = Counter(cloud.invoke(endpoint)["InvokedProductionVariant"] for _ in range(800))

    chi_square = (variants["champion"] - 600) ** 2 / 600 + (variants["challenger"] - 200) ** 2 / 200

    assert variants.total() == 800
    assert chi_square < 10.8  # p > 0.001 at one degree of freedom; the seed is fixed


def test_a_target_variant_answers_whatever_its_weight(cloud: SageMakerCloud, endpoint: str) -> None:
    answer = cloud.invoke(endpoint, b'{"rows": [1]}', TargetVariant="challenger", InferenceId="id-1")

    assert answer["InvokedProductionVariant"] == "challenger"
    assert answer["CustomAttributes"] == "sluice-model-version=v2"
    assert answer["ContentType"] == "application/json"
    assert answer["Body"] == b'{"rows": [1]}'


def test_the_container_sees_only_what_sagemaker_passes_on(cloud: SageMakerCloud, endpoint: str) -> None:
    answer = cloud.invoke(
        endpoint, ContentType="text/csv", Accept="application/json", CustomAttributes="headers", InferenceId="hidden"
    )

    seen = {name.lower(): value for name, value in json.loads(answer["Body"]).items()}
    assert seen == {
        "host": "localhost",
        "content-length": "2",
        "content-type": "text/csv",
        "accept": "application/json",
        "x-amzn-sagemaker-custom-attributes": "headers",
    }


def test_what_cannot_be_asked_is_a_validation_error(cloud: SageMakerCloud, endpoint: str) -> None:
    refused = [
        failure(cloud, "nowhere"),
        failure(cloud, endpoint.upper()),
        failure(cloud, endpoint, TargetVariant="stranger"),
        failure(cloud, endpoint, CustomAttributes="x" * 1025),
        failure(cloud, endpoint, InferenceId="x" * 65),
        failure(cloud, endpoint, body=b"x" * 6_291_457),
    ]

    assert {(code, status) for code, status, _ in refused} == {("ValidationError", 400)}
    assert len(cloud.invoke(endpoint, b"x" * 6_291_456)["Body"]) == 6_291_456


@pytest.mark.parametrize("status", [400, 503])
def test_the_models_own_error_is_told_with_its_status(cloud: SageMakerCloud, endpoint: str, status: int) -> None:
    code, http_status, error = failure(cloud, endpoint, CustomAttributes=f"status={status}")

    assert (code, http_status) == ("ModelError", 424)
    assert (error["OriginalStatusCode"], error["OriginalMessage"]) == (status, '{"error": "asked for"}')
    assert error["LogStreamArn"].endswith(f":log-group:/aws/sagemaker/Endpoints/{endpoint}")


def test_a_model_that_does_not_answer_in_time_is_a_model_error(cloud: SageMakerCloud, endpoint: str) -> None:
    code, _, error = failure(cloud, endpoint, CustomAttributes=f"sleep={4 * MODEL_SECONDS}")

    assert (code, error["OriginalStatusCode"]) == ("ModelError", 0)
    assert "timed out" in error["OriginalMessage"]


def test_errors_are_the_exceptions_of_the_service_model(cloud: SageMakerCloud, endpoint: str) -> None:
    with pytest.raises(cloud.runtime.exceptions.ModelError):
        cloud.invoke(endpoint, CustomAttributes="status=500")
    with pytest.raises(cloud.runtime.exceptions.ValidationError):
        cloud.invoke("nowhere")


def test_a_variant_without_a_process_is_unavailable_and_others_answer(cloud: SageMakerCloud) -> None:
    endpoint = cloud.a_split_endpoint()

    assert cloud.inflict(endpoint=endpoint, variant="challenger", kind="crash") == 204

    code, status, _ = failure(cloud, endpoint, TargetVariant="challenger")
    assert (code, status) == ("ServiceUnavailable", 503)
    assert cloud.version(endpoint, TargetVariant="champion") == "v1"


def test_faults_befall_one_variant_as_often_as_asked(cloud: SageMakerCloud, endpoint: str) -> None:
    cloud.inflict(endpoint=endpoint, variant="challenger", kind="error", value=507, count=2)
    injected = [failure(cloud, endpoint, TargetVariant="challenger")[2]["OriginalStatusCode"] for _ in range(2)]
    spared = cloud.version(endpoint, TargetVariant="challenger")
    cloud.inflict(endpoint=endpoint, variant="challenger", kind="throttle")
    throttled = failure(cloud, endpoint, TargetVariant="challenger")[:2]
    champion = cloud.version(endpoint, TargetVariant="champion")
    cloud.admin("DELETE")

    assert injected == [507, 507]
    assert spared == "v2"
    assert throttled == ("ThrottlingException", 429)
    assert champion == "v1"
    assert cloud.version(endpoint, TargetVariant="challenger") == "v2"


def test_a_hang_and_a_latency_take_their_time(cloud: SageMakerCloud, endpoint: str) -> None:
    cloud.inflict(endpoint=endpoint, variant="challenger", kind="hang", count=1)
    hung = failure(cloud, endpoint, TargetVariant="challenger")[2]["OriginalStatusCode"]
    cloud.inflict(endpoint=endpoint, variant="challenger", kind="latency", value=50, count=1)
    delayed = cloud.version(endpoint, TargetVariant="challenger")

    assert hung == 0
    assert delayed == "v2"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{}", "application/json", 400),
        ("not json", "application/json", 400),
        ("[]", "application/json", 400),
        ('{"endpoint": "e", "kind": "flood", "variant": "v"}', "application/json", 400),
        ('{"endpoint": "e", "kind": "error"}', "application/json", 400),
        ('{"endpoint": "nowhere", "kind": "crash", "variant": "v"}', "application/json", 400),
        ('{"endpoint": "nowhere", "kind": "maintenance", "value": 1}', "application/json", 400),
        ('{"endpoint": "e", "kind": "error", "variant": "v"}', "text/plain", 415),
    ],
)
def test_what_is_not_a_fault_is_refused(cloud: SageMakerCloud, body: str, content_type: str, status: int) -> None:
    assert cloud.admin("POST", body, content_type) == status


def test_a_shadow_gets_a_copy_and_its_answer_is_discarded(cloud: SageMakerCloud) -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://models/shadow-capture",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    }
    champion, shadow = a_variant("champion", cloud.a_model("v1")), a_variant("shadow", cloud.a_model("v2"))
    config = cloud.a_config(champion, ShadowProductionVariants=[shadow], DataCaptureConfig=capture)
    endpoint = cloud.an_endpoint(config)

    versions = {cloud.version(endpoint) for _ in range(10)}

    def captured() -> set[str]:
        listed = cloud.client("s3").list_objects_v2(Bucket="models", Prefix=f"shadow-capture/{endpoint}/")
        return {entry["Key"].split("/")[2] for entry in listed.get("Contents", [])}

    assert versions == {"v1"}
    assert [variant["VariantName"] for variant in cloud.described(endpoint)["ShadowProductionVariants"]] == ["shadow"]
    assert eventually(lambda: captured() == {"champion", "shadow"})
    assert failure(cloud, endpoint, TargetVariant="shadow")[0] == "ValidationError"
