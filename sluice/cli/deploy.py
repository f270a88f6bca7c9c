"""Deploy sluice.yaml again to the local cloud that is already running: what `cdk deploy` is on AWS."""

import time
from pathlib import Path

from sluice.cli.deploy_progress import DeployProgress
from sluice.cli.show import Output
from sluice.cli.target import UsageProblem, forget_foreign_settings, home_of, the_running_cloud


def deploy_again(config: Path, out: Output) -> None:
    """Synthesize and deploy. Raises UsageProblem when no local cloud runs or the deploy fails, with the reasons."""
    state = the_running_cloud(config)
    forget_foreign_settings(state.environment)
    from local_cloud.context import CloudContext  # noqa: PLC0415  not installed with sluice
    from local_cloud.deployment import App, Toolkit  # noqa: PLC0415
    from local_cloud.problem import LocalCloudProblem  # noqa: PLC0415

    started = time.monotonic()
    toolkit = Toolkit(CloudContext(state.aws_url, home_of(config)), state.environment)
    try:
        with DeployProgress(out.console) as progress:
            toolkit.deploy(App.of(config.parent.resolve(), config.name), on_line=progress.line)
    except LocalCloudProblem as problem:
        raise UsageProblem(str(problem)) from problem
    out.line(f"deployed in {time.monotonic() - started:.1f} s")
    if out.as_json:
        out.json({"deployed": True, "api_url": state.api_url})
