"""What does a pipeline's definition say, and which ones are refused when it is created?"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any, NoReturn, Self

from local_cloud.sagemaker.constraints import operation_input
from local_cloud.sagemaker.pipelines import condition
from local_cloud.sagemaker.pipelines.parameter import Parameter
from local_cloud.sagemaker.pipelines.reference import Unresolved, property_file, references, tokens
from local_cloud.sagemaker.pipelines.retry import RetryPolicy
from local_cloud.sagemaker.refusal import Refused

VERSION = "2020-12-01"
VARIABLES = frozenset(
    {
        "CurrentDateTime",
        "PipelineArn",
        "PipelineExecutionArn",
        "PipelineExecutionId",
        "PipelineName",
        "StartDateTime",
    }
)
_OPERATIONS = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "RegisterModel": ("CreateModelPackage", ""),
    "Training": ("CreateTrainingJob", "TrainingJobName"),
}
TYPES = frozenset({"Condition", "Fail", "Lambda", "Processing", "RegisterModel", "Training"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        name: Unique in the pipeline.
        kind: Its Type.
        declared: All that the definition says of it.
        branch: The condition step it is in, and the outcome it is for; None outside of any.
        depends_on: Steps that must have succeeded, declared or referred to.
        retries: When it is tried again.

    """

    name: str
    kind: str
    declared: Mapping[str, Any]
    branch: tuple[str, bool] | None
    depends_on: frozenset[str]
    retries: tuple[RetryPolicy, ...] = field(default=())

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the step is done with."""
        found: Mapping[str, Any] = self.declared.get("Arguments", {})
        return found

    @property
    def property_files(self) -> Mapping[str, tuple[str, str]]:
        """The output and the path in it, of each JSON file that conditions may read."""
        return {
            each["PropertyFileName"]: (each["OutputName"], each["FilePath"])
            for each in self.declared.get("PropertyFiles", ())
        }


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition that can be run."""

    text: str
    parameters: Mapping[str, Parameter]
    steps: Mapping[str, Step]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read and check a definition. Raises Refused."""
        try:
            raw = json.loads(text)
            if not isinstance(raw, dict) or raw.get("Version") != VERSION:
                _refuse(f"it must be an object whose Version is {VERSION}")
            parameters = {each["Name"]: Parameter.from_dict(each) for each in raw.get("Parameters", ())}
            found = list(_steps(raw["Steps"], None))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            _refuse(f"{type(error).__name__}: {error}")
        steps = {step.name: step for step in found}
        if not found or len(steps) < len(found):
            _refuse("it needs at least one step, and each step a name of its own")
        definition = cls(text, parameters, steps)
        for step in found:
            _check(step, definition)
        _check_order(steps)
        return definition


def _steps(declared: Any, branch: tuple[str, bool] | None) -> Iterator[Step]:
    """The steps, and after each condition those in its branches."""
    for each in declared:
        name, kind = str(each["Name"]), str(each["Type"])
        retries = tuple(map(RetryPolicy.from_dict, each.get("RetryPolicies", ())))
        yield Step(name, kind, each, branch, frozenset(_needed(each)), retries)
        if kind == "Condition":
            arguments = each["Arguments"]
            yield from _steps(arguments.get("IfSteps", ()), (name, True))
            yield from _steps(arguments.get("ElseSteps", ()), (name, False))


def _needed(declared: Mapping[str, Any]) -> Iterator[str]:
    """The steps that must have succeeded before this one starts."""
    for each in declared.get("DependsOn", ()):
        yield each["Get"].split(".")[1] if isinstance(each, dict) else str(each)
    for path in references(_own(declared)):
        parts = tokens(path)
        if parts[0] == "Steps" and len(parts) > 1:
            yield str(parts[1])


def _own(declared: Mapping[str, Any]) -> Any:
    """What a step itself is about: not the steps in its branches."""
    arguments = declared.get("Arguments", {})
    own = {name: value for name, value in arguments.items() if name not in ("IfSteps", "ElseSteps")}
    return [own, declared.get("FunctionArn")]


def _check(step: Step, definition: Definition) -> None:
    if step.kind not in TYPES:
        _refuse(
            f"step {step.name}: the local cloud runs steps of the types {', '.join(sorted(TYPES))}, not {step.kind}"
        )
    _check_members(step)
    if unknown := sorted(step.depends_on - definition.steps.keys()):
        _refuse(f"step {step.name} depends on step {unknown[0]}, which there is not")
    for path in references(_own(step.declared)):
        _check_reference(step, path, definition)
    if step.kind == "Condition":
        try:
            condition.check(step.arguments["Conditions"])
            for file in condition.property_files(step.arguments["Conditions"]):
                _check_file(step, *property_file(file), definition)
        except (LookupError, TypeError, AttributeError, Unresolved) as error:
            _refuse(f"step {step.name}: {error}")


def _check_members(step: Step) -> None:
    """Members that the API behind the step needs, and none that it does not take; references are seen as given."""
    try:
        _ = step.property_files, step.declared["FunctionArn"] if step.kind == "Lambda" else None
    except (LookupError, TypeError, AttributeError) as error:
        _refuse(f"step {step.name} lacks {error}")
    if step.kind in _OPERATIONS:
        operation, name = _OPERATIONS[step.kind]
        shape = operation_input(operation)
        if unknown := sorted(step.arguments.keys() - shape.members.keys()):
            _refuse(f"step {step.name}: {operation} takes no {unknown[0]}")
        if missing := sorted(set(shape.required_members) - {name} - step.arguments.keys()):
            _refuse(f"step {step.name}: {operation} needs {missing[0]}")


def _check_reference(step: Step, path: str, definition: Definition) -> None:
    root, *rest = tokens(path)
    known = {"Parameters": definition.parameters, "Steps": definition.steps, "Execution": VARIABLES}
    if root not in known or not rest or rest[0] not in known[str(root)]:
        _refuse(f"step {step.name} refers to {path}, which there is not")


def _check_file(step: Step, owner: str, file: str, definition: Definition) -> None:
    if file not in definition.steps[owner].property_files:
        _refuse(f"step {step.name} reads the property file {file}, which step {owner} does not declare")


def _check_order(steps: Mapping[str, Step]) -> None:
    before = {
        step.name: step.depends_on | ({step.branch[0]} if step.branch is not None else set()) for step in steps.values()
    }
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        _refuse(f"its steps wait for each other: {', '.join(error.args[1])}")


def _refuse(why: str) -> NoReturn:
    raise Refused(f"Unable to parse pipeline definition: {why}.")
