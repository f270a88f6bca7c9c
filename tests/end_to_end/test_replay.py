"""Predictions that version 1 answered, replayed to version 2 served here, to the live variant, and to version 1."""

import json
import time
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from examples.flights.stream import live_flights
from tests.end_to_end.deployments import Deployment, until
from tests.end_to_end.test_prediction import client
from tests.end_to_end.traffic import ask_for, variants

pytestmark = pytest.mark.ci

REQUESTS, ROWS = 40, 5
CAPTURED_WITHIN = 60  # files are written every 5 s


@pytest.fixture(scope="module")
def asked_of_version_1(deployment: Deployment) -> str:
    """Forty requests about two hundred flights; since when version 1 answered some of them, which are captured."""
    time.sleep(1)  # captured times are of whole seconds
    since = datetime.now(UTC).replace(microsecond=0).isoformat()
    flights = islice(live_flights(), 0, 100 * REQUESTS * ROWS, 100)
    served: list[str] = []
    for number in range(REQUESTS):
        body = json.dumps({"instances": [flight.instance for flight in islice(flights, ROWS)]}).encode()
        served += variants(ask_for(deployment, [f"replayed-{number}"], body))
    expected = served.count("champion")

    def is_captured() -> bool:
        report = replay(deployment, since, "build/flights/v1", "--limit", "1000")
        return bool(sum(report["requests"].values()) >= expected)

    until(is_captured, seconds=CAPTURED_WITHIN, what="the capture of the predictions", every=2)
    return since


def replay(deployment: Deployment, since: str, *words: str) -> Any:
    return deployment.json("replay", *words, "--since", since, "--version", "1")


def test_a_version_agrees_with_what_it_answered_itself(deployment: Deployment, asked_of_version_1: str) -> None:
    report = replay(deployment, asked_of_version_1, "build/flights/v1")

    assert report["agreement"] == 1
    assert report["rows"] == report["requests"]["compared"] * ROWS
    assert set(report["answered_by"]) == {"1"}
    assert report["outputs"]["probabilities"]["difference"]["max"] < 1e-6


def test_another_version_agrees_in_part_and_the_worst_examples_are_named(
    deployment: Deployment, asked_of_version_1: str
) -> None:
    report = replay(deployment, asked_of_version_1, "build/flights/v2")

    assert 0 < report["agreement"] < 1
    worst = report["worst"][0]
    assert worst["prediction_id"]
    assert not worst["agrees"]
    assert worst["captured"]["label"] != worst["candidate"]["label"]
    assert set(worst["inputs"]) >= {"carrier", "origin", "dest", "temp"}
    assert report["milliseconds"]["p95"] > 0


def test_a_live_variant_answers_the_same_and_nobody_counts_that(
    deployment: Deployment, asked_of_version_1: str
) -> None:
    here = replay(deployment, asked_of_version_1, "build/flights/v2")
    live = replay(deployment, asked_of_version_1, "--to", "challenger")

    assert (live["rows"], live["agreeing"]) == (here["rows"], here["agreeing"])
    assert live["requests"]["compared"] == here["requests"]["compared"]

    until(lambda: are_captured(deployment), seconds=CAPTURED_WITHIN, what="the capture of the replay", every=1)
    again = deployment.json("replay", "build/flights/v1", "--since", asked_of_version_1)
    assert sum(again["requests"].values()) == REQUESTS
    assert set(again["answered_by"]) == {"1", "2"}


def are_captured(deployment: Deployment) -> bool:
    """Whether data capture has written replayed requests."""
    s3 = client(deployment, "s3")
    bucket = next(each["Name"] for each in s3.list_buckets()["Buckets"] if "-databucketdata" in each["Name"])
    files = s3.list_objects_v2(Bucket=bucket, Prefix="captures/sluice-flights/challenger/").get("Contents", [])
    return any(b'"sluice-replay"' in s3.get_object(Bucket=bucket, Key=file["Key"])["Body"].read() for file in files)


def test_too_little_agreement_stops_a_pipeline(deployment: Deployment, asked_of_version_1: str) -> None:
    done = deployment.run(
        "sluice", "replay", "build/flights/v2", "--since", asked_of_version_1, "--fail-below", "1", check=False
    )

    assert done.returncode == 1
    assert "too little: " in done.stdout


def test_a_batch_transform_job_with_the_rights_of_the_models_role_answers_the_same(
    deployment: Deployment, asked_of_version_1: str
) -> None:
    here = replay(deployment, asked_of_version_1, "build/flights/v2")
    package = deployment.json("register", "build/flights/v2")

    by_job = replay(
        deployment, asked_of_version_1, package["artifact"], "--transform", "--instance-type", "ml.m5.large"
    )

    assert (by_job["rows"], by_job["agreeing"]) == (here["rows"], here["agreeing"])
    assert by_job["requests"] == here["requests"]
    assert by_job["job"].startswith("a batch transform job answered: ml.m5.large for ")
    bucket = package["artifact"].split("/")[2]
    assert client(deployment, "s3").list_objects_v2(Bucket=bucket, Prefix="replays/").get("Contents", []) == []
    models = client(deployment, "sagemaker").list_models()["Models"]
    assert [model["ModelName"] for model in models if "-replay-" in model["ModelName"]] == []
