"""Who is asking? The IAM principal that API Gateway has checked: what operators do is recorded under this name."""

from typing import Annotated

from fastapi import Depends, Request

from sluice.api.problem_types import CALLER_UNKNOWN
from sluice.api.problems import Refused


def _caller(request: Request) -> str:
    """The principal's ARN. Raises Refused without one: such a request did not come through the IAM authorizer.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    arn = ((context.get("authorizer") or {}).get("iam") or {}).get("userArn")
    if not isinstance(arn, str) or not arn:
        raise Refused(CALLER_UNKNOWN, "the request carries no IAM identity")
    return arn


Caller = Annotated[str, Depends(_caller)]
