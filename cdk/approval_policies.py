"""Who may approve versions of a model, and who may not? Policies for people: a stack knows which versions, not who.

SageMaker tells IAM which approval a request asks for, of CreateModelPackage as of UpdateModelPackage:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.compliance import acknowledge_wildcard
from cdk.sagemaker_arn import sagemaker_arn
from cdk.served_model import ServedModel

_STATUS = "sagemaker:ModelApprovalStatus"
_NUMBERED = "The registry numbers the versions of a model."
_STACK_ID = "CloudFormation makes up the rest of a stack's ARN."


class ApprovalPolicies(Construct):
    """Two managed policies of a model: what deciding takes, and what takes deciding away, whatever else is allowed.

    IAM has no regions: the names of a deployment's policies have.
    """

    def __init__(self, scope: Construct, construct_id: str, *, deployment: str, model: ServedModel) -> None:
        super().__init__(scope, construct_id)
        self._versions = sagemaker_arn(f"model-package/{model.endpoint_name}/*")
        stacks = [_stack_arn(f"{deployment}-{stack}") for stack in ("state", "api")]
        approve = self._policy("Approve", f"{deployment}-approve-{model.name}", self._deciding(stacks))
        for place in (self._versions, *stacks):
            acknowledge_wildcard(approve, place, _NUMBERED if place == self._versions else _STACK_ID)
        self._policy("Deny", f"{deployment}-deny-approval-{model.name}", self._denying())

    def _policy(self, construct_id: str, name: str, statements: list[iam.PolicyStatement]) -> iam.ManagedPolicy:
        named = f"{name}-{Aws.REGION}"
        return iam.ManagedPolicy(self, construct_id, managed_policy_name=named, statements=statements)

    def _deciding(self, stacks: list[str]) -> list[iam.PolicyStatement]:
        """What ``sluice models list``, ``show``, ``approve`` and ``reject`` take."""
        look = ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"]
        decided = {"StringEquals": {_STATUS: ["Approved", "Rejected"]}}
        return [
            iam.PolicyStatement(actions=look, resources=[self._versions]),
            iam.PolicyStatement(
                actions=["sagemaker:UpdateModelPackage"], resources=[self._versions], conditions=decided
            ),
            iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=stacks),
        ]

    def _denying(self) -> list[iam.PolicyStatement]:
        """No status is given to a version that is there, and a new one is not born approved."""
        deny, versions = iam.Effect.DENY, [self._versions]
        return [
            iam.PolicyStatement(
                effect=deny,
                actions=["sagemaker:UpdateModelPackage"],
                resources=versions,
                conditions={"Null": {_STATUS: "false"}},
            ),
            iam.PolicyStatement(
                effect=deny,
                actions=["sagemaker:CreateModelPackage"],
                resources=versions,
                conditions={"StringEquals": {_STATUS: "Approved"}},
            ),
        ]


def _stack_arn(name: str) -> str:
    return f"arn:{Aws.PARTITION}:cloudformation:{Aws.REGION}:{Aws.ACCOUNT_ID}:stack/{name}/*"
