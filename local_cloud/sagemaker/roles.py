"""What may SageMaker do in the name of a role? It checks that it may take it; then the role's policies decide."""

import json
from typing import Any

import boto3

from local_cloud.context import ACCOUNT, REGION, CloudContext
from local_cloud.functions.roles import find_role, policy_documents, statements
from local_cloud.iam.guard import Guard, attach
from local_cloud.sagemaker.refusal import Refused

_SERVICE = "sagemaker.amazonaws.com"


class Roles:
    """Clients whose calls are refused as IAM would refuse them to a role."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context

    def check(self, arn: str) -> None:
        """Raise Refused unless the role exists and trusts SageMaker."""
        role = find_role(arn)
        if role is None or not _trusts(json.loads(role.assume_role_policy_document)):
            raise Refused(
                f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
                f"'{_SERVICE}' to assume the role."
            )

    def client(self, service: str, arn: str) -> Any:
        """A client of the emulated AWS that may do what the role may, as its policies stand now."""
        session = boto3.Session(region_name=REGION)
        principal = f"{arn.rsplit('/', 1)[-1]}/SageMaker"
        granted = statements(policy_documents(arn))
        attach(Guard(granted, account=ACCOUNT, region=REGION, principal=principal), session)
        return self._context.client(service, session)


def _trusts(document: Any) -> bool:
    declared = document["Statement"]
    for statement in [declared] if isinstance(declared, dict) else declared:
        principal = statement.get("Principal", {})
        services = principal.get("Service", ()) if isinstance(principal, dict) else ()
        if statement["Effect"] == "Allow" and _SERVICE in ([services] if isinstance(services, str) else services):
            return True
    return False
