"""Is everything ready? Each check says what it found and, when that is not enough, what to do."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from sluice.cli.finding import Finding
from sluice.cli.machine import examine_machine
from sluice.cli.target import running_cloud
from sluice.cli.up import API_PORT, AWS_PORT
from sluice.settings.deployment import Deployment
from sluice.settings.source import InvalidSettings, load


def examine(config: Path) -> list[Finding]:
    """Run every check; none of them changes anything."""
    state = running_cloud(config)
    own_ports = {urlsplit(url).port or 0 for url in (state.api_url, state.aws_url)} if state else set()
    cloud = Finding("Local cloud", is_well=True, found=f"running at {state.api_url}" if state else "not running")
    return [*examine_machine((API_PORT, AWS_PORT), own_ports), cloud, *_settings(config)]


def _settings(config: Path) -> Iterator[Finding]:
    try:
        deployment = load(config)
    except InvalidSettings as wrong:
        yield Finding(
            str(config), is_well=False, found=str(wrong), remedy="correct it; docs/settings.md lists all settings"
        )
        return
    yield Finding(str(config), is_well=True, found=f"{len(deployment.models)} model(s)")
    yield from _artifacts(deployment, config)


def _artifacts(deployment: Deployment, config: Path) -> Iterator[Finding]:
    for name, model in deployment.models.items():
        for slot, variant in model.variants.items():
            directory = config.parent / variant.artifact
            is_there = (directory / "model.onnx").exists() and (directory / "signature.json").exists()
            found = f"{variant.artifact}" if is_there else f"{variant.artifact} has no model.onnx and signature.json"
            yield Finding(f"{name} {slot}", is_there, found, "`make models` trains the example's models")
