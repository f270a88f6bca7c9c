"""What may the containers of a model do?"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.compliance import acknowledge_wildcard
from cdk.data_bucket import DataBucket
from cdk.served_model import ServedModel
from sluice.settings.endpoint import Vpc

# SageMaker's page about roles asks for PutMetricData and names no namespace; these are where it publishes:
# https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
_METRIC_NAMESPACES = ["AWS/SageMaker*", "/aws/sagemaker/*"]
_TRANSFORM_LOGS = "/aws/sagemaker/TransformJobs"  # of all batch transform jobs of an account
_UNSCOPED_EC2 = [
    "DeleteNetworkInterfacePermission",
    "DescribeDhcpOptions",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeVpcs",
]


class ModelRole(Construct):
    """SageMaker's execution role: fetch artifacts, write captures, logs and metrics, read alarms, replay."""

    def __init__(
        self, scope: Construct, construct_id: str, *, model: ServedModel, artifacts: s3.IBucket, data: DataBucket
    ) -> None:
        super().__init__(scope, construct_id)
        self._model = model
        self.role = iam.Role(
            self, "Role", path=role_path(model), assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com")
        )
        self._allow_artifacts(artifacts)
        self._allow_registered(data)
        self._allow_observability()
        self._allow_alarms()
        if model.settings.capture.percent > 0:
            self._allow_captures(data)
            data.grant_replay(self.role, model.endpoint_name)
        if model.settings.endpoint.kms_key is not None:
            allow_volume_key(self.role, model.settings.endpoint.kms_key)
        if model.settings.endpoint.vpc is not None:
            allow_network(self.role, model.settings.endpoint.vpc)

    def _allow(self, actions: list[str], resources: list[str], *, only_if: Mapping[str, Any] | None = None) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources, conditions=only_if))

    def _allow_artifacts(self, bucket: s3.IBucket) -> None:
        """Every artifact: a release may serve one that an earlier deployment brought."""
        artifacts = bucket.arn_for_objects("*.gz")  # the CDK shortens .tar.gz
        self._allow(["s3:GetObject"], [artifacts])
        acknowledge_wildcard(
            self.role,
            artifacts,
            "New instances of a variant load artifacts of earlier deployments, which no template names any more.",
        )

    def _allow_registered(self, data: DataBucket) -> None:
        """Every version of the model that was registered with us."""
        registered = data.artifacts_arn(self._model.name)
        self._allow(["s3:GetObject"], [registered])
        self._allow(["kms:Decrypt"], [data.key.key_arn])
        acknowledge_wildcard(self.role, registered, "Which versions are registered is not known to the template.")

    def _allow_observability(self) -> None:
        groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group"
        group, jobs = f"{groups}:{log_group_name(self._model)}:*", f"{groups}:{_TRANSFORM_LOGS}:*"
        self._allow(["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], [group, jobs])
        self._allow(["logs:CreateLogGroup"], [jobs])
        acknowledge_wildcard(self.role, group, "SageMaker names a log stream after each instance.")
        acknowledge_wildcard(self.role, jobs, "SageMaker names a log stream after each job and instance.")
        self._allow(
            ["cloudwatch:PutMetricData"], ["*"], only_if={"StringLike": {"cloudwatch:namespace": _METRIC_NAMESPACES}}
        )
        acknowledge_wildcard(
            self.role, "*", "PutMetricData, ecr:GetAuthorizationToken and EC2's descriptions have no resources to name."
        )

    def _allow_alarms(self) -> None:
        """What SageMaker asks while it carries out an update that the alarms of a variant may roll back."""
        alarms = f"arn:{Aws.PARTITION}:cloudwatch:{Aws.REGION}:{Aws.ACCOUNT_ID}:alarm:{self._model.endpoint_name}-*"
        self._allow(["cloudwatch:DescribeAlarms"], [alarms])
        acknowledge_wildcard(self.role, alarms, "The alarms of a model's variants begin with its endpoint's name.")

    def _allow_captures(self, data: DataBucket) -> None:
        captures = data.captures_arn(self._model.endpoint_name)
        self._allow(["s3:PutObject"], [captures])
        self._allow(["kms:GenerateDataKey"], [data.key.key_arn])
        acknowledge_wildcard(self.role, captures, "SageMaker names the files of captured requests.")


def allow_volume_key(role: iam.Role, key: str) -> None:
    """SageMaker encrypts the instances' storage under a grant it makes with this role."""
    is_for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    role.add_to_policy(iam.PolicyStatement(actions=["kms:DescribeKey"], resources=[key]))
    role.add_to_policy(iam.PolicyStatement(actions=["kms:CreateGrant"], resources=[key], conditions=is_for_aws))


def allow_network(role: iam.Role, vpc: Vpc) -> None:
    """Let SageMaker give the containers interfaces in the VPC.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """

    def allow(actions: list[str], resources: list[str]) -> None:
        role.add_to_policy(iam.PolicyStatement(actions=[f"ec2:{action}" for action in actions], resources=resources))

    ec2 = f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}"
    interfaces = f"{ec2}:network-interface/*"
    subnets = [f"{ec2}:subnet/{subnet}" for subnet in vpc.subnets]
    groups = [f"{ec2}:security-group/{group}" for group in vpc.security_groups]
    allow(["CreateNetworkInterface"], [interfaces, *subnets, *groups])
    allow(["CreateNetworkInterfacePermission", "DeleteNetworkInterface"], [interfaces])
    allow(_UNSCOPED_EC2, ["*"])
    acknowledge_wildcard(role, interfaces, "SageMaker names the interfaces when it makes them.")


def log_group_name(model: ServedModel) -> str:
    """Where SageMaker writes what the containers print."""
    return f"/aws/sagemaker/Endpoints/{model.endpoint_name}"


def role_path(model: ServedModel) -> str:
    """Where the model's role stands, so that releases may pass it on without knowing its generated name."""
    return f"/{model.endpoint_name}/"
