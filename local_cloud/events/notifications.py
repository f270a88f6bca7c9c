"""What does S3 say in a notification that moto does not?

moto sends notifications itself: to queues, topics and rules, and to functions by way of
`local_cloud.functions.moto_hooks`. Source: "Event message structure" in the S3 user guide.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote_plus

from moto.s3 import notifications

from local_cloud.functions.replaced import replaced


@contextmanager
def install_notifications() -> Iterator[None]:
    """Slashes in keys stay as they are, and records can be put in order and name their version."""
    original = notifications._get_s3_event  # noqa: SLF001  moto builds the message in no other place

    def get_event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
        event: dict[str, Any] = original(event_name, bucket, key, notification_id)
        stored = event["Records"][0]["s3"]["object"]
        stored["key"] = quote_plus(key.name, safe="/")
        stored["sequencer"] = f"{time.time_ns():018X}"
        if bucket.is_versioned:
            stored["versionId"] = key.version_id
        return event

    with replaced(notifications, "_get_s3_event", get_event):
        yield
