import pytest

from sluice.domain.errors import RoutingUnavailable
from tests.builders import ScriptedStore, a_routing
from tests.functional.api.running import Api


@pytest.mark.parametrize("path", ["/v2/models/flights", "/v2/models/flights/versions/2"])
def test_a_models_metadata_says_what_it_takes_and_gives(path: str) -> None:
    reply = Api(ScriptedStore(a_routing(champion=90, challenger=10))).ask("GET", path)

    assert reply.json == {
        "name": "flights",
        "versions": ["1", "2"],
        "platform": "onnxruntime_onnx",
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1]}],
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1]}],
    }


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v1/models/flights", {"name": "flights", "ready": True}),
        ("/v2", {"name": "sluice", "version": "0.1.0", "extensions": ["binary_tensor_data"]}),
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/flights/ready", {"name": "flights", "ready": True}),
        ("/v2/models/flights/versions/1/ready", {"name": "flights", "ready": True}),
    ],
)
def test_a_server_that_knows_where_to_send_requests_is_ready(path: str, answer: dict[str, object]) -> None:
    reply = Api().ask("GET", path)

    assert (reply.status, reply.json) == (200, answer)


@pytest.mark.parametrize(
    "path", ["/v1/models/flights", "/v2/health/ready", "/v2/models/flights/ready", "/v2/models/flights"]
)
def test_a_server_that_does_not_know_is_not_ready(path: str) -> None:
    reply = Api(ScriptedStore(RoutingUnavailable("DynamoDB is away"))).ask("GET", path)

    assert (reply.status, reply.problem) == (503, "routing-unavailable")


def test_a_server_lives_without_dynamodb() -> None:
    assert Api(ScriptedStore(RoutingUnavailable("DynamoDB is away"))).ask("GET", "/v2/health/live").status == 200
