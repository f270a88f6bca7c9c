"""Ask the function that trains models anew to do so now. One writer: it alone starts pipelines.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import json
from collections.abc import Mapping
from typing import Any, Self

from botocore.config import Config

from sluice.aws.client import connect
from sluice.domain.errors import RetrainingRefused, StoreUnavailable
from sluice.domain.retraining.run import Run


class Retrainer:
    """The function that trains models anew."""

    def __init__(self, client: Any, *, function: str) -> None:
        self._client = client
        self._function = function

    @classmethod
    def connect(cls, function: str) -> Self:
        """By the name of the function; waits as long as that may take."""
        config = Config(connect_timeout=5, read_timeout=70, retries={"total_max_attempts": 1})
        return cls(connect("lambda", config), function=function)

    def start(self, model: str, operator: Mapping[str, Any]) -> Run:
        """Start a retraining: ``by``, ``reason``, ``key``, ``force``, ``parameters``.

        Raises RetrainingRefused, StoreUnavailable when the function failed.
        """
        payload = json.dumps({"model": model, "operator": dict(operator)})
        answer = self._client.invoke(FunctionName=self._function, Payload=payload)
        said: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise StoreUnavailable(
                f"{self._function} failed: {said.get('errorMessage')}; `sluice retrain status` shows whether "
                "something is in flight"
            )
        if "started" not in said:
            raise RetrainingRefused(said.get("refused") or f"{self._function} does not train {model}: deploy again")
        return Run.from_dict(said["started"])
