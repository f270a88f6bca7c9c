"""How does a CDK app get into the local cloud? By the CDK CLI that also deploys it to AWS."""

import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_cloud.context import ACCOUNT, REGION, CloudContext
from local_cloud.problem import DeploymentFailed, ToolMissing
from local_cloud.processes import Child

OnLine = Callable[[str], None]

_ROOT = Path(__file__).parents[1]
_BIN = Path(sys.executable).parent
_POLL_SECONDS = 0.05
_LAST_LINES = 20
_SYNTH = ("--quiet", "--context", "layers=empty")  # workers import this environment's packages: 100 MB need no zip
_TOOLKIT = "CDKToolkit"
_QUIET = {
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CDK_DISABLE_VERSION_CHECK": "true",
    "CDK_NOTICES": "false",
    "CDK_VALIDATION": "false",  # seven of ten seconds of a synth (local-cloud.md section 0); `make synth` validates
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
}


@dataclass(frozen=True, slots=True)
class App:
    """A CDK app.

    Attributes:
        folder: Where its cdk.json is.
        options: What the CLI is told besides, such as ``--context config=…``.

    """

    folder: Path
    options: Sequence[str] = field(default_factory=tuple)

    @classmethod
    def of(cls, folder: Path, config: str = "sluice.yaml") -> "App":
        """The app in ``folder``, Sluice's own where it has none, told of the folder's settings file ``config``."""
        if (folder / "cdk.json").exists():
            return cls(folder, ("--context", f"config={config}"))
        return cls(_ROOT, ("--context", f"config={folder / config}"))


class Toolkit:
    """The CDK CLI, pointed at a local cloud; ``environment`` is what an AWS client of that cloud needs."""

    def __init__(self, context: CloudContext, environment: Mapping[str, str]) -> None:
        self._context = context
        self._cli = [str(_node()), str(_cdk())]
        self._environment = {
            **without_foreign_settings(os.environ),
            **environment,
            **_QUIET,
            "CDK_DOCKER": str(self._docker()),
            "CDK_HOME": str(context.folder("cdk")),
            "PATH": f"{_BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }

    def deploy(self, app: App, *, on_line: OnLine) -> None:
        """Synthesize the app and deploy all its stacks, bootstrapping first when need be.

        ``on_line`` gets each line the CLI prints. Raises DeploymentFailed.
        """
        assembly = str(self._context.home / "cdk.out")
        with ExitStack() as started:  # whatever ends this, and wherever: no command goes on behind our back
            options = (*_SYNTH, "--output", assembly, *app.options)
            steps = [self._start(started, "synth", app.folder, *options)]
            if not self._is_bootstrapped():
                steps.append(self._bootstrap(started))
            _finish(steps, on_line)
            options = ("--method", "direct", "--require-approval", "never", "--progress", "events")
            deploy = self._start(
                started, "deploy", app.folder, "--all", "--app", assembly, "--output", assembly, *options
            )
            _finish([deploy], on_line, reasons=self._reasons)

    def _bootstrap(self, started: ExitStack) -> "Step":
        """Run outside of any app: inside one, the CLI would synthesize it first for nothing."""
        return self._start(started, "bootstrap", self._context.folder("bootstrap"), f"aws://{ACCOUNT}/{REGION}")

    def _is_bootstrapped(self) -> bool:
        working = ["CREATE_COMPLETE", "UPDATE_COMPLETE"]
        stacks = self._context.client("cloudformation").list_stacks(StackStatusFilter=working)["StackSummaries"]
        return any(stack["StackName"] == _TOOLKIT for stack in stacks)

    def _start(self, started: ExitStack, command: str, folder: Path, *arguments: str) -> "Step":
        """Run a command of the CLI; it is stopped when ``started`` closes."""
        log = self._context.folder("logs") / f"cdk-{command}.log"
        log.write_bytes(b"")
        line = [*self._cli, command, *arguments]
        child = Child(line, environment=self._environment, log=log, cwd=folder)
        started.callback(child.stop)
        return Step(command, child, log)

    def _docker(self) -> Path:
        """An executable for CDK_DOCKER, which takes no arguments of its own."""
        script = self._context.folder("cdk") / "docker"
        command = shlex.join([sys.executable, "-I", str(Path(__file__).with_name("docker_shim.py"))])
        script.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        return script

    def _reasons(self) -> list[str]:
        """Why stacks are not what they were to become, from their own histories."""
        client = self._context.client("cloudformation")
        unwell = [
            stack["StackName"]
            for stack in client.list_stacks()["StackSummaries"]
            if "ROLLBACK" in stack["StackStatus"] or "FAILED" in stack["StackStatus"]
        ]
        events = {name: client.describe_stack_events(StackName=name)["StackEvents"] for name in unwell}
        return [f"{name}: {reason}" for name, history in events.items() for reason in _latest_failures(history)]


class Step:
    """One command of the CLI, and the lines it has printed since one last looked."""

    def __init__(self, name: str, child: Child, log: Path) -> None:
        self.name, self.child, self.log = name, child, log
        self._read = 0

    def new_lines(self) -> list[str]:
        """Whole lines only; the last one also without its end once the command is over."""
        over = not self.child.is_running
        with self.log.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        end = len(text) if over else text.rfind(b"\n") + 1
        self._read += end
        return text[:end].decode(errors="replace").splitlines()


def without_foreign_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child that is to see our AWS and no other, and that keeps its compiled modules."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(("AWS_", "CDK_")) and name != "PYTHONDONTWRITEBYTECODE"
    }


def _finish(steps: Sequence[Step], on_line: OnLine, *, reasons: Callable[[], list[str]] = list) -> None:
    """Pass on what the commands print until all are over.

    Raises DeploymentFailed when one failed, with ``reasons`` or, where there are none, what it printed last.
    """
    running = True
    while running:
        running = any(step.child.is_running for step in steps)
        for step in steps:
            for line in step.new_lines():
                on_line(line)
        time.sleep(_POLL_SECONDS)
    for step in steps:
        if step.child.exit_code != 0:
            last = step.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
            raise DeploymentFailed("\n".join([f"cdk {step.name} failed; its log is {step.log}", *(reasons() or last)]))


def _latest_failures(history: Sequence[Mapping[str, Any]]) -> list[str]:
    """The failures of the latest operation in a history, which is newest first."""
    reasons = []
    for event in history:
        if event["ResourceStatus"].endswith("_FAILED") and event["PhysicalResourceId"] != event["StackId"]:
            reason = event.get("ResourceStatusReason", "no reason given")
            reasons.append(f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}")
        if event.get("ResourceStatusReason") == "User Initiated":
            break
    return reasons[::-1]


def _node() -> Path:
    found = shutil.which("node", path=f"{_BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    if found is None:
        raise ToolMissing("node is not installed: run `make setup`")
    return Path(found)


def _cdk() -> Path:
    cdk = _ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
    if not cdk.exists():
        raise ToolMissing("the CDK CLI is not installed: run `make setup`")
    return cdk
