"""Pipelines: definitions that are checked, executions whose steps really run."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.events import Events
from local_cloud.functions.invocation import Invocation
from local_cloud.sagemaker.pipelines import Pipelines
from local_cloud.sagemaker.pipelines.definition import Definition
from local_cloud.sagemaker.refusal import Refused
from tests.functional.local_cloud.job_builders import a_role, exists, put, the_job_role, unpacked
from tests.functional.local_cloud.pipeline_builders import (
    PIPELINE_ROLE,
    a_condition_step,
    a_definition,
    a_failing_step,
    a_pipeline,
    a_read,
    a_registration_step,
    a_token,
    a_training_step,
    an_evaluation_step,
    ended,
    run,
    started,
    statuses,
    steps_of,
    the_pipeline_role,
)
from tests.functional.local_cloud.sagemaker_builders import BUCKET, SageMakerCloud, a_sagemaker_cloud, eventually

LOWEST = {"Name": "Lowest", "Type": "Float", "DefaultValue": 0.7}
REPORT = {"Name": "Report", "Type": "String"}
RETRIES = [{"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 1, "MaxAttempts": 2}]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageMakerCloud]:
    with a_sagemaker_cloud(tmp_path_factory.mktemp("pipelines"), stop_seconds=2) as running:
        the_job_role(running)
        the_pipeline_role(running)
        put(running, {"in/a.txt": "first"})
        running.control.create_model_package_group(ModelPackageGroupName="flights")
        yield running


def a_gated_pipeline(cloud: SageMakerCloud, name: str, **registration: Any) -> None:
    gate = a_condition_step(
        a_read("auc.value"),
        {"Get": "Parameters.Lowest"},
        [a_registration_step(**registration)],
        [a_failing_step({"Std:Join": {"On": " ", "Values": ["AUC", a_read("auc.value"), "is too low"]}})],
    )
    evaluation = an_evaluation_step({"Get": "Parameters.Report"}, DependsOn=["train"])
    a_pipeline(cloud, name, a_definition(a_training_step(), evaluation, gate, parameters=[LOWEST, REPORT]))


def test_a_model_that_is_good_enough_is_registered(cloud: SageMakerCloud) -> None:
    approval = {"ModelApprovalStatus": "PendingManualApproval"}
    about = {"CustomerMetadataProperties": {"execution": {"Get": "Execution.PipelineExecutionId"}}}
    a_gated_pipeline(cloud, "Gated", **approval, **about)

    execution = started(cloud, "Gated", Report='{"auc": {"value": 0.8}}')

    described = ended(cloud, execution)
    steps = steps_of(cloud, execution)
    package = cloud.control.describe_model_package(
        ModelPackageName=steps["register"]["Metadata"]["RegisterModel"]["Arn"]
    )
    model = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    assert described["PipelineExecutionStatus"] == "Succeeded"
    assert execution.startswith("arn:aws:sagemaker:us-east-1:123456789012:pipeline/gated/execution/")
    assert list(steps) == ["train", "evaluate", "gate", "register"]
    assert set(statuses(cloud, execution).values()) == {"Succeeded"}
    assert steps["gate"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    assert ":training-job/pipelines-" in steps["train"]["Metadata"]["TrainingJob"]["Arn"]
    assert json.loads(unpacked(cloud, model)["seen.json"])["current_host"] == "algo-1"
    assert package["CustomerMetadataProperties"] == {"execution": execution.rpartition("/")[2]}
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_a_model_that_is_not_fails_the_execution_with_its_own_words(cloud: SageMakerCloud) -> None:
    a_gated_pipeline(cloud, "too-low")

    execution = started(cloud, "too-low", Report='{"auc": {"value": 0.6}}')

    described = ended(cloud, execution)
    steps = steps_of(cloud, execution)
    assert described["PipelineExecutionStatus"] == "Failed"
    assert described["FailureReason"] == "Step failure: One or multiple steps failed."
    assert steps["refuse"]["FailureReason"] == "AUC 0.6 is too low"
    assert steps["gate"]["Metadata"] == {"Condition": {"Outcome": "False"}}
    assert "register" not in steps
    (listed,) = cloud.control.list_pipeline_executions(PipelineName="too-low")["PipelineExecutionSummaries"]
    assert listed["PipelineExecutionFailureReason"] == described["FailureReason"]


def test_parameters_reach_the_jobs_in_the_types_of_the_api(cloud: SageMakerCloud) -> None:
    count = {"Name": "Count", "Type": "Integer", "DefaultValue": 1}
    rounds = {"Name": "Rounds", "Type": "Integer", "DefaultValue": 40}
    resources = {"InstanceType": "ml.m5.xlarge", "InstanceCount": {"Get": "Parameters.Count"}, "VolumeSizeInGB": 10}
    program = a_training_step()["Arguments"]["HyperParameters"]
    step = a_training_step(
        ResourceConfig=resources,
        HyperParameters={**program, "rounds": {"Get": "Parameters.Rounds"}},
        OutputDataConfig={"S3OutputPath": {"Std:Join": {"On": "/", "Values": [f"s3://{BUCKET}", "typed"]}}},
    )

    execution = run(cloud, "typed", step, parameters=[count, rounds], Count="2")

    name = steps_of(cloud, execution)["train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    job = cloud.control.describe_training_job(TrainingJobName=name)
    seen = json.loads(unpacked(cloud, job["ModelArtifacts"]["S3ModelArtifacts"])["seen.json"])
    assert (job["ResourceConfig"]["InstanceCount"], seen["hosts"]) == (2, ["algo-1", "algo-2"])
    assert seen["hyperparameters"]["rounds"] == "40"
    assert job["ModelArtifacts"]["S3ModelArtifacts"].startswith(f"s3://{BUCKET}/typed/")
    assert cloud.control.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution)[
        "PipelineParameters"
    ] == [{"Name": "Count", "Value": "2"}]
    assert {tag["Key"]: tag["Value"] for tag in cloud.control.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]} == {
        "sagemaker:pipeline-execution-arn": execution,
        "sagemaker:pipeline-step-name": "train",
    }


def test_a_failing_step_fails_the_execution_and_nothing_after_it_starts(cloud: SageMakerCloud) -> None:
    after = an_evaluation_step("{}", DependsOn=[{"Get": "Steps.train"}])

    execution = run(cloud, "fails", a_training_step(program="fail"), after)

    assert ended(cloud, execution)["PipelineExecutionStatus"] == "Failed"
    assert statuses(cloud, execution) == {"train": "Failed"}
    reason = steps_of(cloud, execution)["train"]["FailureReason"]
    assert reason.startswith("AlgorithmError: ValueError: the labels are missing")


def a_checkpointed_step(folder: str, **over: Any) -> dict[str, Any]:
    kept = {"S3Uri": f"s3://{BUCKET}/checkpoints/{folder}"}
    return a_training_step(CheckpointConfig=kept, **over)


def test_a_training_step_whose_instance_is_lost_is_tried_again(cloud: SageMakerCloud) -> None:
    a_pipeline(cloud, "retried", a_definition(a_checkpointed_step("retried", program="resume", RetryPolicies=RETRIES)))
    execution = started(cloud, "retried")
    assert eventually(lambda: exists(cloud, "checkpoints/retried/"))
    job = cloud.control.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"][0]["TrainingJobName"]

    cloud.inflict(kind="crash", job=job)

    described = ended(cloud, execution)
    assert described["PipelineExecutionStatus"] == "Succeeded"
    assert steps_of(cloud, execution)["train"]["AttemptCount"] == 2
    assert cloud.control.describe_training_job(TrainingJobName=job)["TrainingJobStatus"] == "Failed"


def test_a_step_that_fails_for_another_reason_is_not_tried_again(cloud: SageMakerCloud) -> None:
    execution = run(cloud, "tried-once", a_training_step(program="be_killed", RetryPolicies=RETRIES))

    step = steps_of(cloud, execution)["train"]
    assert (step["AttemptCount"], step["FailureReason"]) == (1, "AlgorithmError: , exit code: 137")


def test_retries_come_to_an_end(cloud: SageMakerCloud) -> None:
    cloud.inflict(kind="capacity", job="pipelines-", count=3)
    policy = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 1, "BackoffRate": 1.0, "MaxAttempts": 2}

    execution = run(cloud, "crowded", a_training_step(RetryPolicies=[policy]))

    step = steps_of(cloud, execution)["train"]
    assert (step["AttemptCount"], step["StepStatus"]) == (3, "Failed")
    assert step["FailureReason"].startswith("CapacityError")


def test_a_stopped_execution_stops_its_job_and_is_stopped(cloud: SageMakerCloud) -> None:
    after = an_evaluation_step("{}", DependsOn=["train"])
    a_pipeline(cloud, "stopped", a_definition(a_checkpointed_step("stopped", program="wait"), after))
    execution = started(cloud, "stopped")
    assert eventually(lambda: exists(cloud, "checkpoints/stopped/"))

    with pytest.raises(ClientError, match="executions that are running"):
        cloud.control.delete_pipeline(PipelineName="stopped", ClientRequestToken=a_token())
    cloud.control.stop_pipeline_execution(PipelineExecutionArn=execution, ClientRequestToken=a_token())

    assert ended(cloud, execution)["PipelineExecutionStatus"] == "Stopped"
    assert statuses(cloud, execution) == {"train": "Stopped"}
    with pytest.raises(ClientError, match="is Stopped"):
        cloud.control.stop_pipeline_execution(PipelineExecutionArn=execution, ClientRequestToken=a_token())


def test_the_pipelines_role_needs_what_its_steps_call(cloud: SageMakerCloud) -> None:
    weak = a_role(cloud, "weak", "sagemaker:CreateTrainingJob", "sagemaker:AddTags")
    a_pipeline(cloud, "weak", a_definition(a_training_step()), RoleArn=weak)

    execution = started(cloud, "weak")

    ended(cloud, execution)
    reason = steps_of(cloud, execution)["train"]["FailureReason"]
    assert reason.startswith("ClientError: Failed to invoke sagemaker:CreateTrainingJob. Error Details: ")
    assert "not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/jobs" in reason


def test_steps_that_do_not_wait_for_each_other_run_side_by_side_as_far_as_allowed(cloud: SageMakerCloud) -> None:
    steps = [a_checkpointed_step(f"side-{n}", name=f"side-{n}", program="wait") for n in range(3)]
    a_pipeline(cloud, "beside", a_definition(*steps), ParallelismConfiguration={"MaxParallelExecutionSteps": 2})

    execution = started(cloud, "beside")

    assert eventually(lambda: exists(cloud, "checkpoints/side-0/") and exists(cloud, "checkpoints/side-1/"))
    assert statuses(cloud, execution) == {"side-0": "Executing", "side-1": "Executing"}
    cloud.control.stop_pipeline_execution(PipelineExecutionArn=execution, ClientRequestToken=a_token())
    ended(cloud, execution)


def test_one_token_starts_one_execution(cloud: SageMakerCloud) -> None:
    a_pipeline(cloud, "tokens", a_definition(a_failing_step()))
    token = a_token()

    first, second, third = started(cloud, "tokens", token), started(cloud, "tokens", token), started(cloud, "tokens")

    listed = cloud.control.list_pipeline_executions(PipelineName="tokens")["PipelineExecutionSummaries"]
    assert first == second != third
    assert [each["PipelineExecutionArn"] for each in listed] == [third, first]
    ended(cloud, third)


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("missing", {}, "Report has no default"),
        ("unknown", {"Report": "{}", "Nothing": "1"}, r"\['Nothing'\] are not defined"),
        ("untyped", {"Report": "{}", "Lowest": "high"}, "Lowest must be of type Float"),
        ("not-allowed", {"Report": "{}", "Mode": "fast"}, "Mode must be one of"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(
    cloud: SageMakerCloud, name: str, parameters: dict[str, str], says: str
) -> None:
    mode = {"Name": "Mode", "Type": "String", "DefaultValue": "full", "EnumValues": ["full", "half"]}
    a_pipeline(cloud, name, a_definition(a_failing_step(), parameters=[LOWEST, REPORT, mode]))

    with pytest.raises(ClientError, match=says) as caught:
        started(cloud, name, **parameters)

    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert cloud.control.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"] == []


def test_an_update_is_for_later_executions(cloud: SageMakerCloud) -> None:
    first, second = a_definition(a_failing_step("one")), a_definition(a_failing_step("two"))
    arn = a_pipeline(cloud, "updated", first, PipelineDescription="kept", Tags=[{"Key": "team", "Value": "ml"}])
    execution = started(cloud, "updated")

    cloud.control.update_pipeline(PipelineName="updated", PipelineDefinition=second)

    described = cloud.control.describe_pipeline(PipelineName="updated")
    ran = cloud.control.describe_pipeline_definition_for_execution(PipelineExecutionArn=execution)
    assert (described["PipelineArn"], described["PipelineDescription"]) == (arn, "kept")
    assert (described["PipelineDefinition"], ran["PipelineDefinition"]) == (second, first)
    assert (described["RoleArn"], described["LastRunTime"]) == (PIPELINE_ROLE, cloud.clock.now())
    assert cloud.control.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "ml"}]
    ended(cloud, execution)
    cloud.control.delete_pipeline(PipelineName="updated", ClientRequestToken=a_token())
    with pytest.raises(cloud.control.exceptions.ResourceNotFound, match="does not exist"):
        cloud.control.describe_pipeline(PipelineName="updated")
    with pytest.raises(cloud.control.exceptions.ResourceNotFound, match="does not exist"):
        cloud.control.describe_pipeline_execution(PipelineExecutionArn=execution)


def test_a_definition_may_lie_in_s3(cloud: SageMakerCloud) -> None:
    put(cloud, {"definition.json": a_definition(a_failing_step())})
    location = {"Bucket": BUCKET, "ObjectKey": "definition.json"}

    cloud.control.create_pipeline(
        PipelineName="in-s3", PipelineDefinitionS3Location=location, RoleArn=PIPELINE_ROLE, ClientRequestToken=a_token()
    )
    cloud.control.update_pipeline(PipelineName="in-s3", PipelineDescription="new")

    described = cloud.control.describe_pipeline(PipelineName="in-s3")
    assert described["PipelineDefinition"] == a_definition(a_failing_step())
    assert described["PipelineDescription"] == "new"
    missing = {"Bucket": BUCKET, "ObjectKey": "none.json"}
    with pytest.raises(ClientError, match="Cannot read the definition"):
        cloud.control.update_pipeline(PipelineName="in-s3", PipelineDefinitionS3Location=missing)


def test_a_pipelines_name_is_used_once_and_pipelines_are_listed(cloud: SageMakerCloud) -> None:
    a_pipeline(cloud, "named-b", a_definition(a_failing_step()))
    a_pipeline(cloud, "named-a", a_definition(a_failing_step()))

    with pytest.raises(ClientError, match="Pipeline names must be unique"):
        a_pipeline(cloud, "Named-A", a_definition(a_failing_step()))

    listed = cloud.control.list_pipelines(PipelineNamePrefix="named", SortBy="Name", SortOrder="Ascending")
    assert [each["PipelineName"] for each in listed["PipelineSummaries"]] == ["named-a", "named-b"]


def a_bad_gate(**over: Any) -> dict[str, Any]:
    return a_condition_step(1, 2, [], [], **over)


@pytest.mark.parametrize(
    ("definition", "says"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "Version is 2020-12-01"),
        (a_definition(a_failing_step(), Version="1"), "Version is 2020-12-01"),
        (a_definition(), "at least one step"),
        (a_definition(a_failing_step(), a_failing_step()), "a name of its own"),
        (a_definition({"Name": "x", "Type": "Tuning"}), "runs steps of the types"),
        (a_definition(a_training_step(DependsOn=["nothing"])), "depends on step nothing"),
        (a_definition(a_failing_step({"Get": "Parameters.Nothing"})), "refers to Parameters.Nothing"),
        (a_definition(a_failing_step({"Get": "Steps.nothing.Name"})), "step nothing, which there is not"),
        (a_definition(a_failing_step({"Get": "Execution.Nothing"})), "refers to Execution.Nothing"),
        (a_definition(a_failing_step({"Get": "Steps.ref[use"})), "is not a path"),
        (a_definition(a_training_step(DependsOn=["train"])), "wait for each other"),
        (a_definition(a_training_step(Rounds=1)), "CreateTrainingJob takes no Rounds"),
        (a_definition({"Name": "t", "Type": "Training", "Arguments": {}}), "CreateTrainingJob needs OutputDataConfig"),
        (a_definition({"Name": "f", "Type": "Lambda"}), "lacks 'FunctionArn'"),
        (a_definition(a_bad_gate(Conditions=[])), "needs Conditions"),
        (a_definition(a_bad_gate(Conditions=[{"Type": "Like"}])), "is not a condition"),
        (a_definition(a_bad_gate(Conditions=[{"Type": "Not", "Expression": {"Type": "In"}}])), "is not a condition"),
        (a_definition(an_evaluation_step("{}", PropertyFiles=[{}]), a_bad_gate()), "lacks 'PropertyFileName'"),
        (
            a_definition(an_evaluation_step("{}", PropertyFiles=[]), a_condition_step(a_read("auc"), 1, [], [])),
            "property file Report, which step evaluate does not declare",
        ),
        (a_definition(a_failing_step(), parameters=[{"Name": "x", "Type": "Date"}]), "Type is none of"),
        (
            a_definition(a_failing_step(), parameters=[{"Name": "x", "Type": "Integer", "DefaultValue": "many"}]),
            "x must be of type Integer",
        ),
        (a_definition(a_failing_step({"Get": ""})), "an empty path"),
        (a_definition(a_training_step(RetryPolicies=[{"ExceptionType": ["Oops"]}])), "no exception type Oops"),
    ],
)
def test_a_wrong_definition_is_refused_at_once(cloud: SageMakerCloud, definition: str, says: str) -> None:
    with pytest.raises(ClientError, match=says) as caught:
        a_pipeline(cloud, "wrong", definition)

    assert caught.value.response["Error"]["Code"] == "ValidationException"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Get", "Name", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {"Version": st.just("2020-12-01"), "Steps": st.lists(JSON, max_size=2) | JSON},
        optional={"Parameters": JSON},
    )
    | st.builds(
        lambda kind, arguments, depends: {
            "Version": "2020-12-01",
            "Steps": [{"Name": "s", "Type": kind, "Arguments": arguments, "DependsOn": depends}],
        },
        st.sampled_from(["Condition", "Fail", "Training", "Lambda"]),
        JSON | st.fixed_dictionaries({"Conditions": JSON, "IfSteps": JSON}),
        JSON,
    )
)
def test_whatever_a_definition_says_it_is_taken_or_refused(raw: dict[str, Any]) -> None:
    try:
        assert Definition.parse(json.dumps(raw)).steps
    except Refused as refused:
        assert str(refused).startswith("Unable to parse pipeline definition: ")  # noqa: PT017  either way is right


def _no_function(_: str, __: bytes) -> Invocation:
    return Invocation(b"null")


def test_an_execution_and_its_steps_are_announced(cloud: SageMakerCloud) -> None:
    events = Events(cloud.context, invoke=_no_function)
    events.install()
    try:
        queues = cloud.client("sqs")
        url = queues.create_queue(QueueName="pipelines")["QueueUrl"]
        pattern = {"detail-type": [{"prefix": "SageMaker Model Building Pipeline Execution"}]}
        cloud.client("events").put_rule(Name="pipelines", EventPattern=json.dumps(pattern))
        target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:pipelines"}
        cloud.client("events").put_targets(Rule="pipelines", Targets=[target])

        execution = run(cloud, "announced", a_condition_step(2, 1, [], [a_failing_step()]))

        told: list[dict[str, Any]] = []

        def all_told() -> bool:
            found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            told.extend(json.loads(message["Body"]) for message in found)
            return any(each["detail"].get("currentPipelineExecutionStatus") == "Succeeded" for each in told)

        assert eventually(all_told)
        own = [each for each in told if each["detail"]["pipelineExecutionArn"] == execution]
        last = next(each for each in own if each["detail"].get("currentPipelineExecutionStatus") == "Succeeded")
        step = next(each for each in own if each["detail"].get("currentStepStatus") == "Succeeded")
        assert last["detail-type"] == "SageMaker Model Building Pipeline Execution Status Change"
        assert last["detail"]["previousPipelineExecutionStatus"] == "Executing"
        assert last["resources"] == [execution.partition("/execution/")[0], execution]
        assert step["detail-type"] == "SageMaker Model Building Pipeline Execution Step Status Change"
        assert (step["detail"]["stepName"], step["detail"]["stepType"]) == ("gate", "Condition")
        assert step["detail"]["metadata"] == {"condition": {"outcome": "True"}}
    finally:
        events.stop()


def test_an_execution_that_runs_when_the_cloud_is_stopped_has_failed_and_says_so(cloud: SageMakerCloud) -> None:
    pipelines = Pipelines(cloud.context)
    definition = a_definition(a_checkpointed_step("cut-short", program="wait"))
    request = {"PipelineName": "cut-short", "RoleArn": PIPELINE_ROLE}
    pipelines.create({**request, "PipelineDefinition": definition})
    execution = pipelines.start({"PipelineName": "cut-short", "ClientRequestToken": a_token()})
    assert eventually(lambda: exists(cloud, "checkpoints/cut-short/"))

    pipelines.close()

    ended_execution = pipelines.find_execution(execution.arn)
    assert (ended_execution.status, ended_execution.reason) == ("Failed", "The local cloud was stopped.")
    job = cloud.control.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"][0]["TrainingJobName"]
    cloud.control.stop_training_job(TrainingJobName=job)
