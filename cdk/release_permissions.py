"""What may those who release a model do with its endpoint, its alarms and its registered versions?"""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from cdk.compliance import acknowledge_wildcard
from cdk.model_role import role_path
from cdk.sagemaker_arn import sagemaker_arn
from cdk.served_model import ServedModel

_HASH = "Names end in the hash of their content."


def allow_releases(role: iam.Role, model: ServedModel) -> None:
    """Serve and route versions on the model's endpoint, and tidy up what they leave behind."""
    name = model.endpoint_name
    endpoint, configs, models = map(sagemaker_arn, (f"endpoint/{name}", f"endpoint-config/{name}-*", f"model/{name}-*"))
    _allow(role, ["DescribeEndpoint", "InvokeEndpoint", "UpdateEndpointWeightsAndCapacities"], [endpoint])
    _allow(role, ["UpdateEndpoint"], [endpoint, configs])
    _allow(role, ["CreateEndpointConfig", "DeleteEndpointConfig", "DescribeEndpointConfig"], [configs])
    _allow(role, ["CreateModel", "DeleteModel", "DescribeModel"], [models])
    _allow_versions(role, model, ["DescribeModelPackage"])
    for resource in (configs, models):
        acknowledge_wildcard(role, resource, _HASH)
    _allow_hosting(role, model)


def allow_choosing(role: iam.Role, model: ServedModel) -> None:
    """Find a registered version by its number, or by its ARN."""
    _allow_versions(role, model, ["DescribeModelPackage", "ListModelPackages"])


def allow_looking(role: iam.Role) -> None:
    """Read what has no resources to name: metrics, alarms with their mute rules, lists of models and endpoint configs.

    Of composite alarms only a permission for all alarms tells:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    _allow(role, ["ListEndpointConfigs", "ListModels"], ["*"])
    actions = [f"cloudwatch:{verb}" for verb in ("DescribeAlarms", "GetMetricData", "ListAlarmMuteRules")]
    role.add_to_policy(iam.PolicyStatement(actions=actions, resources=["*"]))


def allow_unscaling(role: iam.Role) -> None:
    """End the scaling of a slot that is taken down: SageMaker refuses to remove a variant that is a scaling target."""
    targets = f"arn:{Aws.PARTITION}:application-autoscaling:{Aws.REGION}:{Aws.ACCOUNT_ID}:scalable-target/*"
    actions = ["application-autoscaling:DeregisterScalableTarget"]
    role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[targets]))
    acknowledge_wildcard(role, targets, "Application Auto Scaling makes up the names of its targets.")


def allow_ops_items(role: iam.Role) -> None:
    """Make an OpsItem of an incident; one that is not there yet has no name."""
    role.add_to_policy(iam.PolicyStatement(actions=["ssm:CreateOpsItem"], resources=["*"]))


def _allow_versions(role: iam.Role, model: ServedModel, verbs: Sequence[str]) -> None:
    packages = sagemaker_arn(f"model-package/{model.endpoint_name}/*")
    _allow(role, verbs, [packages])
    acknowledge_wildcard(role, packages, "The registry numbers the versions of a model.")


def _allow_hosting(role: iam.Role, model: ServedModel) -> None:
    """Let it give the model's role to SageMaker."""
    roles = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role{role_path(model)}*"
    to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    role.add_to_policy(iam.PolicyStatement(actions=["iam:PassRole"], resources=[roles], conditions=to_sagemaker))
    acknowledge_wildcard(role, roles, "The model's own role: CloudFormation makes up the rest of its name.")


def _allow(role: iam.Role, verbs: Sequence[str], resources: Sequence[str]) -> None:
    actions = [f"sagemaker:{verb}" for verb in verbs]
    role.add_to_policy(iam.PolicyStatement(actions=actions, resources=list(resources)))
