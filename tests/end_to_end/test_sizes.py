import json
from typing import Any

import boto3
import urllib3

from sluice.api.size import LARGEST_BODY
from sluice.cli.http_client import sign
from tests.end_to_end.deployments import Deployment
from tests.end_to_end.traffic import SAMPLE, ask_for

ROWS = json.loads(SAMPLE)["instances"]


def flights_in(size: int) -> tuple[int, bytes]:
    """As many flights as make a body of just so many bytes, filled up with spaces, and how many they are."""
    pair = json.dumps(ROWS).encode()[1:-1]
    pairs = (size - len(b'{"instances":[]}')) // (len(pair) + 1)
    body = b'{"instances":[' + b",".join([pair] * pairs) + b"]}"
    return pairs * len(ROWS), body.ljust(size)


def test_a_body_of_the_largest_size_is_answered_row_by_row(deployment: Deployment) -> None:
    rows, body = flights_in(LARGEST_BODY)

    (answer,) = ask_for(deployment, ["unit"], body)

    assert answer.status == 200, answer.body
    assert len(answer.body["predictions"]) == rows > 10_000


def test_a_body_of_one_byte_more_is_our_problem_and_not_the_gateways(deployment: Deployment) -> None:
    _, body = flights_in(LARGEST_BODY + 1)

    (answer,) = ask_for(deployment, ["unit"], body)

    check_is_too_large(answer.status, answer.body)


def test_a_binary_body_of_one_byte_more_is_our_problem_too(deployment: Deployment) -> None:
    url = f"{deployment.api_url}/v2/models/flights/infer"
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": "2"}
    body = b"{}" + bytes(LARGEST_BODY - 1)

    answer = urllib3.request("POST", url, body=body, headers=signed(deployment, url, body, headers), retries=False)

    check_is_too_large(answer.status, answer.json())


def check_is_too_large(status: int, problem: Any) -> None:
    assert (status, problem["type"]) == (413, "urn:sluice:problem:body-too-large")
    assert problem["detail"] == f"got {LARGEST_BODY + 1} bytes, the limit is {LARGEST_BODY}"
    assert "fewer rows" in problem["remedy"]


def signed(deployment: Deployment, url: str, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    own = deployment.environment
    session = boto3.Session(own["AWS_ACCESS_KEY_ID"], own["AWS_SECRET_ACCESS_KEY"], region_name=own["AWS_REGION"])
    return sign(url, body, headers, session)
