"""What an endpoint leaves behind: captured requests in S3 and metrics in CloudWatch."""

import base64
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.functional.local_cloud.sagemaker_builders import BUCKET, SageMakerCloud, a_sagemaker_cloud, eventually


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageMakerCloud]:
    with a_sagemaker_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


def capturing(
    prefix: str, *, percentage: int = 100, bucket: str = BUCKET, mode: str = "InputAndOutput"
) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": percentage,
        "DestinationS3Uri": f"s3://{bucket}/{prefix}",
        "CaptureOptions": [{"CaptureMode": mode}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }


def files(cloud: SageMakerCloud, prefix: str) -> dict[str, list[dict[str, Any]]]:
    store = cloud.client("s3")
    keys = [entry["Key"] for entry in store.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]
    return {
        key: [json.loads(line) for line in store.get_object(Bucket=BUCKET, Key=key)["Body"].read().splitlines()]
        for key in keys
    }


def lines(cloud: SageMakerCloud, prefix: str) -> list[dict[str, Any]]:
    return [line for content in files(cloud, prefix).values() for line in content]


def test_captured_requests_have_sagemakers_layout(cloud: SageMakerCloud) -> None:
    endpoint = cloud.a_split_endpoint(DataCaptureConfig=capturing("layout"))

    cloud.invoke(endpoint, b'{"a": 1}', TargetVariant="champion", InferenceId="id-1", CustomAttributes="a=1,b=2")
    cloud.invoke(endpoint, b"1,2", TargetVariant="champion", ContentType="text/csv; charset=utf-8")
    cloud.invoke(endpoint, b"\x93NUMPY", TargetVariant="champion", ContentType="application/x-npy")
    written = eventually(lambda: len(lines(cloud, "layout/")) == 3 and files(cloud, "layout/"))

    assert written
    hour = f"{cloud.clock.now():%Y/%m/%d/%H}"
    assert all(key.startswith(f"layout/{endpoint}/champion/{hour}/") and key.endswith(".jsonl") for key in written)
    captured = [line for content in written.values() for line in content]
    assert captured[0]["captureData"] == {
        "endpointInput": {
            "observedContentType": "application/json",
            "mode": "INPUT",
            "data": '{"a": 1}',
            "encoding": "JSON",
        },
        "endpointOutput": {
            "observedContentType": "application/json",
            "mode": "OUTPUT",
            "data": '{"a": 1}',
            "encoding": "JSON",
        },
    }
    assert captured[0]["eventMetadata"]["inferenceId"] == "id-1"
    assert captured[0]["eventMetadata"]["customAttributes"] == ["a=1,b=2"]
    assert "customAttributes" not in captured[1]["eventMetadata"]
    assert captured[0]["eventMetadata"]["inferenceTime"] == f"{cloud.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    assert captured[0]["eventVersion"] == "0"
    inputs = [line["captureData"]["endpointInput"] for line in captured]
    assert [side["encoding"] for side in inputs] == ["JSON", "CSV", "BASE64"]
    assert base64.b64decode(inputs[2]["data"]) == b"\x93NUMPY"
    assert len({line["eventMetadata"]["eventId"] for line in captured}) == 3


def test_a_share_of_the_requests_is_captured(cloud: SageMakerCloud) -> None:
    endpoint = cloud.a_split_endpoint(DataCaptureConfig=capturing("sampled", percentage=25, mode="Input"))

    for _ in range(200):
        cloud.invoke(endpoint)
    eventually(lambda: len(lines(cloud, "sampled/")) > 30)

    captured = lines(cloud, "sampled/")
    assert 30 < len(captured) < 75  # four standard deviations around 50
    assert {tuple(line["captureData"]) for line in captured} == {("endpointInput",)}


def test_a_missing_bucket_is_told_once_and_costs_no_prediction(
    cloud: SageMakerCloud, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = cloud.a_split_endpoint(DataCaptureConfig=capturing("x", bucket="no-such-bucket"))

    def lost() -> int:
        cloud.invoke(endpoint)
        return cloud.sagemaker.lost_captures

    with caplog.at_level(logging.WARNING, logger="local_cloud.sagemaker"):
        before = eventually(lost)
        eventually(lambda: lost() > before)

    told = [record for record in caplog.records if record.message.startswith("capture.lost")]
    assert before
    assert len(told) == 1


def test_metrics_have_sagemakers_names_units_and_dimensions(cloud: SageMakerCloud) -> None:
    endpoint = cloud.a_split_endpoint()
    config = cloud.described(endpoint)["EndpointConfigName"]
    for fate, times in (("", 5), ("status=400", 2), ("status=500", 3)):
        for _ in range(times):
            try:
                cloud.invoke(endpoint, TargetVariant="challenger", CustomAttributes=fate)
            except cloud.runtime.exceptions.ModelError:
                assert fate

    def statistics(metric: str, *, by_config: bool = False) -> dict[str, Any]:
        dimensions = {"EndpointName": endpoint, "VariantName": "challenger"}
        if by_config:
            dimensions["EndpointConfigName"] = config
        points = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=cloud.clock.now() - timedelta(hours=1),
            EndTime=cloud.clock.now() + timedelta(hours=1),
            Period=7200,
            Statistics=["Sum", "Average", "Maximum", "SampleCount"],
        )["Datapoints"]
        return points[0] if points else {"Sum": 0}

    assert statistics("Invocations")["Sum"] == 0  # its minute is not over
    cloud.clock.advance(60)
    assert eventually(lambda: statistics("Invocations")["Sum"] == 10)
    assert statistics("Invocations", by_config=True)["Sum"] == 10
    assert statistics("Invocation4XXErrors")["Sum"] == 2
    assert statistics("Invocation5XXErrors")["Average"] == pytest.approx(0.3)
    assert statistics("InvocationModelErrors")["Sum"] == 5
    latency = statistics("ModelLatency")
    assert latency["SampleCount"] == 10
    assert latency["Unit"] == "Microseconds"
    assert 50 < latency["Average"] < 5_000_000
    assert statistics("OverheadLatency")["Average"] < latency["Average"]
