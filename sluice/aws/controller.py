"""Ask the controller to look now, instead of within a minute. It decides for itself; nobody waits for its answer.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

import json
from typing import Any, Self

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.client import connect


class Controller:
    """The function that looks after releases."""

    def __init__(self, client: Any, *, function: str) -> None:
        self._client = client
        self._function = function

    @classmethod
    def connect(cls, function: str) -> Self:
        """By the name of the function. Gives up soon: what was asked for is recorded, and is seen within a minute."""
        config = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1})
        return cls(connect("lambda", config), function=function)

    def look_now(self, model: str) -> str | None:
        """Ask for a look at a model; why that could not be asked, or None when it could."""
        payload = json.dumps({"model": model})
        try:
            self._client.invoke(FunctionName=self._function, InvocationType="Event", Payload=payload)
        except (BotoCoreError, ClientError) as refused:
            return str(refused)
        return None
