import json
import time
from collections import Counter
from typing import Any

import boto3
import pytest
import urllib3

from tests.end_to_end.deployments import Deployment, until
from tests.end_to_end.traffic import SAMPLE, ask_for, variants

WORKERS = 4  # of one function in the local cloud, at most
ROUTING_SECONDS = 5  # each reads the routing table at most that often


def calls(deployment: Deployment) -> Counter[str]:
    """AWS calls of the inference function's workers so far, by action, as their IAM guards logged them."""
    logs = (deployment.folder / ".sluice/logs/permissions").glob("*Inference*.jsonl")
    lines = [json.loads(line) for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
    assert all(granted for _, _, granted in lines)
    return Counter(action for action, _, _ in lines)


def test_a_prediction_is_one_aws_call(deployment: Deployment) -> None:
    variants(ask_for(deployment, ["warm-up"] * 8))
    before, started = calls(deployment), time.monotonic()

    variants(ask_for(deployment, [f"unit-{number}" for number in range(100)]))

    made, seconds = calls(deployment) - before, time.monotonic() - started
    assert made["sagemaker:InvokeEndpoint"] == 100
    assert made.total() - 100 == made["dynamodb:GetItem"] <= WORKERS * (1 + seconds / ROUTING_SECONDS)


def test_the_answer_names_who_gave_it_and_what_was_captured_carries_its_id(deployment: Deployment) -> None:
    (answer,) = ask_for(deployment, ["N14228"])
    prediction_id = answer.headers["x-sluice-prediction-id"]

    captured = until(lambda: capture_of(deployment, prediction_id), seconds=60, what="the capture of the prediction")

    variant = answer.headers["x-sluice-variant"]
    assert (variant, answer.headers["x-sluice-model-version"]) in {("champion", "1"), ("challenger", "2")}
    assert json.loads(captured["captureData"]["endpointInput"]["data"]) == json.loads(SAMPLE)
    assert json.loads(captured["captureData"]["endpointOutput"]["data"]) == answer.body


def capture_of(deployment: Deployment, prediction_id: str) -> dict[str, Any] | None:
    s3 = client(deployment, "s3")
    bucket = next(each["Name"] for each in s3.list_buckets()["Buckets"] if "-databucketdata" in each["Name"])
    for key in s3.list_objects_v2(Bucket=bucket, Prefix="captures/sluice-flights/").get("Contents", []):
        body = s3.get_object(Bucket=bucket, Key=key["Key"])["Body"].read().decode()
        for line in filter(lambda each: prediction_id in each, body.splitlines()):  # another test puts rubbish there
            record: dict[str, Any] = json.loads(line)
            if record["eventMetadata"].get("inferenceId") == prediction_id:
                return record
    return None


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        (b"{", 400, "malformed-body"),
        (b'{"instances": []}', 422, "invalid-input"),
        (SAMPLE.replace(b'"distance": 529', b'"distance": "far"'), 422, "invalid-input"),
        (SAMPLE.replace(b'"distance": 529', b'"distance": 1e999'), 422, "invalid-input"),
        (SAMPLE.replace(b'"distance": 529, ', b""), 422, "invalid-input"),
        (SAMPLE.replace(b'"distance": 529', b'"distance": 529, "speed": 1'), 422, "invalid-input"),
    ],
)
def test_bad_input_is_a_problem_with_what_to_do(deployment: Deployment, body: bytes, status: int, problem: str) -> None:
    (answer,) = ask_for(deployment, ["unit"], body)

    assert answer.status == status, answer.body
    assert answer.body["type"] == f"urn:sluice:problem:{problem}"
    assert answer.body["remedy"]
    assert "Traceback" not in json.dumps(answer.body)


def test_a_caller_without_credentials_is_refused(deployment: Deployment) -> None:
    answer = urllib3.request("POST", f"{deployment.api_url}/v1/models/flights:predict", body=SAMPLE, retries=False)

    assert answer.status == 403
    assert answer.json() == {"message": "Forbidden"}


def test_the_container_answers_boto3_through_the_local_sagemaker(deployment: Deployment) -> None:
    runtime = client(deployment, "sagemaker-runtime")

    answer = runtime.invoke_endpoint(
        EndpointName="sluice-flights", TargetVariant="challenger", ContentType="application/json", Body=SAMPLE
    )

    assert answer["InvokedProductionVariant"] == "challenger"
    assert answer["CustomAttributes"] == "sluice-model-version=2"
    assert len(json.loads(answer["Body"].read())["predictions"]) == 2


def client(deployment: Deployment, service: str) -> Any:
    environment = deployment.environment
    specific = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
    return boto3.client(
        service,
        endpoint_url=environment.get(specific, environment["AWS_ENDPOINT_URL"]),
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
