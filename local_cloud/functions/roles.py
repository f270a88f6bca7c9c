"""What may a function's role do, as the deployed stack says?"""

import json
from typing import Any

from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

from local_cloud.context import ACCOUNT, REGION


def policy_documents(role_arn: str) -> tuple[str, ...]:
    """The role's policies as JSON, inline then attached; none for a role that does not exist."""
    role = find_role(role_arn)
    if role is None:
        return ()
    attached = [_document(policy) for policy in role.managed_policies.values()]
    return (*role.policies.values(), *attached)


def find_role(arn: str) -> Any:
    """Moto's role of this ARN, or None."""
    backend = iam_backends[ACCOUNT][get_partition(REGION)]
    return next((one for one in list(backend.roles.values()) if one.arn == arn), None)


def statements(documents: tuple[str, ...]) -> list[dict[str, Any]]:
    """All statements of these documents."""
    found: list[dict[str, Any]] = []
    for document in documents:
        declared = json.loads(document)["Statement"]
        found += [declared] if isinstance(declared, dict) else declared
    return found


def _document(policy: Any) -> str:
    """The managed policy's default version."""
    current = (one.document for one in policy.versions if one.version_id == policy.default_version_id)
    return str(next(current))
