"""May the signer of this request invoke this route?"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_cloud.context import ACCOUNT, REGION, CloudContext
from local_cloud.front_door.answer import Refused
from local_cloud.front_door.deployment import Destination
from local_cloud.front_door.principals import Principal, find_principal
from local_cloud.front_door.request import Request
from local_cloud.front_door.sigv4 import BadSignature, read_signature, verify
from local_cloud.iam.policy import Request as Wanted
from local_cloud.iam.policy import evaluate

ACTION = "execute-api:Invoke"


def authorize(request: Request, destination: Destination, context: CloudContext) -> Mapping[str, Any]:
    """What the event's ``requestContext.authorizer`` says of the caller.

    Raises:
        Refused: 403, whatever is wrong, as HTTP APIs do.

    """
    principal = _signer(request, context)
    place = f"{destination.api.id}/{destination.stage.name}/{request.method}{destination.path}"
    resource = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{place}"
    wanted = Wanted(ACTION, resource, {"aws:SourceIp": request.source_ip, "aws:PrincipalArn": principal.arn})
    for statements in (principal.statements, principal.session_statements):
        if statements is not None and not (decision := evaluate(statements, wanted)).allowed:
            raise _forbidden(f"{principal.arn} may not {ACTION} on {resource} {decision.reason}")
    return {
        "iam": {
            "accessKey": principal.access_key_id,
            "accountId": ACCOUNT,
            "callerId": principal.user_id,
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": principal.arn,
            "userId": principal.user_id,
        }
    }


def _signer(request: Request, context: CloudContext) -> Principal:
    now = datetime.now(UTC)  # the clients' clock: signatures are made outside the cloud
    try:
        signature = read_signature(request)
        principal = find_principal(signature.access_key_id, context, now=now)
        _check_session(request, principal)
        verify(request, signature, principal.secret, region=REGION, now=now)
    except BadSignature as error:
        raise _forbidden(str(error)) from error
    return principal


def _check_session(request: Request, principal: Principal) -> None:
    presented = request.header("x-amz-security-token") or ""
    if not hmac.compare_digest(presented.encode(), (principal.session_token or "").encode()):
        raise BadSignature("the session token is not the access key's")


def _forbidden(detail: str) -> Refused:
    return Refused(403, "Forbidden", detail=detail)
