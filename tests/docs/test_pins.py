import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==([^\s;#]+)(?:\s*;\s*(.+))?")


def pins(file: Path) -> dict[str, str]:
    """Package -> version of a compiled requirements file, for packages that every platform installs."""
    found = (PIN.match(line) for line in file.read_text(encoding="utf-8").splitlines())
    return {match[1].lower(): match[2] for match in found if match and not match[3]}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(("package", "wanted"), sorted(pins(ROOT / "requirements.txt").items()))
def test_a_worker_imports_the_version_the_lambda_layer_holds(package: str, wanted: str) -> None:
    # The layer is built for arm64; the local cloud's workers import from this environment instead.
    assert version(package) == wanted


def test_the_layer_is_the_closure_of_what_functions_import() -> None:
    direct = {match[1].lower(): match[2] for line in project()["dependencies"] if (match := PIN.match(line))}

    assert direct.items() <= pins(ROOT / "requirements.txt").items(), "run `make lock`"


def test_the_layer_of_numpy_holds_what_the_project_does() -> None:
    numpy = pins(ROOT / "requirements/numpy.txt")

    assert list(numpy) == ["numpy"]
    assert f"numpy=={numpy['numpy']}" in project()["optional-dependencies"]["drift"]
    assert version("numpy") == numpy["numpy"]


@pytest.mark.parametrize("closure", ["demo", "dev"])
def test_the_other_closures_agree_with_the_layer(closure: str) -> None:
    assert pins(ROOT / "requirements.txt").items() <= pins(ROOT / f"requirements/{closure}.txt").items()


def test_every_dependency_says_why_it_is_there() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()

    unexplained = [line for line in lines if re.match(r'\s+"[a-z][^"]*==', line) and "#" not in line]

    assert unexplained == []


def test_no_compiled_closure_names_a_registry() -> None:
    for name in ("requirements.txt", "requirements/demo.txt", "requirements/dev.txt", "package-lock.json"):
        assert "://" not in (ROOT / name).read_text(encoding="utf-8"), name


def test_npm_packages_are_pinned_and_run_nothing_when_they_are_installed() -> None:
    package, lock = (
        json.loads((ROOT / name).read_text(encoding="utf-8")) for name in ("package.json", "package-lock.json")
    )
    wanted = package["dependencies"] | package["devDependencies"]

    assert {name: lock["packages"][f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert not any(each.get("hasInstallScript") for each in lock["packages"].values())
