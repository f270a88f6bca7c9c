"""How do sources and requirements.txt become what Lambda unpacks, bytecode included, without Docker?"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import jsii
from aws_cdk import ILocalBundling

PYTHON_VERSION = "3.13"
ARCHITECTURE = "aarch64"
# Lambda's Python 3.13 runs on Amazon Linux 2023 with glibc 2.34: what is built for 2.17 or 2.28 runs there.
_LINUX = ("manylinux2014", "manylinux_2_28")
_NO_BYTECODE = (
    f"No python{PYTHON_VERSION} on PATH: functions and dependency layer go without bytecode, "
    "which makes cold starts about two seconds slower.\n"
)
#: Left out of everything that is shipped.
NEVER = ("__pycache__", ".*", "*.pyc")


@jsii.implements(ILocalBundling)
class FunctionBundling:
    """Copies packages and puts their bytecode beside them."""

    def __init__(self, root: Path, packages: Sequence[str], *, compiler: str) -> None:
        """``compiler``: a Python of Lambda's version."""
        self._root = root
        self._packages = packages
        self._compiler = compiler

    def try_bundle(self, output_dir: str, *_options: object, **_more_options: object) -> bool:
        """Fill the zip. Called by the CDK when the sources changed; an exception ends the synth."""
        for package in self._packages:
            shutil.copytree(self._root / package, Path(output_dir) / package, ignore=shutil.ignore_patterns(*NEVER))
        _compile(self._compiler, Path(output_dir), shown_as="/var/task")
        return True


@jsii.implements(ILocalBundling)
class DependencyBundling:
    """Installs wheels for Lambda's Linux, processor and Python, then their bytecode."""

    def __init__(self, requirements: Path, *, compiler: str | None) -> None:
        """``compiler``: a Python of Lambda's version, or None to go without bytecode."""
        self._requirements = requirements
        self._compiler = compiler

    def try_bundle(self, output_dir: str, *_options: object, **_more_options: object) -> bool:
        """Fill the layer. Called by the CDK when the layer's sources changed; an exception ends the synth."""
        packages = Path(output_dir) / "python"
        _run([*_installer(), "--target", str(packages), "--requirement", str(self._requirements)])
        shutil.rmtree(packages / "bin", ignore_errors=True)  # console scripts of the building machine
        (packages / ".lock").unlink(missing_ok=True)  # uv's
        if self._compiler is None:
            sys.stderr.write(_NO_BYTECODE)
        else:
            _compile(self._compiler, packages, shown_as="/opt/python")
        return True


def find_compiler() -> str | None:
    """A Python of Lambda's version on this machine, or None."""
    named = (Path(folder) / f"python{PYTHON_VERSION}" for folder in os.get_exec_path())
    candidates = [sys.executable, *map(str, filter(Path.is_file, named))]
    return next((python for python in candidates if _version(python) == PYTHON_VERSION), None)


def _version(python: str) -> str:
    """What a Python says about itself; nothing when it does not run, like a version manager's stand-in."""
    show = "import sys; print(*sys.version_info[:2], sep='.')"
    return subprocess.run([python, "-I", "-c", show], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603  found by us


def _installer() -> list[str]:
    """The command up to its options for the target: uv when it is there (20 times faster), else pip."""
    uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
    exact = ["--no-deps", "--only-binary", ":all:", "--python-version", PYTHON_VERSION, "--quiet"]
    if uv is not None:
        platform = ["--python-platform", f"{ARCHITECTURE}-{_LINUX[-1]}", "--link-mode", "copy"]
        return [uv, "pip", "install", *exact, *platform]
    platforms = [word for linux in _LINUX for word in ("--platform", f"{linux}_{ARCHITECTURE}")]
    return [sys.executable, "-m", "pip", "install", "--no-compile", *exact, *platforms, "--implementation", "cp"]


def _compile(compiler: str, folder: Path, *, shown_as: str) -> None:
    """Bytecode for a folder that never changes again. ``shown_as``: the folder in tracebacks.

    Asset zips carry the same time for every file, so bytecode that is checked against times would be thrown away on
    every cold start, at about two seconds: unchecked-hash bytecode is taken as it is.
    """
    renamed = ["-s", str(folder), "-p", shown_as]
    hashed = ["--invalidation-mode", "unchecked-hash"]
    _run([compiler, "-I", "-m", "compileall", "-q", *hashed, *renamed, str(folder)])


def _run(command: list[str]) -> None:
    """Standard output belongs to the CDK."""
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603  our own command line
