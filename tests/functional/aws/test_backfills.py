"""Executions of the state machine as Step Functions tells of them: moto runs no Distributed Map over a bucket."""

import json
from typing import Any

import pytest

from sluice.aws.backfills import Backfills, Progress
from tests.feedback_builders import T0
from tests.monitoring_builders import HOUR

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:sluice-backfill"
COUNTS = {"total": 10, "pending": 2, "running": 1, "succeeded": 4, "failed": 1, "timedOut": 1, "aborted": 1}


class StepFunctions:
    """Answers in the form of https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html."""

    def __init__(self, status: str = "RUNNING", *, runs: int = 1, **more: str) -> None:
        self.started: dict[str, str] = {}
        self._found = {"status": status, **more}
        self._runs = runs

    def start_execution(self, **wanted: str) -> dict[str, str]:
        self.started = wanted
        return {"executionArn": "execution"}

    def describe_execution(self, **_: str) -> dict[str, str]:
        return self._found

    def list_map_runs(self, **_: str) -> dict[str, Any]:
        return {"mapRuns": [{"mapRunArn": str(number)} for number in range(self._runs)]}

    def describe_map_run(self, **_: str) -> dict[str, Any]:
        return {"itemCounts": COUNTS}


def test_it_is_started_with_a_prefix_and_a_time() -> None:
    client = StepFunctions()

    execution = Backfills(client, machine=MACHINE).start("captures/e/", since=T0 - HOUR, until=T0)

    assert execution == "execution"
    assert client.started["stateMachineArn"] == MACHINE
    assert json.loads(client.started["input"]) == {
        "prefix": "captures/e/",
        "since": "2026-11-21T08:30:00+00:00",
        "until": "2026-11-21T09:30:00+00:00",
    }


@pytest.mark.parametrize(
    ("client", "progress"),
    [
        (StepFunctions(runs=0), Progress(0, 0, 0, is_over=False)),
        (StepFunctions(), Progress(10, 4, 3, is_over=False)),
        (StepFunctions("SUCCEEDED"), Progress(10, 4, 3, is_over=True)),
        (
            StepFunctions("FAILED", error="States.ExceedToleratedFailureThreshold", cause="11 percent"),
            Progress(10, 4, 3, True, "failed: States.ExceedToleratedFailureThreshold: 11 percent"),
        ),
        (StepFunctions("ABORTED"), Progress(10, 4, 3, True, "aborted")),
    ],
)
def test_how_far_it_has_come(client: StepFunctions, progress: Progress) -> None:
    assert Backfills(client, machine=MACHINE).progress("execution") == progress
