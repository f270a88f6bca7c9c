from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from local_cloud.metrics import MetricStore, install_metrics
from sluice.aws.metric_data import MetricsIncomplete
from sluice.aws.predictions_asked import PredictionsAsked
from sluice.domain.variant import SLOTS
from tests.functional.release_sagemaker import HeldClock

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def put(client: object, at: datetime, count: float, *, model: str = "flights", variant: str = "champion") -> None:
    dimensions = [{"Name": "Model", "Value": model}, {"Name": "Variant", "Value": variant}]
    datum = {"MetricName": "Predictions", "Dimensions": dimensions, "Timestamp": at, "Value": count, "Unit": "Count"}
    client.put_metric_data(Namespace="Sluice", MetricData=[datum])  # type: ignore[attr-defined]


def test_hours_are_summed_over_all_slots_there_may_be_and_those_without_requests_are_missing() -> None:
    with mock_aws(), install_metrics(MetricStore(), HeldClock(START)):
        client = boto3.client("cloudwatch")
        for slot in SLOTS:
            put(client, START + timedelta(minutes=59), 1, variant=slot)
        put(client, START + timedelta(minutes=60), 5)
        put(client, START + 2 * HOUR, 0)
        put(client, START + 3 * HOUR, 100)
        put(client, START, 100, model="other")

        found = PredictionsAsked(client).by_hour("flights", start=START, end=START + 3 * HOUR)

    assert found == {START: 10, START + HOUR: 5}


def test_what_cloudwatch_does_not_tell_is_no_silence() -> None:
    client = boto3.client("cloudwatch")
    asked = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "ScanBy": "TimestampAscending"}
    result = {"Id": "q0", "Label": "x", "Timestamps": [], "Values": [], "StatusCode": "InternalError"}

    with Stubber(client) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": [result]}, asked)
        with pytest.raises(MetricsIncomplete, match="champion Predictions: InternalError"):
            PredictionsAsked(client).by_hour("flights", start=START, end=START + HOUR)
