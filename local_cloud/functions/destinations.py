"""How does something reach a queue, a topic or a function, given only its ARN?"""

import threading
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.context import CloudContext


class Undeliverable(Exception):
    """The thing behind the ARN is missing, refuses, or is of a kind the local cloud does not deliver to."""


class Destinations:
    """Sends through the emulated AWS's own APIs. Thread-safe."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    def send(self, arn: str, body: str, *, attributes: Mapping[str, str] | None = None) -> None:
        """Deliver `body` to the queue, topic or function (asynchronously) of this ARN.

        Args:
            arn: Of the destination.
            body: The message, or the function's event as JSON.
            attributes: Message attributes, for queues and topics.

        Raises:
            Undeliverable: It did not get there.

        """
        service = arn.split(":")[2]
        typed = {name: {"DataType": "String", "StringValue": text} for name, text in (attributes or {}).items()}
        senders: dict[str, Any] = {"sqs": self._to_queue, "sns": self._to_topic, "lambda": self._to_function}
        if service not in senders:
            raise Undeliverable(f"the local cloud does not deliver to {arn}")
        try:
            senders[service](arn, body, typed)
        except (ClientError, BotoCoreError) as refused:
            raise Undeliverable(f"{arn}: {refused}") from refused

    def _to_queue(self, arn: str, body: str, attributes: dict[str, Any]) -> None:
        queues = self._client("sqs")
        url = queues.get_queue_url(QueueName=arn.rsplit(":", maxsplit=1)[-1])["QueueUrl"]
        queues.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)

    def _to_topic(self, arn: str, body: str, attributes: dict[str, Any]) -> None:
        self._client("sns").publish(TopicArn=arn, Message=body, MessageAttributes=attributes)

    def _to_function(self, arn: str, body: str, _: dict[str, Any]) -> None:
        self._client("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=body.encode())

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._context.client(service)
            return self._clients[service]
