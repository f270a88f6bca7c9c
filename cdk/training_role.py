"""What may the jobs do that train and judge a version of a model?"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.compliance import acknowledge_wildcard
from cdk.data_bucket import ARTIFACTS, DataBucket
from cdk.model_role import allow_network, allow_volume_key
from cdk.variant_endpoint import VariantEndpoint
from sluice.domain.training.pipeline import training_folder
from sluice.settings.ecr_image import EcrImage
from sluice.settings.endpoint import has_local_storage
from sluice.settings.training import Training

_GROUPS = ("TrainingJobs", "ProcessingJobs")


class JobRole(Construct):
    """Read what is learnt from and the champion; write checkpoints, models, verdicts, logs and metrics."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint: VariantEndpoint,
        training: Training,
        data: DataBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        self._allow_files(endpoint.model.name, data)
        self._allow_declared(endpoint.artifacts)
        self._allow_observability()
        self._allow_image(EcrImage.parse(training.image))
        settings = endpoint.model.settings.endpoint
        if settings.kms_key is not None and not has_local_storage(training.instance_type):
            allow_volume_key(self.role, settings.kms_key)
        if settings.vpc is not None:
            allow_network(self.role, settings.vpc)

    def _allow(self, actions: list[str], resources: list[str], *, only_if: Mapping[str, Any] | None = None) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources, conditions=only_if))

    def _allow_files(self, model: str, data: DataBucket) -> None:
        bucket = Stack.of(data).export_value(data.bucket.bucket_arn)
        folders = [f"{training_folder(model)}/*", f"{ARTIFACTS}/{model}/*"]
        for folder in folders:
            self._allow(["s3:GetObject", "s3:PutObject"], [f"{bucket}/{folder}"])
            acknowledge_wildcard(self.role, f"{bucket}/{folder}", "A folder an execution, and files of any name.")
        self._allow(["s3:ListBucket"], [bucket], only_if={"StringLike": {"s3:prefix": folders}})
        self._allow(["kms:Decrypt", "kms:GenerateDataKey"], [data.key.key_arn])

    def _allow_declared(self, artifacts: s3.IBucket) -> None:
        """The champion may be a version of sluice.yaml, which is an asset of a deployment."""
        archives = artifacts.arn_for_objects("*.gz")  # the CDK shortens .tar.gz
        self._allow(["s3:ListBucket"], [artifacts.bucket_arn])
        self._allow(["s3:GetObject"], [archives])
        acknowledge_wildcard(
            self.role, archives, "The champion may be of an earlier deployment, which no template names."
        )

    def _allow_observability(self) -> None:
        for group in _GROUPS:
            arn = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws/sagemaker/{group}"
            actions = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
            self._allow([f"logs:{action}" for action in actions], [f"{arn}:*"])
            acknowledge_wildcard(self.role, f"{arn}:*", "SageMaker names a log stream after each instance of a job.")
        namespaces = {"StringLike": {"cloudwatch:namespace": [f"/aws/sagemaker/{group}" for group in _GROUPS]}}
        self._allow(["cloudwatch:PutMetricData"], ["*"], only_if=namespaces)
        acknowledge_wildcard(
            self.role, "*", "PutMetricData, ecr:GetAuthorizationToken and EC2's descriptions have no resources to name."
        )

    def _allow_image(self, image: EcrImage) -> None:
        arn = f"arn:{Aws.PARTITION}:ecr:{image.region}:{image.account}:repository/{image.name}"
        repository = ecr.Repository.from_repository_attributes(
            self, "Repository", repository_arn=arn, repository_name=image.name
        )
        repository.grant_pull(self.role)
