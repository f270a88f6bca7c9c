"""In the name of which roles does SageMaker act? Of those that exist and trust it."""

import json
from typing import Any

from local_cloud.context import CloudContext
from local_cloud.functions.roles import find_role
from local_cloud.role_session import RoleSession
from local_cloud.sagemaker.refusal import Refused

_SERVICE = "sagemaker.amazonaws.com"


def check_role(arn: str) -> None:
    """Raise Refused unless the role exists and trusts SageMaker."""
    role = find_role(arn)
    if role is None or not _trusts(json.loads(role.assume_role_policy_document)):
        raise Refused(
            f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
            f"'{_SERVICE}' to assume the role."
        )


def session_of(arn: str, context: CloudContext) -> RoleSession:
    """Clients that may do what the role may."""
    return RoleSession(context, arn, name="SageMaker")


def _trusts(document: Any) -> bool:
    declared = document["Statement"]
    for statement in [declared] if isinstance(declared, dict) else declared:
        principal = statement.get("Principal", {})
        services = principal.get("Service", ()) if isinstance(principal, dict) else ()
        if statement["Effect"] == "Allow" and _SERVICE in ([services] if isinstance(services, str) else services):
            return True
    return False
