"""Which options do the commands share, and which model does one mean?"""

from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.target import TargetName, UsageProblem
from sluice.settings.deployment import Deployment

ConfigOption = Annotated[Path, typer.Option("--config", help="The deployment's sluice.yaml.")]
TargetOption = Annotated[
    TargetName,
    typer.Option("--target", envvar="SLUICE_TARGET", help="The local cloud, or your AWS profile's account."),
]
ModelOption = Annotated[str | None, typer.Option("--model", help="Needed when sluice.yaml has several models.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

CONFIG = Path("sluice.yaml")
PATIENCE_SECONDS = {TargetName.LOCAL: 120.0, TargetName.AWS: 600.0}


def the_model(settings: Deployment, model: str | None) -> str:
    """The model that is named, or the only one there is. Raises UsageProblem."""
    if model is None and len(settings.models) == 1:
        return next(iter(settings.models))
    if model not in settings.models:
        raise UsageProblem(f"--model must be one of {', '.join(settings.models)}")
    return model
