"""The functions that watch for drift as deployed, on an emulated AWS: told of files by SQS, asked by schedules."""

import asyncio
import importlib
import json
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.domain.redaction.rules import Sensitive, Step
from sluice.settings.feedback import Feedback
from sluice.settings.feedback import as_environment as feedback_rules
from sluice.settings.monitoring import Monitoring, as_environment
from sluice.settings.sensitive import as_environment as sensitive_inputs
from tests.builders import an_event
from tests.monitoring_builders import World


class Functions:
    """The functions of one deployment of the model ``flights``; make it with `deployed`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.events = boto3.client("events")
        self._sqs = boto3.client("sqs")

    def put_file(self, *lines: str, name: str = "file") -> str:
        """Write a captured file, nobody being told."""
        return self.world.put_file(*lines, name=name).key

    def notify(self, *keys: str) -> list[str]:
        """Tell of files as EventBridge does through the queue; the messages that failed."""
        details = [{"detail": {"bucket": {"name": "data"}, "object": {"key": key}}} for key in keys]
        return self.deliver(*map(json.dumps, details))

    def deliver(self, *bodies: str) -> list[str]:
        """Have messages handled; those that failed, by their place."""
        records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
        answer = _function("summarise")({"Records": records}, None)
        return [item["itemIdentifier"] for item in answer["batchItemFailures"]]

    def index(self, *keys: str) -> list[str]:
        """Tell the function that knows predictions of files; the messages that failed."""
        bodies = [json.dumps({"detail": {"bucket": {"name": "data"}, "object": {"key": key}}}) for key in keys]
        records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
        answer = _function("index_predictions")({"Records": records}, None)
        return [item["itemIdentifier"] for item in answer["batchItemFailures"]]

    def say(self, *feedback: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """POST /v1/feedback with several items; what became of each."""
        body = json.dumps({"feedback": feedback})
        reply = _function("feedback")(an_event("POST", "/v1/feedback", body), None)
        return list(json.loads(reply["body"])["feedback"])

    def backfill(self, *items: Mapping[str, str]) -> dict[str, Any]:
        """What the state machine of `sluice drift backfill` asks for."""
        answer: dict[str, Any] = _function("summarise")({"Items": list(items)}, None)
        return answer

    def content(self, key: str) -> str:
        """A captured file as it is now."""
        body: bytes = self.world.s3.get_object(Bucket="data", Key=key)["Body"].read()
        return body.decode()

    def look(self) -> None:
        """The schedule comes round."""
        _function("judge_drift")({"model": "flights"}, None)

    def accept(self, version: str = "1", reason: str = "summer") -> dict[str, Any]:
        """What `sluice drift accept` sends, and gets."""
        said = {"version": version, "by": "ann", "reason": reason}
        answer: dict[str, Any] = _function("judge_drift")({"model": "flights", "accept": said}, None)
        return answer

    def listen(self) -> str:
        """A queue for Sluice's events; its URL."""
        url = self._sqs.create_queue(QueueName="heard")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.events.put_rule(Name="ours", EventPattern=json.dumps({"source": ["sluice"]}))
        self.events.put_targets(Rule="ours", Targets=[{"Id": "queue", "Arn": arn}])
        return str(url)

    def heard(self, url: str) -> list[Mapping[str, Any]]:
        """The events that came."""
        answer = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@contextmanager
def deployed(
    monkeypatch: pytest.MonkeyPatch,
    *,
    sensitive: Collection[str] = (),
    references: Mapping[str, bytes] | None = None,
    feedback: Feedback | None = None,
    **monitoring: Any,
) -> Iterator[Functions]:
    """Functions in new sandboxes."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    for name in [name for name in sys.modules if name.startswith("lambdas")]:
        del sys.modules[name]
    with mock_aws(), install_transactions():
        world = World(references)
        world.deploy(champion=100)
        functions = Functions(world)
        variables = {
            "SLUICE_TABLE": "state",
            "SLUICE_WATCHING": as_environment({"flights": Monitoring.model_validate(monitoring)}),
            "SLUICE_RULES": feedback_rules({"flights": feedback or Feedback()}),
            "SLUICE_ENDPOINTS": "flights=sluice-flights",
            "SLUICE_SENSITIVE": sensitive_inputs(
                {"flights": Sensitive(frozenset(sensitive), frozenset(Step))} if sensitive else {}
            ),
            "SLUICE_DEAD_LETTERS": world.dead_letters,
            "SLUICE_SLICES": json.dumps({"flights": monitoring.get("slices", [])}),
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield functions
    asyncio.set_event_loop(None)
    loop.close()


def _function(name: str) -> Any:
    return importlib.import_module(f"lambdas.{name}").handler
