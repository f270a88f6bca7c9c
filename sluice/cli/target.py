"""Which cloud does a command act on? The local one unless told otherwise, so that a slip costs nothing."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from sluice.settings.deployment import Deployment

_STATE_FILE = Path(".sluice/local.json")


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

    """

    name: TargetName
    api_url: str
    table: str
    environment: Mapping[str, str]


def resolve(name: TargetName, settings: Deployment, config: Path) -> Target:
    """Point this process's AWS clients at the cloud and look the deployment up in it. Raises UsageProblem."""
    local = _running(config) if name is TargetName.LOCAL else None
    if local:
        os.environ.update(local["environment"])
    outputs = {**_outputs(f"{settings.name}-state", name), **_outputs(f"{settings.name}-api", name)}
    return Target(
        name=name,
        api_url=(local["api_url"] if local else outputs["ApiUrl"]).rstrip("/"),
        table=outputs["TableName"],
        environment=local["environment"] if local else {},
    )


def running_file(config: Path) -> Path:
    """Where the local cloud of a deployment says where it is; there only while it runs."""
    return config.parent / _STATE_FILE


def _running(config: Path) -> dict[str, Any]:
    """What the running local cloud wrote about itself."""
    try:
        local: dict[str, Any] = json.loads(running_file(config).read_text(encoding="utf-8"))
        os.kill(local["pid"], 0)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        raise no_local_cloud() from None
    return local


def no_local_cloud() -> UsageProblem:
    """What to do where no local cloud runs."""
    hint = "start one with `sluice up`, or act on AWS with --target aws"
    return UsageProblem(f"no local cloud is running here: {hint}")


def _outputs(stack: str, target: TargetName) -> dict[str, str]:
    try:
        found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as refused:
        if "does not exist" not in refused.response["Error"].get("Message", ""):
            raise
        how = "wait until `sluice up` says it serves" if target is TargetName.LOCAL else "run `cdk deploy --all`"
        raise UsageProblem(f"the stack {stack} is not deployed: {how}") from refused
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
