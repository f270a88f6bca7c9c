import json
from pathlib import Path
from typing import Any

import pytest

from local_cloud.functions.invocation import REQUEST_LIMIT_BYTES, RESPONSE_LIMIT_BYTES
from sluice.api.size import LARGEST_BODY, LARGEST_RESPONSE, response_size
from sluice.domain.message import BINARY_TYPE
from tests.builders import an_answer, an_event
from tests.functional.api.running import Api, Metrics

ROOT = Path(__file__).parents[3]
V1 = json.loads((ROOT / "examples/flights/requests/v1.json").read_text(encoding="utf-8"))
V2 = json.loads((ROOT / "examples/flights/requests/v2.json").read_text(encoding="utf-8"))
HEADERS_AND_CONTEXT = 2 * 10_240  # API Gateway takes 10,240 bytes of headers and may escape each


@pytest.mark.parametrize(
    "sample",
    [
        json.dumps(V1),
        json.dumps(V1, separators=(",", ":")),
        json.dumps(V1, indent="\t"),
        json.dumps(V2, separators=(",", ":")),
        json.dumps(V2, indent=4),
        json.dumps(V2, indent="\t"),
        json.dumps({"instances": [["a"] * 8] * 100}, separators=(",", ":")),
    ],
    ids=["v1", "v1 compact", "v1 tabs", "v2 compact", "v2 pretty", "v2 tabs", "one-letter texts"],
)
def test_the_largest_json_body_fits_into_lambdas_event_as_usually_written(sample: str) -> None:
    growth = len(json.dumps(sample)) / len(sample.encode())

    assert LARGEST_BODY * growth + HEADERS_AND_CONTEXT < REQUEST_LIMIT_BYTES


def test_the_largest_binary_body_fits_into_lambdas_event() -> None:
    event = an_event("POST", "/v2/models/flights/infer", bytes(LARGEST_BODY))

    assert len(json.dumps(event)) + HEADERS_AND_CONTEXT < REQUEST_LIMIT_BYTES


def a_long_answer(size: int, filling: str) -> bytes:
    """One row's answer whose size within Lambda's is as given, give or take one character."""
    empty = response_size(json.dumps({"predictions": [""]}).encode(), "application/json")
    grown = len(json.dumps(json.dumps(filling, ensure_ascii=False))) - len(json.dumps(json.dumps("")))
    return json.dumps({"predictions": [filling * ((size - empty) // grown)]}, ensure_ascii=False).encode()


def a_long_binary_answer(size: int) -> tuple[bytes, dict[str, Any]]:
    header = json.dumps({"outputs": [{"name": "y", "shape": [1, 1], "datatype": "FP32"}]}).encode()
    return header + bytes(size // 4 * 3 - len(header)), {"content_type": f"{BINARY_TYPE}{len(header)}"}


@pytest.mark.parametrize("filling", ["a", '"', "é", "\U0001f6eb"], ids=["plain", "escaped", "two bytes", "four bytes"])
def test_the_largest_answer_fits_through_lambda_and_one_more_is_a_problem(filling: str) -> None:
    largest = an_answer("champion", a_long_answer(LARGEST_RESPONSE, filling))
    larger = an_answer("champion", a_long_answer(LARGEST_RESPONSE + 20, filling))
    api = Api(champion=[largest, larger])

    sent, refused = api.predict(), api.predict()

    assert (sent.status, sent.body) == (200, largest.body)
    assert sent.lambda_bytes <= RESPONSE_LIMIT_BYTES
    assert (refused.status, refused.problem) == (413, "answer-too-large")


def test_an_answer_too_large_in_base64_is_a_problem_that_is_counted(metrics: Metrics) -> None:
    largest, kind = a_long_binary_answer(LARGEST_RESPONSE)
    api = Api(champion=[an_answer("champion", largest, **kind), an_answer("champion", largest + bytes(3), **kind)])

    sent, refused = api.predict(), api.predict()

    assert (sent.status, sent.body) == (200, largest)
    assert sent.lambda_bytes <= RESPONSE_LIMIT_BYTES
    assert (refused.status, refused.problem) == (413, "answer-too-large")
    assert refused.json["detail"].startswith(f"the answer has {len(largest) + 3} bytes")
    assert "fewer rows" in refused.json["remedy"]
    assert refused.headers["x-sluice-prediction-id"] == "p-2"
    _, line = metrics.read()
    assert (line["RequestsRefused"], line["event"]) == (1, "prediction.refused")
