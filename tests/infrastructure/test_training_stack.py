"""The stack of a model that is trained here: its pipeline, and what it and its jobs may do."""

import json
import re
from typing import Any

import pytest

from sluice.settings.artifact import InvalidModel
from tests.infrastructure.projects import Project, Template, Templates, with_setting
from tests.infrastructure.reading import granted, named, resource, statements, text

TRAINING = {
    "program": "programs.flights:train",
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/training:1",
    "label": "late",
}
MADE = [f"training/flights/{folder}/" for folder in ("data", "jobs", "checkpoints")]  # and not history beside them
SETTING = ("models.flights.training", TRAINING)


@pytest.fixture(scope="module")
def training(project: Project) -> Template:
    return project.synth(with_setting(*SETTING)).training


def pipeline(template: Template) -> dict[str, Any]:
    body = resource(template, "AWS::SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    found: dict[str, Any] = json.loads(text(body))
    return found


def test_a_deployment_that_trains_nothing_has_no_such_stack(templates: Templates) -> None:
    assert templates.training == {}


def test_the_pipeline_has_a_name_that_is_known_and_runs_the_image_of_the_settings(training: Template) -> None:
    assert resource(training, "AWS::SageMaker::Pipeline")["PipelineName"] == "sluice-flights-training"
    found = pipeline(training)
    assemble, train, evaluate, _ = (step["Arguments"] for step in found["Steps"])
    assert assemble["AppSpecification"]["ImageUri"] == TRAINING["image"]
    assert train["AlgorithmSpecification"]["TrainingImage"] == TRAINING["image"]
    assert evaluate["AppSpecification"]["ImageUri"] == TRAINING["image"]
    assert [each["Name"] for each in found["Parameters"]] == ["Data", "Version", "Champion", "Reason"]


def test_the_pipeline_may_start_its_own_jobs_and_register_versions_of_its_model(training: Template) -> None:
    allowed = granted(training, "flightsRole")

    sagemaker = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>"
    assert allowed["sagemaker:CreateTrainingJob"] == [f"{sagemaker}:training-job/pipelines-*"]
    assert allowed["sagemaker:CreateProcessingJob"] == [f"{sagemaker}:processing-job/pipelines-*"]
    assert allowed["sagemaker:CreateModelPackage"] == [
        f"{sagemaker}:model-package-group/sluice-flights",
        f"{sagemaker}:model-package/sluice-flights/*",
    ]
    assert "sagemaker:UpdateModelPackage" not in allowed
    assert born(training) == "PendingManualApproval"
    assert "s3:PutObject" not in allowed
    (passes,) = [each for each in statements(training, "flightsRole") if each["Action"] == ["iam:PassRole"]]
    assert passes["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    assert [re.sub("Role.*", "", role) for role in passes["Resource"]] == ["<flightsAssemble", "<flightsJobs"]


def born(template: Template) -> str:
    """How the versions must be registered."""
    (registers,) = [
        each for each in statements(template, "flightsRole") if each["Action"] == ["sagemaker:CreateModelPackage"]
    ]
    return str(registers["Condition"]["StringEqualsIfExists"]["sagemaker:ModelApprovalStatus"])


CASES = """\
checks:
  a-long-way-is-late:
    inputs: {distance: 9000}
    label: %s
"""


def test_a_pipeline_is_given_the_checks_and_may_read_them_and_says_its_commit(project: Project) -> None:
    (project.folder / "checks.yaml").write_text(CASES % "late")
    settings = with_setting("models.flights.gate.checks", "checks.yaml", with_setting(*SETTING))
    settings["models"]["flights"]["training"] |= {"approval": "gate"}

    found = project.synth(settings, commit="4f0c-dirty").training

    evaluate, decide = (step["Arguments"] for step in pipeline(found)["Steps"][2:])
    (source,) = [each["S3Input"] for each in evaluate["ProcessingInputs"] if each["InputName"] == "checks"]
    place = source["S3Uri"].removeprefix("s3://")
    assert place.endswith(".yaml")
    assert any(target.endswith(f":s3:::{place}") for target in granted(found, "flightsJobsRole")["s3:GetObject"])
    (register,) = decide["IfSteps"]
    told = register["Arguments"]["CustomerMetadataProperties"]
    assert (told["sluice-commit"], told["sluice-training-image"]) == ("4f0c-dirty", TRAINING["image"])
    assert born(found) == "Approved"


def test_checks_that_do_not_fit_the_champion_end_the_synth(project: Project) -> None:
    (project.folder / "unfit.yaml").write_text(CASES % "early")

    with pytest.raises(
        InvalidModel, match=r"unfit.yaml:4: checks.a-long-way-is-late.label: must be one of on time, la"
    ):
        project.app(with_setting("models.flights.gate.checks", "unfit.yaml"))


def test_what_versions_were_made_of_goes_and_they_stay(project: Project) -> None:
    state = project.synth(with_setting(*SETTING)).state

    rules = named(state, "AWS::S3::Bucket", "DataBucketData")["Properties"]["LifecycleConfiguration"]["Rules"]
    stays = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules}
    assert stays == {"captures/sluice-flights/": 90, **dict.fromkeys(MADE, 90), "replays/": 1}


def test_a_training_program_may_write_only_what_is_its_models_and_start_nothing(training: Template) -> None:
    allowed = granted(training, "flightsJobsRole")

    written = {place.rpartition(">")[2] for place in allowed["s3:PutObject"]}
    assert written == {"/training/flights/*", "/models/flights/*"}
    assert [place.rpartition(">")[2] for place in allowed["s3:GetObject"]] == ["/training/flights/*"]
    assert not [action for action in allowed if action.startswith(("sagemaker:", "iam:", "dynamodb:", "ec2:"))]


def test_what_assembles_reads_labels_and_its_models_records_and_writes_into_a_folder_of_data(
    training: Template,
) -> None:
    allowed = granted(training, "flightsAssembleRole")

    read = {place.rpartition(">")[2] for place in allowed["s3:GetObject"]}
    assert read == {"/captures/sluice-flights/*", "/training/flights/*", "/models/flights/*", "/*.gz"}
    assert [place.rpartition(">")[2] for place in allowed["s3:PutObject"]] == ["/training/flights/data/*"]
    (reads,) = [each for each in statements(training, "flightsAssembleRole") if "dynamodb:GetItem" in each["Action"]]
    assert reads["Action"] == ["dynamodb:BatchGetItem", "dynamodb:GetItem"]
    assert reads["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["MODEL#flights", "PREDICTION#*"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    assert {action for action in allowed if action.startswith(("sagemaker:", "iam:", "dynamodb:Put"))} == {
        f"sagemaker:{verb}"
        for verb in (
            "CreateModelPackageGroup",
            "DescribeEndpoint",
            "DescribeEndpointConfig",
            "DescribeModel",
            "DescribeModelPackageGroup",
        )
    }


def test_nobody_can_start_it_before_its_roles_may_do_anything(training: Template) -> None:
    needed = named(training, "AWS::SageMaker::Pipeline", "Pipeline")["DependsOn"]

    assert {name for name in needed if "DefaultPolicy" in name} == {
        name for name, found in training["Resources"].items() if found["Type"] == "AWS::IAM::Policy"
    }
