"""What is shipped to the functions: which files of this repository, and which packages?"""

from functools import cache
from pathlib import Path

from aws_cdk import AssetHashType, BundlingOptions, IgnoreMode, Stack
from aws_cdk import aws_lambda as lambda_

from cdk.bundling import ARCHITECTURE, NEVER, PYTHON_VERSION, DependencyBundling, FunctionBundling, find_compiler

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = lambda_.Runtime.PYTHON_3_13
_PACKAGES = ("lambdas", "sluice")
_compiler = cache(find_compiler)


def function_code() -> lambda_.Code:
    """The packages ``lambdas`` and ``sluice`` and nothing else: one asset for all functions."""
    return code_of(ROOT, compiler=_compiler())


def code_of(root: Path, *, compiler: str | None) -> lambda_.Code:
    """The functions' packages in a folder; with bytecode where there is a Python of Lambda's version to make it."""
    allowed = [f"!{package}{below}" for package in _PACKAGES for below in ("", "/**")]
    exclude = ["*", *allowed, *(f"**/{name}" for name in NEVER)]
    if compiler is None:
        return lambda_.Code.from_asset(str(root), exclude=exclude, ignore_mode=IgnoreMode.GIT)
    bundling = BundlingOptions(
        image=RUNTIME.bundling_image,  # never pulled, as below
        local=FunctionBundling(root, _PACKAGES, compiler=compiler),
        environment={"BYTECODE": PYTHON_VERSION},  # hashed with the sources, as below
    )
    return lambda_.Code.from_asset(
        str(root),
        exclude=exclude,
        ignore_mode=IgnoreMode.GIT,
        asset_hash_type=AssetHashType.SOURCE,
        bundling=bundling,
    )


def dependency_layer(stack: Stack) -> lambda_.LayerVersion:
    """The stack's layer of requirements.txt. One a stack: a layer shared between stacks could never be replaced."""
    return _layer(stack, "Dependencies", "requirements.txt")


def numpy_layer(stack: Stack) -> lambda_.LayerVersion:
    """The stack's layer of numpy, for the functions that watch drift: 56 MB that no other function unpacks."""
    return _layer(stack, "Numpy", "requirements/numpy.txt")


def _layer(stack: Stack, construct_id: str, requirements: str) -> lambda_.LayerVersion:
    existing = stack.node.try_find_child(construct_id)
    if isinstance(existing, lambda_.LayerVersion):
        return existing
    return lambda_.LayerVersion(
        stack,
        construct_id,
        description=requirements,
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[lambda_.Architecture.ARM_64],
        code=_packages_of(ROOT / requirements, filled=stack.node.try_get_context("layers") != "empty"),
    )


def _packages_of(file: Path, *, filled: bool) -> lambda_.Code:
    """What the file requires; the file alone for the local cloud, whose functions find their packages beside them."""
    only = ["*", f"!{file.name}"]
    if not filled:
        return lambda_.Code.from_asset(str(file.parent), exclude=only, ignore_mode=IgnoreMode.GIT)
    compiler = _compiler()
    bundling = BundlingOptions(
        image=RUNTIME.bundling_image,  # never pulled: local bundling succeeds or ends the synth
        local=DependencyBundling(file, compiler=compiler),
        # Only these are hashed with the source: without them a layer built otherwise would be taken for this one.
        environment={"ARCHITECTURE": ARCHITECTURE, "BYTECODE": "yes" if compiler else "no"},
    )
    return lambda_.Code.from_asset(
        str(file.parent),
        exclude=only,
        ignore_mode=IgnoreMode.GIT,
        asset_hash_type=AssetHashType.SOURCE,
        bundling=bundling,
    )
