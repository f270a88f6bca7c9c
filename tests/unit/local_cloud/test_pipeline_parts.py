"""The parts of pipelines that run nothing: references, conditions, retries, and which step comes next."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_cloud.sagemaker.pipelines.condition import all_hold
from local_cloud.sagemaker.pipelines.definition import Definition
from local_cloud.sagemaker.pipelines.execution import Execution, Status, StepState
from local_cloud.sagemaker.pipelines.reference import Scope, Unresolved, resolve
from local_cloud.sagemaker.pipelines.retry import RetryPolicy
from tests.functional.local_cloud.pipeline_builders import a_condition_step, a_definition, a_failing_step

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
EVALUATED = {
    "ProcessingOutputConfig": {"Outputs": [{"OutputName": "report", "S3Output": {"S3Uri": "s3://b/r"}}]},
    "Metrics": [{"Value": 1}, {"Value": 2}],
}
SCOPE = Scope(
    parameters={"Rounds": 40, "Fast": True},
    steps={"evaluate": EVALUATED},
    execution={"PipelineName": "train"},
    json_get=lambda step, file, path: f"{step} {file} {path}",
)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Get": "Parameters.Rounds"}, 40),
        ({"Get": "Execution.PipelineName"}, "train"),
        ({"Get": "Steps.evaluate.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"}, "s3://b/r"),
        ({"Get": 'Steps.evaluate.ProcessingOutputConfig.Outputs["report"].S3Output.S3Uri'}, "s3://b/r"),
        ({"Get": "Steps.evaluate.Metrics[1].Value"}, 2),
        ({"a": [{"Get": "Parameters.Rounds"}, "b"], "c": 1}, {"a": [40, "b"], "c": 1}),
        (
            {"Std:Join": {"On": "-", "Values": ["a", {"Get": "Parameters.Rounds"}, {"Get": "Parameters.Fast"}]}},
            "a-40-true",
        ),
        (
            {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.evaluate.PropertyFiles.Report"}, "Path": "auc"}},
            "evaluate Report auc",
        ),
        ({"Get": "x", "Other": "y"}, {"Get": "x", "Other": "y"}),
    ],
)
def test_a_reference_becomes_what_it_stands_for(node: Any, value: Any) -> None:
    assert resolve(node, SCOPE) == value


@pytest.mark.parametrize(
    "node",
    [
        {"Get": "Parameters.None"},
        {"Get": "Nowhere.Rounds"},
        {"Get": "Steps.evaluate.Metrics[7].Value"},
        {"Get": "Steps.evaluate.ProcessingOutputConfig.Outputs['none'].S3Output"},
        {"Get": "Steps.evaluate.Metrics[0].Value.More"},
        {"Get": "Steps["},
        {"Std:JsonGet": {"PropertyFile": {"Get": "Parameters.Rounds"}, "Path": "auc"}},
        {"Std:JsonGet": {"S3Uri": "s3://b/r", "Path": "auc"}},
    ],
)
def test_a_reference_to_nothing_is_unresolved(node: Any) -> None:
    with pytest.raises(Unresolved):
        resolve(node, SCOPE)


def a_comparison(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (a_comparison("Equals", "a", "a"), True),
        (a_comparison("Equals", 1, "1"), False),
        (a_comparison("GreaterThan", 1, 1), False),
        (a_comparison("GreaterThanOrEqualTo", 1, 1.0), True),
        (a_comparison("LessThan", 0.5, 1), True),
        (a_comparison("LessThanOrEqualTo", 2, 1), False),
        ({"Type": "In", "QueryValue": "a", "Values": ["b", "a"]}, True),
        ({"Type": "Not", "Expression": a_comparison("Equals", 1, 1)}, False),
        ({"Type": "Or", "Conditions": [a_comparison("Equals", 1, 2), a_comparison("Equals", 2, 2)]}, True),
    ],
)
def test_a_condition_holds_or_not(condition: dict[str, Any], holds: bool) -> None:  # noqa: FBT001  a table's column
    assert all_hold([condition]) is holds
    assert all_hold([condition, a_comparison("Equals", 1, 1)]) is holds


@pytest.mark.parametrize(("left", "right"), [("0.8", 0.7), (None, 1), (True, 0)])
def test_only_numbers_are_in_an_order(left: Any, right: Any) -> None:
    with pytest.raises(Unresolved, match="both must be numbers"):
        all_hold([a_comparison("GreaterThan", left, right)])


def a_policy(**over: Any) -> RetryPolicy:
    return RetryPolicy.from_dict({"ExceptionType": ["Step.THROTTLING"], "IntervalSeconds": 10, **over})


def waits(policy: RetryPolicy, *, exception: str = "Step.THROTTLING", until: int = 8) -> list[float]:
    """The seconds before each retry."""
    found, now = [], NOW
    for failed in range(1, until):
        pause = policy.wait(exception, failed, started=NOW, now=now)
        if pause is None:
            break
        found.append(pause.total_seconds())
        now += pause
    return found


def test_retries_wait_longer_each_time_and_come_to_an_end() -> None:
    assert waits(a_policy(MaxAttempts=3)) == [10, 20, 40]
    assert waits(a_policy()) == [10, 20, 40, 80, 160]
    assert waits(a_policy(BackoffRate=1.0, ExpireAfterMin=1)) == [10] * 6
    assert waits(a_policy(), exception="SageMaker.CAPACITY_ERROR") == []


def an_execution(definition: str, *, parallel: int = 50, **ended: Status) -> Execution:
    """One in which these steps have been started."""
    parsed = Definition.parse(definition)
    execution = Execution("arn", "p", "k", parsed, {}, {}, "role", {}, parallel, NOW, NOW)
    for name, status in ended.items():
        state = StepState(parsed.steps[name], status, NOW, metadata={"Condition": {"Outcome": "False"}})
        execution = execution.with_step(state, now=NOW)
    return execution


def next_steps(execution: Execution) -> list[str]:
    return [step.name for step in execution.startable()]


def test_only_the_branch_that_was_taken_is_started_and_what_waits_for_the_other_never_is() -> None:
    then, otherwise = a_failing_step(name="then"), a_failing_step(name="otherwise")
    waiting = {**a_failing_step(name="waiting"), "DependsOn": ["then"]}
    definition = a_definition(a_condition_step(1, 2, [then], [otherwise]), waiting)

    assert next_steps(an_execution(definition)) == ["gate"]
    assert next_steps(an_execution(definition, gate=Status.EXECUTING)) == []
    assert next_steps(an_execution(definition, gate=Status.SUCCEEDED)) == ["otherwise"]
    over = an_execution(definition, gate=Status.SUCCEEDED, otherwise=Status.SUCCEEDED)
    assert next_steps(over) == []
    assert over.end(now=NOW + timedelta(seconds=1)).status is Status.SUCCEEDED


def test_after_a_failure_nothing_is_started_and_no_more_at_a_time_than_allowed() -> None:
    definition = a_definition(*(a_failing_step(name=name) for name in ("a", "b", "c")))

    assert next_steps(an_execution(definition, parallel=2)) == ["a", "b"]
    assert next_steps(an_execution(definition, parallel=2, a=Status.EXECUTING)) == ["b"]
    failed = an_execution(definition, a=Status.FAILED, b=Status.EXECUTING)
    assert next_steps(failed) == []
    assert failed.end(now=NOW).status is Status.FAILED
