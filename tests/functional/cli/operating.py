"""An operator at a terminal, and the deployment they operate: stacks, table and bucket on an emulated AWS."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sluice.aws.rollouts import Rollouts
from sluice.cli.app import main
from sluice.cli.release import Release
from sluice.cli.target import TargetName
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.rollout.rollout import Rollout
from sluice.domain.signature import Signature
from tests.builders import a_signature
from tests.functional.deployed import a_client, deploy
from tests.unit.cli.rollouts import PROGRESSING, T0, a_rollout

SETTINGS = """
models:
  flights:
    variants:
      champion: {artifact: v1, weight: 100}
"""
_OUTPUTS = {
    "sluice-state": {"TableName": "state", "BucketName": "data"},
    "sluice-api": {"ApiUrl": "http://127.0.0.1:1"},
    "sluice-release": {"ReconcileFunctionName": "reconcile"},
}


def deploy_everything() -> None:
    """What `cdk deploy --all` leaves, as far as operators' commands look for it."""
    deploy()
    a_client("s3").create_bucket(Bucket="data")
    create_stacks()


def create_stacks() -> None:
    """The stacks, as far as they say what they made."""
    topic = {"Topic": {"Type": "AWS::SNS::Topic"}}  # a stack without resources is refused
    for stack, values in _OUTPUTS.items():
        outputs = {name: {"Value": value} for name, value in values.items()}
        template = json.dumps({"Resources": topic, "Outputs": outputs})
        a_client("cloudformation").create_stack(StackName=stack, TemplateBody=template)


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert len(self.out.splitlines()) == 1
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Standard output without its line breaks, which follow the terminal's width."""
        return " ".join(self.out.split())

    @property
    def mistake(self) -> str:
        """The one line that a mistake is."""
        assert self.code == 2
        (line,) = self.err.splitlines()
        return line


class Operator:
    """Runs commands against AWS, in this process."""

    def __init__(self, config: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.folder = config.parent
        self.rollouts = Rollouts(a_client("dynamodb"), table="state")
        self._config = config
        self._captured = captured

    def sluice(self, *words: str) -> Done:
        return self.sluice_here(*words, "--target", "aws")

    def sluice_here(self, *words: str) -> Done:
        """A command that asks no cloud."""
        with pytest.raises(SystemExit) as ended:
            main([*words, "--config", str(self._config)])
        read = self._captured.readouterr()
        return Done(int(ended.value.code or 0), read.out, read.err)

    def release(self, *, as_json: bool = False) -> Release:
        """What commands about ``flights`` work with."""
        return Release.open(self._config, TargetName.AWS, None, as_json=as_json)

    def printed(self) -> str:
        """Standard output since the last look."""
        return self._captured.readouterr().out

    def under_way(self, **changes: Any) -> Rollout:
        """A rollout in its second stage."""
        entry = Entry(EntryKind.SHIFTED, "controller", "the shadow was well", T0)
        return self.rollouts.put(a_rollout(**{**PROGRESSING, **changes}), entry)

    def change(self, rollout: Rollout, **changes: Any) -> Rollout:
        """As the controller writes."""
        return self.rollouts.put(replace(rollout, **changes), Entry(EntryKind.SHIFTED, "controller", "as wanted", T0))

    def model_directory(self, signature: Signature | None = None, *, version: str = "2", graph: str = "graph") -> str:
        """A model directory, named after its version."""
        folder = self.folder / f"v{version}"
        folder.mkdir(exist_ok=True)
        (folder / "model.onnx").write_text(graph, encoding="utf-8")
        form = {**(signature or a_signature()).to_dict(), "version": version}
        (folder / "signature.json").write_text(json.dumps(form), encoding="utf-8")
        return str(folder)
