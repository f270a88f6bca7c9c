"""The training pipeline of a model, authored with the sagemaker SDK from the settings that ours is made from."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sagemaker.core import shapes
from sagemaker.core.network import NetworkConfig
from sagemaker.core.processing import Processor
from sagemaker.core.training.configs import Compute, Networking
from sagemaker.core.workflow.conditions import ConditionEquals
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline, PipelineGraph
from sagemaker.mlops.workflow.retry import SageMakerJobExceptionTypeEnum as Job
from sagemaker.mlops.workflow.retry import SageMakerJobStepRetryPolicy, StepRetryPolicy
from sagemaker.mlops.workflow.retry import StepExceptionTypeEnum as Step
from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train.model_trainer import ModelTrainer

from cdk.pipeline_job import Place
from sluice.settings.deployment import Model
from sluice.settings.endpoint import has_local_storage
from sluice.settings.training import Training

QUIET = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}
DATA = ParameterString("Data", default_value="captured")
VERSION = ParameterString("Version")
CHAMPION = ParameterString("Champion", default_value="serving")
REASON = ParameterString("Reason", default_value="by hand")
EXECUTION = ExecutionVariables.PIPELINE_EXECUTION_ID
ASSEMBLED = PropertyFile("Assembled", "data", "assembled.json")
VERDICT = PropertyFile("Verdict", "judged", "verdict.json")
CONTENT_TYPES = ["application/json", "application/octet-stream"]
CHANNELS = {"training": "train", "validation": "validation"}
APPROVALS = {"manual": "PendingManualApproval", "gate": "Approved"}
FOLDER = "/opt/ml/processing"
RETRIES = [
    SageMakerJobStepRetryPolicy(failure_reason_types=[Job.INTERNAL_ERROR], interval_seconds=10, max_attempts=3),
    SageMakerJobStepRetryPolicy([Job.CAPACITY_ERROR, Job.RESOURCE_LIMIT], interval_seconds=60, max_attempts=5),
    StepRetryPolicy([Step.SERVICE_FAULT, Step.THROTTLING], interval_seconds=10, max_attempts=5),
]


@dataclass(frozen=True)
class Author:
    """One model's pipeline."""

    model: Model
    training: Training
    place: Place
    session: PipelineSession

    def definition(self) -> Any:
        pipeline = Pipeline(
            name="training",
            parameters=[DATA, VERSION, CHAMPION, REASON],
            pipeline_experiment_config=None,
            steps=[self.assemble, self.train, self.evaluate, self.decide()],
            sagemaker_session=self.session,
        )
        PipelineGraph.from_pipeline(pipeline)  # every reference leads to a step and a file of it, and none in a circle
        return json.loads(pipeline.definition())

    @cached_property
    def assemble(self) -> ProcessingStep:
        training, feedback = self.training, self.model.feedback
        place = {"model": self.place.name, "endpoint": self.place.group, "table": self.place.table}
        data = training.data.model_dump(exclude_none=True)
        words = [
            *(f"--{name}={value}" for name, value in {**place, "bucket": self.place.bucket}.items()),
            *("--data", DATA, "--champion", CHAMPION, f"--label={training.label}"),
            *(f"--{name.replace('_', '-')}={value}" for name, value in data.items()),
            *([f"--features={training.features}"] if training.features else []),
            *(f"--least={feedback.minimum}", f"--most={feedback.maximum}"),
            *(f"--sensitive={name}" for name in self.model.capture.sensitive),
        ]
        processor = self.processor("assemble", self.place.assemble_role, isolated=False)
        outputs = [an_output("data", f"s3://{self.place.bucket}/training/{self.place.name}/data")]
        run = processor.run(outputs=outputs, arguments=words)
        return ProcessingStep("assemble", step_args=run, property_files=[ASSEMBLED], retry_policies=RETRIES)

    @cached_property
    def train(self) -> TrainingStep:
        training = self.training
        folder = f"s3://{self.place.bucket}/training/{self.place.name}"
        own = {"sluice_program": training.program, "label": training.label, "version": VERSION}
        trainer = ModelTrainer(
            sagemaker_session=self.session,
            role=self.place.job_role,
            training_image=self.place.image,
            hyperparameters={**training.hyperparameters, **own},
            compute=self.compute(),
            networking=Networking(enable_network_isolation=self.model.endpoint.network_isolation, **self.vpc),
            stopping_condition=self.stopping(),
            output_data_config=shapes.OutputDataConfig(s3_output_path=f"{folder}/jobs", kms_key_id=self.place.key),
            checkpoint_config=shapes.CheckpointConfig(s3_uri=Join(on="/", values=[f"{folder}/checkpoints", EXECUTION])),
        )
        channels = [a_channel(name, self.assembled(f"{file}.parquet")) for name, file in CHANNELS.items()]
        return TrainingStep("train", step_args=trainer.train(channels), retry_policies=RETRIES)

    def compute(self) -> Compute:
        key = {} if self.volume_key is None else {"volume_kms_key_id": self.volume_key}
        return Compute(
            instance_type=self.training.instance_type,
            instance_count=self.training.instances,
            volume_size_in_gb=self.training.volume_gb,
            enable_managed_spot_training=self.training.spot,
            **key,
        )

    def stopping(self) -> shapes.StoppingCondition:
        seconds = self.training.max_minutes * 60
        wait = {"max_wait_time_in_seconds": 2 * seconds} if self.training.spot else {}
        return shapes.StoppingCondition(max_runtime_in_seconds=seconds, **wait)

    @cached_property
    def evaluate(self) -> ProcessingStep:
        training = self.training
        words = [
            f"--label={training.label}",
            *(f"--slice={column}" for column in training.slices),
            *(f"--group={column}" for column in training.groups),
            *(f"--sensitive={name}" for name in self.model.capture.sensitive),
            *(f"--margin={name}={value}" for name, value in self.model.gate.to_margins().to_dict().items()),
            *("--version", VERSION),
        ]
        inputs = [
            an_input("candidate", self.train.properties.ModelArtifacts.S3ModelArtifacts),
            an_input("champion", self.assembled("champion.tar.gz")),
            an_input("holdout", self.assembled("test.parquet")),
        ]
        processor = self.processor("evaluate", self.place.job_role, isolated=self.model.endpoint.network_isolation)
        outputs = [an_output("judged", f"s3://{self.place.bucket}/{self.place.artifacts}/{self.place.name}")]
        run = processor.run(inputs=inputs, outputs=outputs, arguments=words)
        return ProcessingStep("evaluate", step_args=run, property_files=[VERDICT], retry_policies=RETRIES)

    def decide(self) -> ConditionStep:
        passed = ConditionEquals(left=verdict("verdict"), right="pass")
        stop = FailStep("refuse", error_message=self.evaluate.properties.ExitMessage)
        return ConditionStep("decide", conditions=[passed], if_steps=[self.register()], else_steps=[stop])

    def register(self) -> ModelStep:
        judged = self.evaluate.properties.ProcessingOutputConfig.Outputs["judged"].S3Output.S3Uri
        card_uri = Join(on="/", values=[judged, "card.json"])
        card = shapes.MetricsSource(content_type="application/json", s3_uri=card_uri)
        builder = ModelBuilder(
            image_uri=self.place.serving_image,
            s3_model_data_url=Join(on="/", values=[judged, "model.tar.gz"]),
            role_arn=self.place.job_role,
            dependencies=None,  # else code to go with the model is looked for, and uploaded
            sagemaker_session=self.session,
        )
        registered = builder.register(
            model_package_group_name=self.place.group,
            approval_status=APPROVALS[self.training.approval],
            content_types=CONTENT_TYPES,
            response_types=CONTENT_TYPES,
            model_metrics=shapes.ModelMetrics(model_quality=shapes.ModelQuality(statistics=card)),
            customer_metadata_properties=self.metadata(),
        )
        return ModelStep("register", step_args=registered)

    def metadata(self) -> dict[str, Any]:
        return {
            "sluice-version": VERSION,
            "sluice-inputs": verdict("inputs"),
            "sluice-digest": verdict("digest"),
            "sluice-reference": verdict("reference"),
            "sluice-reference-sha256": verdict("reference_sha256"),
            "sluice-why": REASON,
            "sluice-data": self.data,
            "sluice-rows": JsonGet(step_name="assemble", property_file=ASSEMBLED, json_path="rows"),
            "sluice-execution": EXECUTION,
            "sluice-training-image": self.place.image,
            **{f"sluice-{name.replace('_', '-')}": verdict(name) for name in ("auc", "log_loss", "brier")},
        }

    def processor(self, command: str, role: str, *, isolated: bool) -> Processor:
        training = self.training
        return Processor(
            role=role,
            image_uri=self.place.image,
            entrypoint=["python", "-m", "training", command],
            instance_count=1,
            instance_type=training.instance_type,
            volume_size_in_gb=training.volume_gb,
            volume_kms_key=self.volume_key,
            output_kms_key=self.place.key,
            max_runtime_in_seconds=training.max_minutes * 60,
            network_config=NetworkConfig(enable_network_isolation=isolated, **self.vpc),
            sagemaker_session=self.session,
        )

    @property
    def data(self) -> Any:
        return self.assemble.properties.ProcessingOutputConfig.Outputs["data"].S3Output.S3Uri

    def assembled(self, file: str) -> Join:
        return Join(on="/", values=[self.data, file])

    @property
    def vpc(self) -> dict[str, list[str]]:
        vpc = self.model.endpoint.vpc
        return {} if vpc is None else {"subnets": vpc.subnets, "security_group_ids": vpc.security_groups}

    @property
    def volume_key(self) -> str | None:
        return None if has_local_storage(self.training.instance_type) else self.model.endpoint.kms_key


def verdict(path: str) -> JsonGet:
    return JsonGet(step_name="evaluate", property_file=VERDICT, json_path=path)


def a_channel(name: str, uri: Join) -> shapes.Channel:
    files = shapes.S3DataSource(s3_data_type="S3Prefix", s3_uri=uri)
    return shapes.Channel(channel_name=name, data_source=shapes.DataSource(s3_data_source=files))


def an_input(name: str, uri: Any) -> shapes.ProcessingInput:
    place = f"{FOLDER}/input/{name}"
    files = shapes.ProcessingS3Input(s3_uri=uri, s3_data_type="S3Prefix", local_path=place, s3_input_mode="File")
    return shapes.ProcessingInput(input_name=name, s3_input=files)


def an_output(name: str, folder: str) -> shapes.ProcessingOutput:
    uri = Join(on="/", values=[folder, EXECUTION])
    files = shapes.ProcessingS3Output(s3_uri=uri, s3_upload_mode="EndOfJob", local_path=f"{FOLDER}/output")
    return shapes.ProcessingOutput(output_name=name, s3_output=files)


def authored(forms: list[dict[str, Any]], place: dict[str, str]) -> list[Any]:
    """The definition of each model's pipeline."""
    session = PipelineSession(sagemaker_config=QUIET)
    models = [Model.model_validate(form) for form in forms]
    return [
        Author(model, model.training, Place(**place), session).definition()
        for model in models
        if model.training is not None
    ]
