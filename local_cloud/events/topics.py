"""What does a function get to see of a message on an SNS topic it is subscribed to?

moto delivers it, but as an example event: with neither the topic nor the message's id and attributes.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from moto.sns.models import Subscription

from local_cloud.events.delivery import Delivery
from local_cloud.functions.replaced import replaced


@contextmanager
def install_topics(delivery: Delivery) -> Iterator[None]:
    """Messages for functions are delivered here, all others by moto."""
    original = Subscription.publish

    def publish(subscription: Any, message: str, message_id: str, **details: Any) -> None:
        if subscription.protocol != "lambda":
            original(subscription, message, message_id, **details)
            return
        matcher = subscription._filter_policy_matcher  # noqa: SLF001  moto offers no other way to ask
        if matcher is None or matcher.matches(details.get("message_attributes"), message):
            event = _event(subscription, message, message_id, details)
            delivery.send({"Arn": subscription.endpoint}, json.dumps(event), source_arn=subscription.topic.arn)

    with replaced(Subscription, "publish", publish):
        yield


def _event(subscription: Any, message: str, message_id: str, details: Mapping[str, Any]) -> dict[str, Any]:
    attributes = details.get("message_attributes") or {}
    if details.get("message_structure") == "json":
        by_protocol = json.loads(message)
        message = by_protocol.get("lambda", by_protocol["default"])
    notification = {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": subscription.topic.arn,
        "Subject": details.get("subject"),
        "Message": message,
        "Timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "SignatureVersion": "1",
        "MessageAttributes": {
            name: {"Type": value["Type"], "Value": value["Value"]} for name, value in attributes.items()
        },
    }
    source = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription.arn}
    return {"Records": [{**source, "Sns": notification}]}
