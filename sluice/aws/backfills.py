"""The state machine that has captured files counted again: start it, and see how far it has come.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from botocore.config import Config

from sluice.aws.client import connect

_RUNNING = "RUNNING"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an execution has come.

    Attributes:
        files: How many there are, of any time; 0 until they are listed.
        done: How many the function was given, and took.
        failed: How many it was given, and failed at, again and again.
        is_over: Whether it has ended.
        trouble: Why it ended before all was done; empty where it did not.

    """

    files: int
    done: int
    failed: int
    is_over: bool
    trouble: str = ""


class Backfills:
    """The executions of one state machine."""

    def __init__(self, client: Any, *, machine: str) -> None:
        self._client = client
        self._machine = machine

    @classmethod
    def connect(cls, machine: str) -> Self:
        """By the ARN of the state machine."""
        return cls(connect("stepfunctions", Config()), machine=machine)

    def start(self, prefix: str, *, since: datetime, until: datetime) -> str:
        """Have the files of a prefix and a time counted; the execution's ARN."""
        wanted = {"prefix": prefix, "since": since.isoformat(), "until": until.isoformat()}
        answer = self._client.start_execution(stateMachineArn=self._machine, input=json.dumps(wanted))
        return str(answer["executionArn"])

    def progress(self, execution: str) -> Progress:
        """How far it has come."""
        found = self._client.describe_execution(executionArn=execution)
        runs = self._client.list_map_runs(executionArn=execution)["mapRuns"]
        counts = [self._client.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"] for run in runs]
        total, done = (sum(each[name] for each in counts) for name in ("total", "succeeded"))
        failed = sum(each["failed"] + each["timedOut"] + each["aborted"] for each in counts)
        is_over = found["status"] != _RUNNING
        trouble = "" if found["status"] in (_RUNNING, "SUCCEEDED") else _trouble(found)
        return Progress(total, done, failed, is_over, trouble)


def _trouble(found: dict[str, Any]) -> str:
    said = [found.get(name) for name in ("error", "cause")]
    return ": ".join([found["status"].lower(), *filter(None, said)])
