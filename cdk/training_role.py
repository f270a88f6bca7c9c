"""What may the jobs do that train and judge a version of a model?"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.compliance import acknowledge_wildcard
from cdk.data_bucket import ARTIFACTS, DataBucket
from cdk.model_role import allow_network, allow_volume_key
from cdk.training_image import TrainingImage
from cdk.variant_endpoint import VariantEndpoint
from sluice.domain.training.pipeline import training_folder
from sluice.settings.endpoint import Endpoint, has_local_storage

_GROUPS = ("TrainingJobs", "ProcessingJobs")


class JobRole(Construct):
    """Read what is learnt from; write checkpoints, models, verdicts, logs and metrics. A program of yours has it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint: VariantEndpoint, image: TrainingImage, data: DataBucket
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        self._allow_files(endpoint.model.name, data)
        allow_job(self.role, image, endpoint.model.settings.endpoint)

    def _allow_files(self, model: str, data: DataBucket) -> None:
        bucket = Stack.of(data).export_value(data.bucket.bucket_arn)
        learnt, judged = f"{training_folder(model)}/*", f"{ARTIFACTS}/{model}/*"
        _allow(self.role, ["s3:GetObject"], [f"{bucket}/{learnt}"])
        _allow(self.role, ["s3:PutObject"], [f"{bucket}/{folder}" for folder in (learnt, judged)])
        _allow(self.role, ["s3:ListBucket"], [bucket], only_if={"StringLike": {"s3:prefix": learnt}})
        _allow(self.role, ["kms:Decrypt", "kms:GenerateDataKey"], [data.key.key_arn])
        for folder in (learnt, judged):
            acknowledge_wildcard(self.role, f"{bucket}/{folder}", "A folder an execution, and files of any name.")


def allow_job(role: iam.Role, image: TrainingImage, endpoint: Endpoint) -> None:
    """What every job of a pipeline needs: its image, logs and metrics, and the endpoint's network and key."""
    _allow_observability(role)
    image.grant_pull(role)
    if endpoint.kms_key is not None and not has_local_storage(image.instance_type):
        allow_volume_key(role, endpoint.kms_key)
    if endpoint.vpc is not None:
        allow_network(role, endpoint.vpc)


def _allow(
    role: iam.Role, actions: list[str], resources: list[str], *, only_if: Mapping[str, Any] | None = None
) -> None:
    role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources, conditions=only_if))


def _allow_observability(role: iam.Role) -> None:
    for group in _GROUPS:
        arn = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws/sagemaker/{group}"
        actions = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
        _allow(role, [f"logs:{action}" for action in actions], [f"{arn}:*"])
        acknowledge_wildcard(role, f"{arn}:*", "SageMaker names a log stream after each instance of a job.")
    namespaces = {"StringLike": {"cloudwatch:namespace": [f"/aws/sagemaker/{group}" for group in _GROUPS]}}
    _allow(role, ["cloudwatch:PutMetricData"], ["*"], only_if=namespaces)
    acknowledge_wildcard(
        role, "*", "PutMetricData, ecr:GetAuthorizationToken and EC2's descriptions have no resources to name."
    )
