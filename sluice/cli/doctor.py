"""Is this machine ready? Each check says what it found and, when that is not enough, what to do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sluice.cli.target import running_file
from sluice.settings.deployment import Deployment
from sluice.settings.source import InvalidSettings, load

_CDK = Path("node_modules/aws-cdk/bin/cdk")
_LEAST_FREE_GIB = 3
_LEAST_PYTHON = (3, 11)
_LAMBDA_PYTHON = "python3.13"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; ``remedy`` matters when it is not well."""

    check: str
    is_well: bool
    found: str
    remedy: str = ""


def examine(config: Path) -> list[Finding]:
    """Run every check; none of them changes anything."""
    checks: list[Callable[[], Finding]] = [_python, _node, _cdk, _memory, _bytecode, _docker]
    findings = [check() for check in checks]
    return [*findings, _local_cloud(config), *_settings(config)]


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= _LEAST_PYTHON, found, "install CPython ≥ 3.11, then `make setup`")


def _node() -> Finding:
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    found = _first_line([node, "--version"]) if node else "not found"
    is_well = found.startswith("v") and int(found[1:].split(".")[0]) >= 20  # noqa: PLR2004  the CDK's oldest
    return Finding("Node", is_well, found, "`make setup` installs it into .venv from PyPI")


def _cdk() -> Finding:
    found = "installed" if _CDK.exists() else "not installed"
    return Finding("CDK CLI", _CDK.exists(), found, "`make setup` installs it into node_modules")


def _memory() -> Finding:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30 if hasattr(os, "sysconf") else 0
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        free = int(text.split("MemAvailable:")[1].split()[0]) / 2**20
    except (OSError, IndexError):
        pass  # not Linux: the pages that are free right now are the best that is known
    found = f"{free:.1f} GiB available"
    return Finding("Memory", free >= _LEAST_FREE_GIB, found, f"the local cloud and the CDK take {_LEAST_FREE_GIB} GiB")


def _bytecode() -> Finding:
    """Not needed here; makes cold starts on AWS shorter."""
    here = sys.version_info[:2] == (3, 13)
    found = "this Python" if here else shutil.which(_LAMBDA_PYTHON) or "no python3.13: functions compile at cold start"
    return Finding("Bytecode for Lambda", is_well=True, found=found)


def _docker() -> Finding:
    found = shutil.which("docker") or "not found: needed only to deploy to AWS without endpoint.image"
    return Finding("Docker", is_well=True, found=found)


def _local_cloud(config: Path) -> Finding:
    found = "running" if running_file(config).exists() else "not running"
    return Finding("Local cloud", is_well=True, found=found)


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


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)  # noqa: S603  found on PATH
    except (OSError, subprocess.SubprocessError) as failed:
        return f"does not run: {failed}"
    return done.stdout.strip().split("\n")[0]
