"""What SageMaker may answer about pipelines; that it really answers so is in local_cloud/test_retraining.py."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.aws.pipelines import Pipelines
from sluice.domain.errors import ChangeRefused
from sluice.domain.retraining.run import FailedStep, Observed
from tests.retraining_builders import PIPELINE, SageMaker, called


class Refusing(SageMaker):
    """Says no to everything, with this code."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self._refusal = called("Any", code, "no")

    def list_pipeline_executions(self, **_: Any) -> dict[str, Any]:
        raise self._refusal

    def describe_pipeline_execution(self, **_: Any) -> dict[str, Any]:
        raise self._refusal

    def start_pipeline_execution(self, **_: Any) -> dict[str, Any]:
        raise self._refusal


def test_only_what_is_not_over_is_under_way() -> None:
    sagemaker = SageMaker()
    running, stopping, over = (sagemaker.execution(each) for each in ("Executing", "Stopping", "Failed"))

    assert Pipelines(sagemaker).under_way(PIPELINE) == [running, stopping]
    assert over not in Pipelines(sagemaker).under_way(PIPELINE)


def test_failed_steps_are_told_with_their_reasons() -> None:
    sagemaker = SageMaker()
    arn = sagemaker.execution()
    sagemaker.end(arn, "Failed", "Step failure", train="out of memory")
    del sagemaker.executions[arn]["steps"][1]["FailureReason"]

    assert Pipelines(sagemaker).observe(arn) == Observed(
        "Failed", "Step failure", (FailedStep("train", "SageMaker does not say why"),)
    )


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (
            {"pipelines-1-assemble": "no prediction of that time was captured"},
            "no prediction of that time was captured",
        ),
        ({"pipelines-1-assemble": ""}, "AlgorithmError: , exit code: 1"),
        ({}, "AlgorithmError: , exit code: 1"),
    ],
)
def test_a_processing_job_says_in_its_own_words_why_it_failed(messages: dict[str, str], reason: str) -> None:
    sagemaker = SageMaker(messages=messages)
    arn = sagemaker.execution()
    sagemaker.end(arn, "Failed", "Step failure", collect="AlgorithmError: , exit code: 1")
    job = "arn:aws:sagemaker:us-east-1:123456789012:processing-job/pipelines-1-assemble"
    sagemaker.executions[arn]["steps"][1]["Metadata"] = {"ProcessingJob": {"Arn": job}}

    observed = Pipelines(sagemaker).observe(arn)

    assert observed == Observed("Failed", "Step failure", (FailedStep("collect", reason),))


def test_where_there_is_no_pipeline_nothing_is_under_way() -> None:
    pipelines = Pipelines(Refusing("ResourceNotFound"))

    assert pipelines.under_way(PIPELINE) == []
    assert pipelines.observe("arn") is None
    with pytest.raises(ChangeRefused, match="sluice-flights-training: ResourceNotFound: no"):
        pipelines.start(PIPELINE, name="1", token="t" * 32, parameters={})


def test_being_forbidden_to_look_is_no_answer() -> None:
    pipelines = Pipelines(Refusing("AccessDeniedException"))

    with pytest.raises(ClientError):
        pipelines.under_way(PIPELINE)
    with pytest.raises(ClientError):
        pipelines.observe("arn")
    with pytest.raises(ClientError):
        pipelines.start(PIPELINE, name="1", token="t" * 32, parameters={})
