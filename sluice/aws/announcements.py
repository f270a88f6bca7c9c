"""Tell whoever listens: events on the account's default bus, with the source ``sluice``.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

import json
from collections.abc import Mapping
from typing import Any, Self

from botocore.config import Config

from sluice.aws.client import connect
from sluice.domain.errors import StoreUnavailable

SOURCE = "sluice"


class Announcements:
    """The default event bus."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """Three attempts of 5 s each."""
        config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
        return cls(connect("events", config))

    def tell(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Send an event; it may arrive more than once. Raises StoreUnavailable when EventBridge did not take it."""
        entry = {"Source": SOURCE, "DetailType": kind, "Detail": json.dumps(detail)}
        answer = self._client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            failed = answer["Entries"][0]
            raise StoreUnavailable(f"EventBridge did not take {kind}: {failed['ErrorCode']}: {failed['ErrorMessage']}")
