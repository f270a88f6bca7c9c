"""Would the sagemaker SDK write our training pipeline? From the same settings it does, but for what is listed here.

It has an environment of its own (`make sdk`): it needs rich below 15, pyarrow below 26, and brings a package `tests`.
"""

import dataclasses
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdk.training_definition import definition
from sluice.settings.deployment import Model
from tests.functional.training.pipelines import a_model, a_place, with_everything

ROOT = Path(__file__).parents[2]
SDK = ROOT / ".venv-sdk" / "bin" / "python"
PROGRAM = Path(__file__).with_name("write_definitions.py")
COMMITTED = ROOT / "tests" / "infrastructure" / "flights_pipeline.json"

#: Where the definitions differ: what only one of the two says there, and why.
DIFFERENCES = {
    "train AlgorithmSpecification ContainerEntrypoint: ours ['python', '-m', 'model_container']": (
        "ModelTrainer knows the image's own program, or a script that it uploads: it cannot name one in the image"
    ),
    "train AlgorithmSpecification ContainerArguments: ours ['train']": "likewise",
    "Metadata: SDK {}": "empty, with no way to fill it",
    "MlflowConfig: SDK None": "none: asked for by nobody",
    "PipelineExperimentConfig: SDK None": "none: by default it would have an experiment made for each pipeline",
    "assemble RetryPolicies BackoffRate: SDK 2.0": "the rate where none is given",
    "train RetryPolicies BackoffRate: SDK 2.0": "likewise",
    "evaluate RetryPolicies BackoffRate: SDK 2.0": "likewise",
    "evaluate ProcessingInputs S3Input S3DataDistributionType: SDK 'FullyReplicated'": "there is one instance",
    "evaluate ProcessingInputs S3Input S3CompressionType: SDK 'None'": "anything else takes Pipe mode",
    "register InferenceSpecification Containers Environment: SDK {}": "no variables",
    "register SkipModelValidation: SDK 'None'": "validates, as SageMaker does unasked",
}

pytestmark = pytest.mark.skipif(
    not SDK.exists(), reason="the sagemaker SDK is not there to author with: `make sdk` installs it, 0.7 GB"
)


@pytest.fixture(scope="module")
def authored() -> list[Any]:
    """The pipelines of the smallest and of the largest settings, as the SDK writes them."""
    forms = [model.model_dump(mode="json", exclude_unset=True) for model in (a_model(), with_everything())]
    done = subprocess.run(
        [SDK, PROGRAM],
        input=json.dumps({"forms": forms, "place": dataclasses.asdict(a_place())}),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return list(json.loads(done.stdout))


def ours(model: Model) -> Any:
    assert model.training is not None
    return json.loads(json.dumps(definition(model, model.training, a_place())))


def differences(mine: Any, sdks: Any, where: str = "") -> Iterator[str]:
    """What stands in one of them only, or in each otherwise; of lists it is not said in which of their members."""
    if isinstance(mine, dict) and isinstance(sdks, dict):
        where = mine.get("Name", where)
        yield from (f"{where} {name}: ours {mine[name]}".lstrip() for name in mine.keys() - sdks.keys())
        yield from (f"{where} {name}: SDK {sdks[name]!r}".lstrip() for name in sdks.keys() - mine.keys())
        for name in mine.keys() & sdks.keys():
            yield from differences(mine[name], sdks[name], where if name == "Arguments" else f"{where} {name}")
    elif isinstance(mine, list) and isinstance(sdks, list) and len(mine) == len(sdks):
        for my_own, its_own in zip(mine, sdks, strict=True):
            yield from differences(my_own, its_own, where)
    elif mine != sdks or type(mine) is not type(sdks):
        yield f"{where}: ours {mine!r}, SDK {sdks!r}"


def test_the_sdk_writes_the_committed_pipeline_of_the_flights(authored: list[Any]) -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))

    assert set(differences(committed, authored[0])) == DIFFERENCES.keys()


def test_the_sdk_writes_a_pipeline_with_everything(authored: list[Any]) -> None:
    assert set(differences(ours(with_everything()), authored[1])) == DIFFERENCES.keys()
