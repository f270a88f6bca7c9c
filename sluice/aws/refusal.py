"""What does SageMaker mean by a refusal? It says ValidationException to almost everything; only the text tells more.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html names ResourceLimitExceeded alone.
"""

from botocore.exceptions import ClientError

from sluice.domain.capacity import is_lacking
from sluice.domain.errors import CapacityLacking, ChangeRefused, EndpointBusy, EndpointConfigLost, EndpointNotFound

_OF_THE_CHANGE = ("ValidationException", "ResourceLimitExceeded", "ResourceInUse", "ConflictException")


def message(refused: ClientError) -> str:
    """SageMaker's own words."""
    return str(refused.response["Error"].get("Message", ""))


def meaning(refused: ClientError, endpoint: str) -> Exception:
    """The error that tells what to do; the refusal itself when it is about who may call, and how often."""
    said, code = message(refused), refused.response["Error"]["Code"]
    if "Could not find endpoint config" in said:
        return EndpointConfigLost(f"{endpoint} cannot be brought to a config that is not there: {said}")
    if "Could not find endpoint" in said:
        return EndpointNotFound(f"there is no endpoint {endpoint}")
    if "in-progress" in said:
        return EndpointBusy(f"{endpoint} is being changed: {said}")
    if code in _OF_THE_CHANGE:
        kind = CapacityLacking if is_lacking(f"{code} {said}") else ChangeRefused
        return kind(f"{endpoint}: {code}: {said}")
    unexplained: Exception = refused
    return unexplained
