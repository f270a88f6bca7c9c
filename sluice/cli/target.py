"""Which cloud does a command act on? The local one unless told otherwise, so that a slip costs nothing."""

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.aws.client import connect
from sluice.settings.deployment import Deployment

if TYPE_CHECKING:  # imported when used: it is neither installed nor deployed with sluice
    from local_cloud.state_file import State

_HOME = ".sluice"
_HARMLESS = ("AWS_CLI_", "AWS_DEFAULT_OUTPUT", "AWS_PAGER")  # how the aws command prints


class TargetName(StrEnum):
    """Where a command acts."""

    LOCAL = "local"
    AWS = "aws"


class UsageProblem(Exception):
    """What was asked for cannot be done as asked; says what to do instead."""


@dataclass(frozen=True, slots=True)
class Target:
    """A deployment in a cloud.

    Attributes:
        name: The cloud.
        api_url: Where the prediction API answers, without a slash at its end.
        table: Name of the state table.
        environment: Variables that point an AWS client at the cloud; empty for AWS itself.
        foreign: Variables of the caller that would lead an AWS client elsewhere in spite of these.

    """

    name: TargetName
    api_url: str
    table: str
    environment: Mapping[str, str]
    foreign: tuple[str, ...] = ()


def resolve(name: TargetName, settings: Deployment, config: Path) -> Target:
    """Point this process's AWS clients at the cloud and look the deployment up in it. Raises UsageProblem."""
    local = the_running_cloud(config) if name is TargetName.LOCAL else None
    environment = local.environment if local else {}
    foreign = forget_foreign_settings(environment) if local else ()
    os.environ.update(environment)
    if local:
        keep_its_time(local)
    outputs = {**outputs_of(f"{settings.name}-state", name), **outputs_of(f"{settings.name}-api", name)}
    return Target(
        name=name,
        api_url=(local.api_url if local else outputs["ApiUrl"]).rstrip("/"),
        table=outputs["TableName"],
        environment=environment,
        foreign=foreign,
    )


def keep_its_time(local: "State") -> None:
    """What this command writes down and shows is dated by the clock of a cloud that is faster than the wall.

    The cloud's own process dates by the cloud's clock already.
    """
    if local.speed != 1 and local.pid != os.getpid():
        time.time = lambda: local.started + (time.monotonic() - local.origin) * local.speed


def home_of(config: Path) -> Path:
    """The folder that the local cloud of a deployment keeps its things in."""
    return config.parent.resolve() / _HOME


def running_cloud(config: Path) -> "State | None":
    """What the local cloud of a deployment says about itself; None where none runs, nor could run."""
    try:
        from local_cloud.state_file import read  # noqa: PLC0415  not installed with sluice
    except ModuleNotFoundError:
        return None
    return read(home_of(config))


def the_running_cloud(config: Path) -> "State":
    """What the local cloud of a deployment says about itself. Raises UsageProblem where none runs."""
    state = running_cloud(config)
    if state is None:
        hint = "start one with `sluice up`, or act on AWS with --target aws"
        raise UsageProblem(f"no local cloud is running here: {hint}")
    return state


def forget_foreign_settings(kept: Collection[str] = ()) -> tuple[str, ...]:
    """Take out of this process's environment what would lead its AWS clients elsewhere; return the names.

    A profile, a session token, the endpoint of one service: botocore prefers some to what the local cloud sets, and
    stops at a profile that it cannot find.
    """
    found = sorted(name for name in os.environ if name.startswith("AWS_") and not name.startswith(_HARMLESS))
    foreign = tuple(name for name in found if name not in kept)
    for name in foreign:
        del os.environ[name]
    return foreign


def outputs_of(stack: str, target: TargetName) -> dict[str, str]:
    """What a stack says about what it made. Raises UsageProblem when it is not deployed."""
    try:
        found = connect("cloudformation", Config()).describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as refused:
        if "does not exist" not in refused.response["Error"].get("Message", ""):
            raise
        how = "wait until `sluice up` says it serves" if target is TargetName.LOCAL else "run `cdk deploy --all`"
        raise UsageProblem(f"the stack {stack} is not deployed: {how}") from refused
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
