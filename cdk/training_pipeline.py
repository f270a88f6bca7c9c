"""Which pipeline trains a model, and what may it and its jobs do?"""

from pathlib import Path
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from cdk.assemble_role import AssembleRole
from cdk.compliance import acknowledge_wildcard
from cdk.data_bucket import ARTIFACTS, DataBucket
from cdk.pipeline_job import Place
from cdk.sagemaker_arn import sagemaker_arn
from cdk.state_table import StateTable
from cdk.training_definition import APPROVALS, definition
from cdk.training_image import TrainingImage
from cdk.training_role import JobRole
from cdk.variant_endpoint import VariantEndpoint
from sluice.domain.training.pipeline import ASSEMBLED_FILE, VERDICT_FILE, data_folder, pipeline_name

_JOBS = "SageMaker names a pipeline's jobs pipelines-…, after the execution."
_NUMBERED = "The registry numbers the versions of a model."


class TrainingPipeline(Construct):
    """A pipeline with a role of its own: it may start jobs, which the jobs themselves may not.

    Attributes:
        name: Of the pipeline.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: str,
        endpoint: VariantEndpoint,
        table: StateTable,
        data: DataBucket,
        commit: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        model = endpoint.model
        training = model.settings.training
        if training is None:
            raise ValueError(f"{model.name} has no training")
        self.name = pipeline_name(deployment, model.name)
        image = TrainingImage(self, "Image", training=training)
        assembles = AssembleRole(self, "Assemble", endpoint=endpoint, image=image, data=data, table=table).role
        jobs = JobRole(self, "Jobs", endpoint=endpoint, image=image, data=data).role
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        self._allow_jobs(assembles, jobs)
        self._allow_registering(model.endpoint_name, APPROVALS[training.approval])
        self._allow_property_files(model.name, data)
        place = Place(
            name=model.name,
            group=model.endpoint_name,
            assemble_role=assembles.role_arn,
            job_role=jobs.role_arn,
            image=image.uri,
            serving_image=endpoint.declaration["image"],
            table=table.name,
            bucket=data.bucket.bucket_name,
            key=data.key.key_arn,
            artifacts=ARTIFACTS,
            checks=self._checks(model.checks, jobs),
            commit=commit,
        )
        self._declare(definition(model.settings, training, place), assembles, jobs)

    def _declare(self, form: dict[str, Any], *roles: iam.Role) -> None:
        text = Stack.of(self).to_json_string(form)
        pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=self.name,
            pipeline_definition={"PipelineDefinitionBody": text},
            role_arn=self.role.role_arn,
        )
        pipeline.node.add_dependency(self.role, *roles)  # else it could be started before it may do anything

    def _checks(self, file: Path | None, jobs: iam.Role) -> str | None:
        """Where jobs find the cases that the gate asks about."""
        if file is None:
            return None
        asset = s3_assets.Asset(self, "Checks", path=str(file))
        key, bucket = asset.s3_object_key, asset.bucket
        found = {"StringEquals": {"s3:prefix": key}}  # SageMaker lists what it is to fetch
        jobs.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[bucket.arn_for_objects(key)]))
        jobs.add_to_policy(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn], conditions=found)
        )
        return asset.s3_object_url

    def _allow_jobs(self, *roles: iam.Role) -> None:
        for kind in ("Training", "Processing"):
            arn = sagemaker_arn(f"{kind.lower()}-job/pipelines-*")
            verbs = (f"Create{kind}Job", f"Describe{kind}Job", f"Stop{kind}Job", "AddTags")
            self._allow([f"sagemaker:{verb}" for verb in verbs], [arn])
            acknowledge_wildcard(self.role, arn, _JOBS)
        to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        arns = [role.role_arn for role in roles]
        self.role.add_to_policy(iam.PolicyStatement(actions=["iam:PassRole"], resources=arns, conditions=to_sagemaker))

    def _allow_registering(self, group: str, status: str) -> None:
        """As waiting for approval, unless the gate itself may approve."""
        versions = sagemaker_arn(f"model-package/{group}/*")
        places = [sagemaker_arn(f"model-package-group/{group}"), versions]
        born = {"StringEqualsIfExists": {"sagemaker:ModelApprovalStatus": status}}
        create = ["sagemaker:CreateModelPackage"]
        self.role.add_to_policy(iam.PolicyStatement(actions=create, resources=places, conditions=born))
        self._allow(["sagemaker:AddTags"], places)
        acknowledge_wildcard(self.role, versions, _NUMBERED)

    def _allow_property_files(self, model: str, data: DataBucket) -> None:
        """What the first step says of its data, and what the gate has written, which decides."""
        bucket = Stack.of(data).export_value(data.bucket.bucket_arn)
        files = [f"{bucket}/{data_folder(model)}/*/{ASSEMBLED_FILE}", f"{bucket}/{ARTIFACTS}/{model}/*/{VERDICT_FILE}"]
        self._allow(["s3:GetObject"], files)
        self._allow(["kms:Decrypt"], [data.key.key_arn])
        for file in files:
            acknowledge_wildcard(self.role, file, "Each execution has a folder of its own, named by SageMaker.")

    def _allow(self, actions: list[str], resources: list[str]) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
