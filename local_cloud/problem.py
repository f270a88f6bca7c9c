"""What can stand in the way of a local cloud that its user can do something about?"""


class LocalCloudProblem(Exception):
    """Says what is wrong and what to do."""


class PortInUse(LocalCloudProblem):
    """A port asked for is taken."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use by another program: stop that program, or choose another port")


class LocalCloudRunning(LocalCloudProblem):
    """A local cloud already serves this folder."""


class DeploymentFailed(LocalCloudProblem):
    """The CDK CLI did not bring the app into the local cloud; the text holds the reasons, a line each."""


class ToolMissing(LocalCloudProblem):
    """Node or the CDK CLI is not installed where `make setup` puts it."""
