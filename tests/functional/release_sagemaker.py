"""The emulated SageMaker's endpoints without their processes, on a clock that a test moves."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from local_cloud.context import Clock, CloudContext
from local_cloud.sagemaker.control_plane import ControlPlane, container_of, forget
from local_cloud.sagemaker.endpoint import Endpoint
from local_cloud.sagemaker.hosting import Hosting

_UNHEALTHY = "The primary container did not pass the ping health check. Please check its log."


class HeldClock(Clock):
    """Time passes when a test says so."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at


class _NoProcesses:
    """Where the emulated SageMaker would run model processes."""

    def match(self, endpoint: Endpoint) -> None:
        """Nothing has to run: ``report_health`` says what is ready."""

    def process(self, endpoint: str, fleet: int, variant: str) -> None:
        """Nobody is ever asked."""


@contextmanager
def hosting_without_processes(clock: Clock) -> Iterator[Hosting]:
    """Inside ``mock_aws``: the API's operations on endpoints are this hosting's until the context ends."""
    context = CloudContext(aws_url="http://localhost:1", home=Path("/nowhere"), clock=clock)
    hosting = Hosting(context, container_of, ["nothing"], gone=forget)
    hosting._fleets = _NoProcesses()  # type: ignore[assignment]  # processes are what this one does without
    control_plane = ControlPlane(hosting, clock)
    control_plane.install()
    try:
        yield hosting
    finally:
        control_plane.uninstall()


def report_health(hosting: Hosting, name: str, broken: Collection[str]) -> None:
    """Every container of an endpoint's new fleet is healthy, or, with a broken version in it, the update fails."""
    deployment = hosting.find(name).deployment if hosting.all() else None
    if deployment is None or deployment.next_at is not None:
        return
    number, specs = deployment.fleet.number, deployment.fleet.config.processes
    if any(version_of(spec.model) in broken for spec in specs):
        hosting.fail(name, number, _UNHEALTHY)
        return
    for spec in specs:
        hosting._ready(name, number, spec.name)


def version_of(model: str) -> str:
    """The version in a SageMaker model: the folder of its artifact."""
    return str(container_of(model).source).removeprefix("s3://models/").removesuffix("/model.tar.gz")
