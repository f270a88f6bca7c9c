"""Where does moto hand over to our Lambda? Every replaced attribute of moto is listed here and put back at the end."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, Protocol
from urllib.parse import unquote

from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse

from local_cloud.functions.configuration import KEPT
from local_cloud.functions.invocation import Invocation, InvocationRefused
from local_cloud.functions.replaced import replaced


class Lambda(Protocol):
    """What invoking needs of `Functions`."""

    def invoke(self, function: str, payload: bytes) -> Invocation:
        """Wait for the answer."""

    def submit(self, function: str, payload: bytes) -> None:
        """Do not wait."""


@contextmanager
def install_hooks(functions: Lambda) -> Iterator[None]:
    """Invoke goes to `functions`, and what moto forgets about a function is kept."""
    with ExitStack() as hooks:
        for owner, name, value in (
            (LambdaResponse, "invoke", _invoke_operation(functions)),
            (LambdaFunction, "invoke", _deliver(functions)),
            (LambdaFunction, "__init__", _keeping_created(LambdaFunction.__init__)),
            (LambdaFunction, "update_configuration", _keeping_updated(LambdaFunction.update_configuration)),
        ):
            hooks.enter_context(replaced(owner, name, value))
        yield


def _invoke_operation(functions: Lambda) -> Callable[[Any], tuple[int, dict[str, str], bytes]]:
    """The Lambda API's Invoke."""

    def invoke(response: Any) -> tuple[int, dict[str, str], bytes]:
        name = unquote(response.path.rstrip("/").rsplit("/", 2)[-2])
        qualifier = response.querystring.get("Qualifier", [None])[0]
        function = f"{name}:{qualifier}" if qualifier else name
        body = response.body or b""
        payload = body.encode() if isinstance(body, str) else body
        kind = response.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        try:
            status, headers, answer = _invoked(functions, kind, function, payload)
        except InvocationRefused as refused:
            status, headers = refused.status, {"x-amzn-errortype": refused.code}
            answer = json.dumps({"Type": "User", "Message": str(refused)}).encode()
        return status, {"content-type": "application/json", "status": str(status), **headers}, answer

    return invoke


def _invoked(functions: Lambda, kind: str, function: str, payload: bytes) -> tuple[int, dict[str, str], bytes]:
    if kind == "DryRun":
        return 204, {}, b""
    if kind == "Event":
        functions.submit(function, payload)
        return 202, {}, b""
    answer = functions.invoke(function, payload)
    headers = {} if answer.error is None else {"x-amz-function-error": answer.error}
    return 200, headers, answer.payload


def _deliver(functions: Lambda) -> Callable[[Any, str, Any, Any], bytes]:
    """How moto's S3, SNS, DynamoDB streams and log subscriptions reach a function: in AWS, asynchronously."""

    def invoke(function: Any, body: str, _request_headers: Any, _response_headers: Any) -> bytes:
        functions.submit(function.function_arn, body.encode())
        return b""

    return invoke


def _keep(function: Any, properties: Mapping[str, Any]) -> None:
    for name, attribute in KEPT.items():
        if name in properties:
            setattr(function, attribute, properties[name])


def _keeping_created(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def init(function: Any, account_id: str, spec: dict[str, Any], *arguments: Any, **named: Any) -> None:
        original(function, account_id, spec, *arguments, **named)
        _keep(function, spec)

    return init


def _keeping_updated(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def update_configuration(function: Any, changes: dict[str, Any]) -> Any:
        _keep(function, changes)
        return original(function, changes)

    return update_configuration
