"""May this process make this AWS call? Asked of every boto3 call before it leaves the process.

moto's own enforcement checks the resource ``*`` for most services and ignores conditions, so it cannot tell a
least-privilege role from a wrong one; this one evaluates the statements against what the call really touches.
Not covered: what AWS asks of a caller on behalf of another service, such as KMS for an encrypted table.
"""

from collections.abc import Callable, Sequence
from typing import Any

import boto3
from botocore import handlers
from botocore.exceptions import ClientError

from local_cloud.iam.permissions import Call, required
from local_cloud.iam.policy import Decision, Request, Statement, evaluate

EVENT = "before-parameter-build"
OnCall = Callable[[str, str, bool], None]

#: Where IAM's prefix differs from the name a service signs with.
_IAM_PREFIXES = {"monitoring": "cloudwatch", "email": "ses"}
#: Protocols whose services name the refusal without "Exception".
_XML_PROTOCOLS = frozenset({"rest-xml", "query", "ec2"})


class Guard:
    """Refuses calls as IAM would for a role with these statements.

    Attributes:
        principal: Who calls, as AWS's message names it: ``ROLE/SESSION``.

    """

    def __init__(
        self,
        statements: Sequence[Statement],
        *,
        account: str,
        region: str,
        principal: str = "role/function",
        on_call: OnCall | None = None,
    ) -> None:
        self.principal = principal
        self._statements = tuple(statements)
        self._account = account
        self._region = region
        self._on_call = on_call

    def check(self, params: dict[str, Any], model: Any, **_: object) -> None:
        """Called by botocore on ``before-parameter-build``.

        Raises:
            ClientError: AccessDeniedException (AccessDenied where the service speaks XML), status 403.

        """
        signing_name = model.service_model.signing_name
        service = _IAM_PREFIXES.get(signing_name, signing_name)
        for need in required(Call(service, model.name, params, self._account, self._region)):
            decision = evaluate(self._statements, need)
            if self._on_call is not None:
                self._on_call(need.action, need.resource, decision.allowed)
            if not decision.allowed:
                raise ClientError(self._refusal(need, decision, model), model.name)

    def _refusal(self, need: Request, decision: Decision, model: Any) -> dict[str, Any]:
        is_xml = model.service_model.metadata.get("protocol") in _XML_PROTOCOLS
        user = f"arn:aws:sts::{self._account}:assumed-role/{self.principal}"
        message = (
            f"User: {user} is not authorized to perform: {need.action} on resource: {need.resource} {decision.reason}"
        )
        return {
            "Error": {"Code": "AccessDenied" if is_xml else "AccessDeniedException", "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": 403, "RequestId": "local-iam-guard", "RetryAttempts": 0},
        }


def attach(guard: Guard, session: Any) -> None:
    """Check every client that this boto3 session makes from now on."""
    session.events.register(EVENT, guard.check)


def install(
    statements: Sequence[Statement],
    *,
    account: str,
    region: str,
    principal: str = "role/function",
    on_call: OnCall | None = None,
) -> None:
    """Check every client that this process makes from now on, by whatever session; there is no way back.

    Args:
        statements: The role's, resolved: no intrinsic functions are left.
        account: Account of the resources.
        region: Region of the resources.
        principal: ``ROLE/FUNCTION``, for the message.
        on_call: Told (action, resource, allowed) of each permission a call needed.

    """
    guard = Guard(statements, account=account, region=region, principal=principal, on_call=on_call)
    handlers.BUILTIN_HANDLERS.append((EVENT, guard.check))  # what botocore registers on each new session
    if boto3.DEFAULT_SESSION is not None:
        attach(guard, boto3.DEFAULT_SESSION)
