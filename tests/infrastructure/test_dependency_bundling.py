"""The dependency layer holds exactly the pinned packages, with bytecode that Lambda takes as it is."""

import struct
import sys
import zipfile
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from cdk.assets import dependency_layer, numpy_layer
from cdk.bundling import DependencyBundling, find_compiler
from tests.infrastructure.reading import resources

VERSION = "tiny-1.0.dist-info"
UNCHECKED_HASH = 0b01  # PEP 552: hash-based, not checked against the source


def a_wheel(folder: Path) -> Path:
    """A wheel of one module and one console script, so that nothing is downloaded."""
    wheel = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "def run() -> str:\n    return 'here'\n")
        archive.writestr(f"{VERSION}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(f"{VERSION}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{VERSION}/entry_points.txt", "[console_scripts]\ntiny = tiny:run\n")
        archive.writestr(f"{VERSION}/RECORD", "")
    return wheel


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text(f"tiny @ {a_wheel(tmp_path).as_uri()}\n    # via somebody\n")
    return file


def a_python(folder: Path, script: str) -> None:
    """An executable named python3.13 that does what it is told."""
    folder.mkdir()
    program = folder / "python3.13"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_packages_are_where_lambda_looks_and_scripts_are_not(requirements: Path, tmp_path: Path) -> None:
    layer = tmp_path / "layer"

    assert DependencyBundling(requirements, compiler=None).try_bundle(str(layer))

    assert (layer / "python" / "tiny.py").is_file()
    assert {entry.name for entry in (layer / "python").iterdir()} == {"tiny.py", VERSION}


def test_bytecode_is_not_checked_against_times_and_names_the_place_in_lambda(
    requirements: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = tmp_path / "layer"
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "elsewhere"))

    DependencyBundling(requirements, compiler=sys.executable).try_bundle(str(layer))

    (bytecode,) = (layer / "python" / "__pycache__").glob("tiny.*.pyc")
    (flags,) = struct.unpack("<I", bytecode.read_bytes()[4:8])
    assert flags == UNCHECKED_HASH
    assert b"/opt/python/tiny.py" in bytecode.read_bytes()


def test_a_layer_without_bytecode_is_said_to_be_slow(
    requirements: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    DependencyBundling(requirements, compiler=None).try_bundle(str(tmp_path / "layer"))

    assert "go without bytecode" in capfd.readouterr().err


def test_the_compiler_is_a_python_of_lambdas_version_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_python(tmp_path / "stand-in", "exit 127")
    a_python(tmp_path / "misnamed", "echo 3.9")
    a_python(tmp_path / "right", "echo 3.13")
    folders = [str(tmp_path / name) for name in ("missing", "stand-in", "misnamed", "right")]
    monkeypatch.setenv("PATH", ":".join([*folders, "/usr/bin", "/bin"]))

    found = find_compiler()

    own = f"{sys.version_info.major}.{sys.version_info.minor}" == "3.13"
    assert found == (sys.executable if own else str(tmp_path / "right" / "python3.13"))


@pytest.mark.skipif(sys.version_info[:2] == (3, 13), reason="the Python that runs the tests is of that version")
def test_no_compiler_is_found_where_none_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_python(tmp_path / "stand-in", "exit 127")
    monkeypatch.setenv("PATH", str(tmp_path / "stand-in"))

    assert find_compiler() is None


def test_empty_layers_hold_no_packages_and_are_layers_all_the_same(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), context={"layers": "empty"})
    stack = Stack(app, "stack")
    dependency_layer(stack)
    numpy_layer(stack)

    template = app.synth().get_stack_by_name("stack").template

    keys = [each["Content"]["S3Key"] for each in resources(template, "AWS::Lambda::LayerVersion")]
    held = [{entry.name for entry in (tmp_path / f"asset.{key.removesuffix('.zip')}").iterdir()} for key in keys]
    assert held == [{"requirements.txt"}, {"numpy.txt"}]
