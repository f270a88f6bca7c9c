import importlib
import json
from typing import Any

import pytest

from tests.builders import a_routing, an_event
from tests.loopback_server import LoopbackServer, Reply

ANSWERS = Reply(
    200,
    b'{"predictions":[0.5]}',
    {"Content-Type": "application/json", "X-Amzn-SageMaker-Custom-Attributes": "sluice-model-version=1"},
)
PREDICT = an_event("POST", "/v1/models/flights:predict", '{"instances":[1.5]}')


def has_table() -> Reply:
    document = {"document": {"S": json.dumps(a_routing().to_dict())}}
    return Reply(200, json.dumps({"Item": document}).encode(), {"Content-Type": "application/x-amz-json-1.0"})


def a_function(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The deployed function, with this server for all of AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("SLUICE_TABLE", "state")
    monkeypatch.setenv("SLUICE_MODELS", "flights,churn")
    return importlib.import_module("lambdas.inference").handler


@pytest.mark.usefixtures("fresh_function")
def test_a_warm_prediction_is_exactly_one_call_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(has_table(), ANSWERS) as server:
        function = a_function(server, monkeypatch)
        replies = [function(PREDICT, None) for _ in range(4)]

    assert [reply["statusCode"] for reply in replies] == [200] * 4
    assert [seen.path for seen in server.seen] == ["/", *["/endpoints/sluice-flights/invocations"] * 4]


@pytest.mark.usefixtures("fresh_function")
def test_every_prediction_has_an_id_of_its_own_that_the_model_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(has_table(), ANSWERS) as server:
        function = a_function(server, monkeypatch)
        ids = [function(PREDICT, None)["headers"]["x-sluice-prediction-id"] for _ in range(2)]

    told = [{k.lower(): v for k, v in seen.headers.items()} for seen in server.seen[1:]]
    assert [headers["x-amzn-sagemaker-inference-id"] for headers in told] == ids
    assert len(set(ids)) == 2
    assert all(len(prediction_id) == 36 for prediction_id in ids)


@pytest.mark.usefixtures("fresh_function")
def test_answers_and_problems_are_text_to_api_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(has_table(), ANSWERS) as server:
        function = a_function(server, monkeypatch)
        answer = function(PREDICT, None)
        problem = function(an_event("POST", "/v1/models/flights:predict", "{"), None)

    assert (answer["body"], answer["isBase64Encoded"]) == ('{"predictions":[0.5]}', False)
    assert (json.loads(problem["body"])["status"], problem["isBase64Encoded"]) == (400, False)


@pytest.mark.usefixtures("fresh_function")
def test_an_absent_dynamodb_is_asked_twice_by_a_cold_sandbox_and_then_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(Reply(500, b"{}")) as server:
        reply = a_function(server, monkeypatch)(PREDICT, None)

    assert (reply["statusCode"], len(server.seen)) == (503, 2)
    assert json.loads(reply["body"])["type"] == "urn:sluice:problem:routing-unavailable"
