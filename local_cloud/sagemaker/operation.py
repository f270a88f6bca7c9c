"""How does an operation of ours become one of moto's server, its refusals told in SageMaker's words?"""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException, ResourceInUseException, ResourceNotFound

from local_cloud.sagemaker import constraints
from local_cloud.sagemaker.refusal import NameInUse, NotFound, Refused

Request = dict[str, Any]


def handler(operation: str, perform: Callable[[Request], Request]) -> Callable[[Any], ActionResult]:
    """What answers ``operation`` in moto's place; ``perform`` may raise Refused."""

    def handle(response: Any) -> ActionResult:
        request = {name: value for name, value in response.params.items() if value is not None}
        return answered(operation, request, lambda: ActionResult(perform(request)))

    return handle


def answered(operation: str, request: Request, perform: Callable[[], ActionResult]) -> ActionResult:
    """The answer to a request that keeps to the service model, or the error of one that does not or is refused."""
    try:
        constraints.check(operation, request)
        return perform()
    except NameInUse as refusal:
        raise ResourceInUseException(str(refusal)) from refusal
    except NotFound as refusal:
        raise ResourceNotFound(str(refusal)) from refusal
    except Refused as refusal:
        raise AWSValidationException(str(refusal)) from refusal
