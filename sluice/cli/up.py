"""Start the local cloud, deploy this folder's app to it, and serve until told to stop."""

import shlex
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sluice.cli.deploy_progress import DeployProgress
from sluice.cli.show import Output
from sluice.cli.target import UsageProblem, forget_foreign_settings, home_of
from sluice.settings.deployment import Deployment

if TYPE_CHECKING:  # imported when used: it is neither installed nor deployed with sluice
    from local_cloud.cloud import LocalCloud

API_PORT = 8080
AWS_PORT = 4566


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the local cloud listens, on the loopback interface."""

    api: int
    aws: int


def run(settings: Deployment, config: Path, *, ports: Ports, speed: float, out: Output) -> None:
    """Serve until SIGINT or SIGTERM. Raises UsageProblem when it cannot."""
    with until_signalled(out), serving(config, ports=ports, speed=speed, out=out) as cloud:
        if out.as_json:
            out.json({"api_url": cloud.api_url, "environment": cloud.environment()})
        _announce(settings, config, cloud, out)
        threading.Event().wait()


@contextmanager
def serving(config: Path, *, ports: Ports, speed: float, out: Output) -> Iterator["LocalCloud"]:
    """A local cloud to which ``config`` is deployed. Raises UsageProblem when it cannot be."""
    forget_foreign_settings()
    try:
        from local_cloud.cloud import LocalCloud, LocalCloudProblem  # noqa: PLC0415  not installed with sluice
    except ModuleNotFoundError as missing:
        raise UsageProblem(f"the local cloud runs in Sluice's repository only ({missing.name} is missing)") from None
    started = time.monotonic()
    try:
        with LocalCloud(home_of(config), port=ports.aws, api_port=ports.api, speed=speed) as cloud:
            out.line(f"the local cloud is up after {time.monotonic() - started:.1f} s; deploying with the CDK CLI")
            with DeployProgress(out.console) as progress:
                cloud.deploy(config.parent, config.name, on_line=progress.line)
            out.line(f"deployed after {time.monotonic() - started:.1f} s")
            yield cloud
    except LocalCloudProblem as problem:
        raise UsageProblem(str(problem)) from problem


@contextmanager
def until_signalled(out: Output) -> Iterator[None]:
    """End the block at the first SIGINT or SIGTERM, wherever it is; what it started is stopped undisturbed."""
    numbers = (signal.SIGINT, signal.SIGTERM)

    def interrupt(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        out.line("stopping")
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _announce(settings: Deployment, config: Path, cloud: "LocalCloud", out: Output) -> None:
    model = next(iter(settings.models))
    option = "" if config.name == "sluice.yaml" else f" --config {shlex.quote(config.name)}"
    out.line(f"\n[bold green]serving[/] {cloud.api_url}\n")
    out.plain("in another terminal, in this folder:")
    out.plain(f"  sluice status{option}")
    out.plain(f"  sluice predict{option} --model {model} --data examples/flights/requests/v1.json")
    out.plain(f"  {curl_line(settings, cloud)}")
    out.plain("\nCtrl-C stops everything.")


def curl_line(settings: Deployment, cloud: "LocalCloud") -> str:
    """A command that asks the API for a prediction with nothing of ours."""
    model = next(iter(settings.models))
    auth = {
        "iam": _sigv4_options(cloud),
        "jwt": ' -H "Authorization: Bearer $SLUICE_TOKEN"',
        "none": "",
    }[settings.access.mode]
    body = "-H 'Content-Type: application/json' -d @examples/flights/requests/v2.json"
    return f"curl{auth} {body} {cloud.api_url}/v2/models/{model}/infer"


def _sigv4_options(cloud: "LocalCloud") -> str:
    environment = cloud.environment()
    user = f"{environment['AWS_ACCESS_KEY_ID']}:{environment['AWS_SECRET_ACCESS_KEY']}"
    return f" --aws-sigv4 aws:amz:{environment['AWS_REGION']}:execute-api --user {user}"
