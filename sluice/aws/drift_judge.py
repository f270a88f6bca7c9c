"""Ask the function that looks for drift to write down what a person says of it. One writer: it alone knows the bins.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import json
from typing import Any, Self

from botocore.config import Config

from sluice.aws.client import connect
from sluice.domain.errors import DriftNotAccepted, StoreUnavailable
from sluice.domain.monitoring.watch import Watch


class DriftJudge:
    """The function that looks for drift."""

    def __init__(self, client: Any, *, function: str) -> None:
        self._client = client
        self._function = function

    @classmethod
    def connect(cls, function: str) -> Self:
        """By the name of the function; waits as long as that may take."""
        config = Config(connect_timeout=5, read_timeout=130, retries={"total_max_attempts": 1})
        return cls(connect("lambda", config), function=function)

    def accept(self, model: str, version: str, *, by: str, reason: str) -> Watch:
        """Take what drifts for the new normal. Raises DriftNotAccepted, StoreUnavailable when the function failed."""
        payload = json.dumps({"model": model, "accept": {"version": version, "by": by, "reason": reason}})
        answer = self._client.invoke(FunctionName=self._function, Payload=payload)
        said: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise StoreUnavailable(f"{self._function} failed: {said.get('errorMessage')}; nothing is accepted")
        if "refused" in said:
            raise DriftNotAccepted(said["refused"])
        return Watch.from_dict(said["accepted"])
