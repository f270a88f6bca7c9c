"""The functions as deployed, on an emulated AWS: predictions are asked for, captured as SageMaker does, and judged."""

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from moto import mock_aws

from sluice.aws.client import connect
from sluice.aws.item_store import ItemStore
from sluice.aws.rewards import Rewards
from sluice.aws.state import RoutingStore
from sluice.domain.attribution import Attribution
from sluice.domain.feedback.totals import Totals
from sluice.domain.routing import Routing
from sluice.settings.feedback import Feedback, as_environment
from tests.builders import a_store, an_event
from tests.loopback_server import LoopbackServer, Reply, Seen

ANSWER = b'{"predictions":[0.5]}'
BREACH = b'{"predictions":[]}'
OK = Reply(200, ANSWER, {"Content-Type": "application/json"})
BROKEN = Reply(
    424,
    json.dumps({"OriginalStatusCode": 500, "OriginalMessage": "it broke", "Message": "it broke"}).encode(),
    {"x-amzn-ErrorType": "ModelError", "Content-Type": "application/json"},
)


class Endpoint(LoopbackServer):
    """An endpoint that gives scripted replies, and of variants that are named always the same."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__(*replies)
        self.always: dict[str, Reply] = {}

    def _next(self, seen: Seen) -> Reply:
        reply = super()._next(seen)
        return self.always.get(_sagemaker(seen)["target-variant"], reply)


class Functions:
    """The functions of one deployment of the model ``flights``; make it with `deployed`."""

    def __init__(self, endpoint: Endpoint, routing: Routing) -> None:
        self.always = endpoint.always
        self._endpoint = endpoint
        self._captured = 0
        self._files = 0
        self.dynamodb, self._s3, self._sqs = (connect(name, Config()) for name in ("dynamodb", "s3", "sqs"))
        a_store(self.dynamodb)
        RoutingStore(self.dynamodb, table="state").put(routing)
        self._s3.create_bucket(Bucket="data")
        self.dead_letters = self._sqs.create_queue(QueueName="dead")["QueueUrl"]

    def predict(self, unit: str = "N14228", path: str = "/v1/models/flights:predict") -> dict[str, str]:
        """Ask for a prediction; the headers of the answer."""
        body = '{"instances":[1.5]}' if path.startswith("/v1") else _TENSORS
        reply = _function("inference")(an_event("POST", path, body, x_sluice_unit=unit), None)
        headers: dict[str, str] = reply["headers"]
        return headers

    def rank(self) -> dict[str, Any]:
        """Ask for a list of two rows; the answer, with its id, who gave it and for whom."""
        reply = _function("inference")(an_event("POST", "/v1/models/flights:rank", '{"instances":[1.5,2.5]}'), None)
        headers = reply["headers"]
        said = {"id": "prediction-id", "variant": "variant", "fallback": "fallback-from"}
        return {**json.loads(reply["body"]), **{name: headers.get(f"x-sluice-{of}") for name, of in said.items()}}

    def say(self, form: Any) -> tuple[int, Any]:
        """POST /v1/feedback; status and answer."""
        reply = _function("feedback")(an_event("POST", "/v1/feedback", json.dumps(form)), None)
        return reply["statusCode"], json.loads(reply["body"])

    def capture(self, body: bytes = ANSWER) -> None:
        """Write what the endpoint has answered since the last time, a file a variant, as data capture does."""
        lines: dict[str, list[str]] = {}
        for seen in self._endpoint.seen[self._captured :]:
            lines.setdefault(_sagemaker(seen)["target-variant"], []).append(_line(seen, body))
        self._captured = len(self._endpoint.seen)
        for variant, written in lines.items():
            self.put_file("\n".join(written), variant)

    def capture_of(self, variant: str) -> None:
        """Write all that a variant has ever answered as one file, always the same."""
        lines = [_line(seen, ANSWER) for seen in self._endpoint.seen if _sagemaker(seen)["target-variant"] == variant]
        key = f"captures/sluice-flights/{variant}/2026/11/21/09/all.jsonl"
        self._s3.put_object(Bucket="data", Key=key, Body="\n".join(lines).encode())
        assert self.notify(key) == []

    def put_file(self, content: str, variant: str = "champion") -> str:
        """Write a file and have it taken in."""
        self._files += 1
        key = f"captures/sluice-flights/{variant}/2026/11/21/09/{self._files}.jsonl"
        self._s3.put_object(Bucket="data", Key=key, Body=content.encode())
        assert self.notify(key) == []
        return key

    def notify(self, *keys: str) -> list[str]:
        """Tell of files as EventBridge does through the queue; the messages that failed."""
        details = [{"detail": {"bucket": {"name": "data"}, "object": {"key": key}}} for key in keys]
        return self.deliver(*map(json.dumps, details))

    def deliver(self, *bodies: str) -> list[str]:
        """Have messages handled; those that failed, by their place."""
        records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
        answer = _function("index_predictions")({"Records": records}, None)
        return [item["itemIdentifier"] for item in answer["batchItemFailures"]]

    def report(self) -> None:
        """Run the hourly report."""
        _function("report_unmatched_feedback")({}, None)

    def asked(self) -> list[Attribution]:
        """How each call of the endpoint came about."""
        found = [Attribution.decode([_sagemaker(seen)["custom-attributes"]]) for seen in self._endpoint.seen]
        return [each for each in found if each is not None]

    def totals(self, name: str = "reward") -> dict[tuple[str, str], Totals]:
        """What each variant and version has earned so far."""
        rewards, day = Rewards(ItemStore(self.dynamodb, table="state", sleep=_never)), timedelta(days=1)
        now = datetime.now(UTC)
        return dict(rewards.between("flights", name, start=now - day, end=now + day))

    def buried(self) -> list[dict[str, Any]]:
        """The dead letters."""
        answer = self._sqs.receive_message(QueueUrl=self.dead_letters, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@contextmanager
def deployed(
    routing: Routing, monkeypatch: pytest.MonkeyPatch, *replies: Reply, **feedback: Any
) -> Iterator[Functions]:
    """Functions in new sandboxes before an endpoint that gives these replies in order, the last one for ever."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    for name in [name for name in sys.modules if name.startswith("lambdas")]:
        del sys.modules[name]
    with mock_aws(), Endpoint(*(replies or (OK,))) as endpoint:
        functions = Functions(endpoint, routing)
        variables = {
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": endpoint.url,
            "SLUICE_TABLE": "state",
            "SLUICE_MODELS": "flights",
            "SLUICE_RULES": as_environment({"flights": Feedback.model_validate({"unit_window_hours": 0, **feedback})}),
            "SLUICE_ENDPOINTS": "flights=sluice-flights",
            "SLUICE_DEAD_LETTERS": functions.dead_letters,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield functions
    asyncio.set_event_loop(None)
    loop.close()


def _sagemaker(seen: Seen) -> dict[str, str]:
    """What a call says to SageMaker in its headers."""
    headers = {name.lower(): value for name, value in seen.headers.items()}
    mark = "x-amzn-sagemaker-"
    return {name.removeprefix(mark): value for name, value in headers.items() if name.startswith(mark)}


def _line(seen: Seen, body: bytes) -> str:
    """A call as data capture writes it."""
    said = _sagemaker(seen)
    metadata = {
        "eventId": "e",
        "inferenceTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "inferenceId": said["inference-id"],
        "customAttributes": [said["custom-attributes"]],
    }
    return json.dumps({"captureData": {"endpointOutput": {"data": body.decode()}}, "eventMetadata": metadata})


def _function(name: str) -> Any:
    return importlib.import_module(f"lambdas.{name}").handler


def _never(seconds: float) -> None:
    raise AssertionError(f"a pause of {seconds} s")


_TENSORS = '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1.5]}]}'
