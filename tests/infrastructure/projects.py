"""A folder with a sluice.yaml and models, and the templates it becomes."""

import copy
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# Before the CDK starts its Node process. Validation takes seconds a synth; cfn-lint and cdk-nag are tests of their own.
os.environ["CDK_VALIDATION"] = "false"
if (node := Path(sys.executable).with_name("node")).exists():
    os.environ["JSII_NODE"] = str(node)  # whatever PATH says

from aws_cdk import App

from app import build

ROOT = Path(__file__).parents[2]
SIGNATURE = {
    "model": "flights",
    "version": "1",
    "inputs": [{"name": "distance", "datatype": "FP32", "shape": [-1, 1]}],
    "outputs": [{"name": "late", "datatype": "FP32", "shape": [-1, 2]}],
    "classes": ["on time", "late"],
}
SETTINGS: dict[str, Any] = {
    "name": "sluice",
    "models": {
        "flights": {
            "variants": {
                "champion": {"artifact": "v1", "weight": 90},
                "challenger": {"artifact": "v2", "weight": 10},
            },
        },
    },
}
Template = dict[str, Any]


@dataclass(frozen=True)
class Templates:
    """The templates of one deployment, by the last words of their stacks' names."""

    state: Template
    serving: Template
    api: Template
    feedback: Template
    monitoring: Template
    release: Template
    retraining: Template
    observability: Template
    training: Template


def write_model(directory: Path, **changes: Any) -> Path:
    """A model directory without a real graph: nothing at synth looks into it."""
    directory.mkdir(parents=True)
    signature = {**SIGNATURE, **changes}
    (directory / "model.onnx").write_bytes(f"graph of version {signature['version']}".encode())
    (directory / "signature.json").write_text(json.dumps(signature))
    return directory


def with_setting(path: str, value: Any, settings: Mapping[str, Any] = SETTINGS) -> dict[str, Any]:
    """The settings with one more, by its dotted path."""
    changed = copy.deepcopy(dict(settings))
    node = changed
    *parents, name = path.split(".")
    for parent in parents:
        node = node.setdefault(parent, {})
    node[name] = value
    return changed


@dataclass(frozen=True)
class Project:
    """A folder with two versions of a model that take the same inputs, ``v1`` and ``v2``."""

    folder: Path

    def app(self, settings: Mapping[str, Any] = SETTINGS, **context: str) -> App:
        """The app of some settings, built but not synthesized, with the context of the repository's cdk.json."""
        config = self.folder / "sluice.yaml"
        config.write_text(yaml.safe_dump(settings, sort_keys=False))
        usual = json.loads((ROOT / "cdk.json").read_text())["context"]
        without_packages: dict[str, Any] = {"aws:cdk:bundling-stacks": []}
        output = tempfile.mkdtemp(prefix="cdk.out-", dir=self.folder)
        app = App(context={**usual, **without_packages, "config": str(config), **context}, outdir=output)
        build(app)
        return app

    def synth(self, settings: Mapping[str, Any] = SETTINGS, **context: str) -> Templates:
        """The templates of some settings, or of the smallest sluice.yaml."""
        folder = Path(self.app(settings, **context).synth().directory)
        stacks = (
            "state",
            "serving",
            "api",
            "feedback",
            "monitoring",
            "release",
            "training",
            "retraining",
            "observability",
        )
        files = {stack: folder / f"{settings['name']}-{stack}.template.json" for stack in stacks}
        # Where no model is watched nothing watches; where none is trained nothing trains, and nothing starts that.
        return Templates(**{s: json.loads(file.read_text()) if file.is_file() else {} for s, file in files.items()})
