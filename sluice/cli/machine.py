"""Does this machine have what Sluice takes? Tools, memory and ports; nothing is changed."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path

from sluice.cli.finding import Finding

_ROOT = Path(__file__).parents[2]
_CDK = _ROOT / "node_modules/aws-cdk/bin/cdk"
_LEAST_FREE_GIB = 3
_LEAST_PYTHON = (3, 11)
_LEAST_CURL = (7, 76)  # --aws-sigv4 came with 7.75, --fail-with-body with 7.76: https://curl.se/docs/manpage.html
_NODES = ("v22.", "v24.")  # what jsii 1.142 supports: https://github.com/aws/jsii
_LAMBDA_PYTHON = "python3.13"
_LOOPBACK = "127.0.0.1"


def examine_machine(ports: Collection[int], own_ports: Collection[int]) -> list[Finding]:
    """Run every check. ``ports`` are to be free, or among those of our own running cloud."""
    tools = [_python(), _venv(), _node(), _cdk(), _memory(), _bytecode(), _docker(), _curl()]
    return [*tools, *(judge_port(port, own_ports) for port in ports)]


def judge_node(found: str, *, is_ours: bool) -> Finding:
    """``found`` is what ``node --version`` printed; ours is the one in the virtual environment."""
    is_well = found.startswith("v") if is_ours else found.startswith(_NODES)
    return Finding("Node", is_well, found, "Node 22 or 24: `make setup` installs one into .venv from PyPI")


def judge_curl(found: str) -> Finding:
    """``found`` is the first line of ``curl --version``."""
    version = re.match(r"curl (\d+)\.(\d+)", found)
    is_well = version is not None and tuple(map(int, version.groups())) >= _LEAST_CURL
    remedy = "install curl ≥ 7.76 for the README's line with --aws-sigv4; `sluice predict` does without"
    return Finding("curl", is_well, found.partition(" (")[0], remedy, is_needed=False)


def judge_port(port: int, own_ports: Collection[int]) -> Finding:
    """Whether `sluice up` can listen there."""
    is_own = port in own_ports
    is_well = is_own or _is_free(port)
    found = "our own local cloud's" if is_own else "free" if is_well else "in use by another program"
    remedy = f"stop what listens on {port}, or choose others: `sluice up --port … --aws-port …`"
    return Finding(f"Port {port}", is_well, found, remedy)


def _is_free(port: int) -> bool:
    try:
        socket.create_server((_LOOPBACK, port)).close()
    except OSError:
        return False
    return True


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= _LEAST_PYTHON, found, "install CPython ≥ 3.11, then `make setup`")


def _venv() -> Finding:
    """Debian's python3 comes without ensurepip, and `make setup` makes a virtual environment."""
    missing = [module for module in ("venv", "ensurepip") if find_spec(module) is None]
    found = f"without {' and '.join(missing)}" if missing else "venv and ensurepip"
    return Finding("Virtual environments", not missing, found, "on Debian and Ubuntu: apt install python3-venv")


def _node() -> Finding:
    ours = shutil.which("node", path=str(Path(sys.executable).parent))
    node = ours or shutil.which("node")
    return judge_node(_first_line([node, "--version"]) if node else "not found", is_ours=ours is not None)


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
    here = sys.version_info[:2] == (3, 13)
    found = "this Python" if here else shutil.which(_LAMBDA_PYTHON)
    remedy = f"install {_LAMBDA_PYTHON}: functions on AWS then start with compiled modules, which is shorter"
    return Finding("Bytecode for Lambda", found is not None, found or f"no {_LAMBDA_PYTHON}", remedy, is_needed=False)


def _docker() -> Finding:
    found = shutil.which("docker")
    remedy = "needed only to deploy to AWS without endpoint.image"
    return Finding("Docker", found is not None, found or "not found", remedy, is_needed=False)


def _curl() -> Finding:
    curl = shutil.which("curl")
    return judge_curl(_first_line([curl, "--version"]) if curl else "not found")


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)  # noqa: S603  found on PATH
    except (OSError, subprocess.SubprocessError) as failed:
        return f"does not run: {failed}"
    return done.stdout.strip().split("\n")[0]
