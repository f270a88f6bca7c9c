"""How does a batch of SQS messages look to a function, and which of them has it handled?

Source: "Using Lambda with Amazon SQS" and "Implementing partial batch responses" in the Lambda developer guide.
"""

import json
from collections.abc import Sequence
from typing import Any, Protocol

from moto.events.models import EventPattern

from local_cloud.context import REGION

Message = dict[str, Any]


class Answer(Protocol):
    """What invoking a function gives."""

    @property
    def payload(self) -> bytes:
        """The answer or the error, as JSON."""

    @property
    def error(self) -> str | None:
        """None when the function answered."""


def batch_event(messages: Sequence[Message], queue_arn: str) -> bytes:
    """The event for messages as ReceiveMessage gave them."""
    return json.dumps({"Records": [_record(message, queue_arn) for message in messages]}).encode()


def handled_messages(messages: Sequence[Message], answer: Answer, *, reports_failures: bool) -> list[Message]:
    """The messages that leave the queue: none after an error, else those the answer does not call failed.

    Args:
        messages: The batch.
        answer: The function's.
        reports_failures: Whether the mapping asks for ReportBatchItemFailures.

    """
    if answer.error is not None:
        return []
    if not reports_failures:
        return list(messages)
    try:
        reported = (json.loads(answer.payload) or {}).get("batchItemFailures") or []
        named = {item["itemIdentifier"] for item in reported}
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
    if not named <= {message["MessageId"] for message in messages}:
        return []
    return [message for message in messages if message["MessageId"] not in named]


def is_wanted(message: Message, filters: Sequence[str]) -> bool:
    """Whether a message fits one of the mapping's filter patterns; without any, all do."""
    try:
        body = json.loads(message["Body"])
    except ValueError:
        body = message["Body"]
    return not filters or any(EventPattern.load(one).matches_event({"body": body}) for one in filters)


def _record(message: Message, queue_arn: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            }
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }
