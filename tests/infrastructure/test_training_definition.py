"""The definition of a training pipeline: the example's is committed, and botocore knows all that its steps say."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from cdk.training_definition import definition
from sluice.settings.deployment import Model
from tests.functional.training.pipelines import ENDPOINT, a_model, a_place, with_everything
from training.__main__ import described

COMMITTED = Path(__file__).with_name("flights_pipeline.json")
OPERATIONS = {
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "RegisterModel": ("CreateModelPackage", "ClientToken"),
}


def defined(model: Model) -> dict[str, Any]:
    assert model.training is not None
    return definition(model, model.training, a_place())


def step(name: str, found: Any) -> dict[str, Any]:
    """The arguments of a step, wherever it is."""
    (arguments,) = [each["Arguments"] for each in steps(found) if each["Name"] == name]
    return dict(arguments)


def steps(found: Any) -> list[dict[str, Any]]:
    listed = list(found["Steps"])
    for each in found["Steps"]:
        listed += each["Arguments"].get("IfSteps", []) + each["Arguments"].get("ElseSteps", [])
    return listed


def without_references(node: Any) -> Any:
    """Each reference becomes a text, as all of them do in an execution."""
    if isinstance(node, list):
        return list(map(without_references, node))
    if not isinstance(node, Mapping):
        return node
    if len(node) == 1 and next(iter(node)) in ("Get", "Std:Join", "Std:JsonGet"):
        return "s3://bucket/key"
    return {name: without_references(value) for name, value in node.items()}


def test_the_pipeline_of_the_flights_is_the_one_that_is_committed() -> None:
    assert json.loads(json.dumps(defined(a_model()))) == json.loads(COMMITTED.read_text())


@pytest.mark.parametrize("model", [a_model(), with_everything()], ids=["smallest", "everything"])
def test_what_the_steps_ask_for_is_what_the_api_takes(model: Model) -> None:
    api = ServiceModel(Loader().load_service_model("sagemaker", "service-2"))
    checked = [each for each in steps(defined(model)) if each["Type"] in OPERATIONS]

    problems = [
        ParamValidator()
        .validate(
            {**without_references(each["Arguments"]), OPERATIONS[each["Type"]][1]: "a-name"},
            api.operation_model(OPERATIONS[each["Type"]][0]).input_shape,
        )
        .generate_report()
        for each in checked
    ]

    assert problems == [""] * 4


def test_jobs_run_as_closed_in_as_the_endpoint_does() -> None:
    found = defined(with_everything())

    train, evaluate, assemble = (step(name, found) for name in ("train", "evaluate", "assemble"))

    network = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert (train["EnableNetworkIsolation"], train["VpcConfig"]) == (True, network)
    assert evaluate["NetworkConfig"] == {"EnableNetworkIsolation": True, "VpcConfig": network}
    assert assemble["NetworkConfig"] == {"EnableNetworkIsolation": False, "VpcConfig": network}  # it calls AWS
    assert train["ResourceConfig"]["VolumeKmsKeyId"] == ENDPOINT["kms_key"]
    assert evaluate["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == ENDPOINT["kms_key"]
    assert step("register", found)["ModelApprovalStatus"] == "Approved"


def test_storage_that_encrypts_itself_is_given_no_key() -> None:
    form = with_everything().model_dump(mode="json", exclude_unset=True)
    form["training"]["instance_type"] = "ml.g5.xlarge"

    train = step("train", defined(Model.model_validate(form)))

    assert "VolumeKmsKeyId" not in train["ResourceConfig"]


def test_a_program_that_fails_is_not_tried_again() -> None:
    tried = {
        kind
        for each in steps(defined(a_model()))
        for retry in each.get("RetryPolicies", ())
        for kind in retry["ExceptionType"]
    }

    assert "SageMaker.JOB_INTERNAL_ERROR" in tried
    assert not any("ALGORITHM" in kind.upper() for kind in tried)


def test_all_that_is_needed_to_start_one_is_a_version() -> None:
    parameters = {each["Name"]: each.get("DefaultValue") for each in defined(a_model())["Parameters"]}

    assert parameters == {"Data": "captured", "Version": None, "Champion": "serving", "Reason": "by hand"}


def test_the_step_that_assembles_understands_what_it_is_told() -> None:
    form = with_everything().model_dump(mode="json", exclude_unset=True)
    model = Model.model_validate({**form, "capture": {"percent": 100, "sensitive": ["dest", "distance"]}})
    words = step("assemble", defined(model))["AppSpecification"]["ContainerArguments"]

    told = vars(described().parse_args(["assemble", *("s3://x" if isinstance(each, dict) else each for each in words)]))

    assert (told["since_days"], told["until_days"], told["history_time"]) == (0.5, 0.25, "time")
    assert (told["history"], told["history_label"]) == ("2013.parquet", "was_late")
    assert (told["sensitive"], told["features"]) == (["dest", "distance"], "features:compute")
    assert max(map(len, filter(lambda word: isinstance(word, str), words))) <= 256
