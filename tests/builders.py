"""What tests start from: values that are valid as they stand, and parts that do what a test scripts."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sluice.aws.endpoint import Endpoints, EndpointState, VariantState
from sluice.aws.runtime import Answer, Runtime
from sluice.aws.state import RoutingStore
from sluice.domain.endpoint_config import Composition, Variant
from sluice.domain.errors import EndpointNotFound, RoutingUnavailable
from sluice.domain.invocation import InvocationFailed
from sluice.domain.routing import Routing
from sluice.domain.signature import Datatype, Signature, TensorSpec
from sluice.service.predict import Question

_EVENTS = Path(__file__).with_name("events")
ONE_ROW = b'{"predictions":[0.5]}'


def a_signature(*inputs: TensorSpec) -> Signature:
    """Of the model ``flights`` with one output; its input is ``x``, one FP32 number a row, unless others are given."""
    return Signature(
        model="flights",
        version="1",
        inputs=inputs or (TensorSpec("x", Datatype.FP32, (-1,)),),
        outputs=(TensorSpec("y", Datatype.FP32, (-1,)),),
    )


def a_routing(revision: int = 0, signature: Signature | None = None, **weights: int) -> Routing:
    """All to the champion unless weights are given (``challenger_2`` for challenger-2); versions are 1, 2, …"""
    given = {name.replace("_", "-"): weight for name, weight in (weights or {"champion": 100}).items()}
    return Routing(
        model="flights",
        endpoint="sluice-flights",
        salt="flights",
        weights=given,
        versions={variant: str(number) for number, variant in enumerate(given, start=1)},
        signature=signature or a_signature(),
        revision=revision,
    )


def a_question(unit: str = "N14228", version: str | None = None) -> Question:
    """One row for the model of ``a_signature``."""
    return Question("p-1", unit, 1, b'{"instances":[1.5]}', "application/json", version)


def an_answer(
    variant: str, body: bytes = ONE_ROW, *, version: str | None = None, content_type: str = "application/json"
) -> Answer:
    """One row's answer of a variant."""
    return Answer(variant, version, body, content_type)


def a_failure(variant: str, code: str, model_status: int | None = None) -> InvocationFailed:
    """A call that gave no answer, for the reason in ``code``."""
    return InvocationFailed(variant=variant, code=code, message="as scripted", model_status=model_status)


def a_state(
    status: str = "InService", config: str = "config", desired: Mapping[str, float] | None = None, **weights: float
) -> EndpointState:
    """An endpoint whose variants serve model-<variant>; ``desired`` differs from ``weights`` while they change."""
    given = {name.replace("_", "-"): weight for name, weight in (weights or {"champion": 100}).items()}
    return EndpointState(
        name="sluice-flights",
        status=status,
        config_name=config,
        failure_reason=None,
        variants=tuple(
            VariantState(name, f"model-{name}", weight, (desired or given)[name], 1) for name, weight in given.items()
        ),
    )


def a_store(client: Any) -> RoutingStore:
    """On an empty table made with this client of an emulated DynamoDB."""
    client.create_table(
        TableName="state",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return RoutingStore(client, table="state")


class Clock:
    """A clock that moves only when somebody sleeps; call it to read it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class ScriptedRuntime(Runtime):
    """Endpoints whose variants do what was scripted, one step a call; ``sent`` holds the calls in order.

    A step is an answer, or a failure, or the code of a failure; a variant answers well when its script is over. Every
    call takes ``seconds`` of the clock.
    """

    def __init__(
        self, clock: Clock, *, seconds: float = 0.01, **scripts: Sequence[Answer | InvocationFailed | str]
    ) -> None:
        self.sent: list[dict[str, Any]] = []
        self._moving = clock
        self._seconds = seconds
        self._scripts = {variant.replace("_", "-"): iter(steps) for variant, steps in scripts.items()}

    @property
    def asked(self) -> list[str]:
        """The variants, in order."""
        return [call["variant"] for call in self.sent]

    def invoke(self, *, variant: str, **call: Any) -> Answer:
        self.sent.append({"variant": variant, **call})
        self._moving.now += self._seconds
        step = next(self._scripts.get(variant, iter(())), an_answer(variant))
        if isinstance(step, Answer):
            return step
        raise a_failure(variant, step) if isinstance(step, str) else step


class ScriptedStore(RoutingStore):
    """Gives the scripted tables, one a read, and the last one for ever; an exception means DynamoDB is away."""

    def __init__(self, *steps: Routing | RoutingUnavailable | None) -> None:
        self.reads = 0
        self._steps = steps

    def get(self, model: str) -> Routing | None:  # noqa: ARG002  every model gets the script
        step = self._steps[min(self.reads, len(self._steps) - 1)]
        self.reads += 1
        if isinstance(step, RoutingUnavailable):
            raise step
        return step


class ScriptedEndpoints(Endpoints):
    """One endpoint that goes through the scripted states, one a look, and stays in the last; None: there is none.

    ``calls`` holds the changes asked for. ``refusals`` are raised by the next changes of weights.
    """

    def __init__(self, *states: EndpointState | None, refusals: Sequence[Exception] = ()) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.looks = 0
        self._states = list(states)
        self._refusals = list(refusals)
        self.containers: dict[str, Mapping[str, Any]] = {}
        self.unreadable = 0  # looks after which a config just made can be found

    def describe(self, name: str) -> EndpointState:
        state = self._states[min(self.looks, len(self._states) - 1)]
        self.looks += 1
        if state is None:
            raise EndpointNotFound(f"there is no endpoint {name}")
        return state

    def live_variants(self, state: EndpointState) -> list[Variant]:
        return [
            Variant(v.name, {"ModelDataUrl": f"s3://live/{v.model_name}"}, v.desired_weight, v.instances)
            for v in state.variants
        ]

    def container(self, model_name: str) -> Mapping[str, Any]:
        return self.containers[model_name]

    def ensure(self, composed: Composition) -> None:
        self.calls.append(("ensure", composed))

    def has_config(self, name: str) -> bool:
        self.calls.append(("has_config", name))
        self.unreadable -= 1
        return self.unreadable < 0

    def delete_config(self, name: str) -> None:
        self.calls.append(("delete_config", name))

    def set_weights(self, name: str, weights: Mapping[str, int]) -> None:
        self.calls.append((name, dict(weights)))
        if self._refusals:
            raise self._refusals.pop(0)


def an_event(
    method: str, path: str, body: bytes | str | None = None, *, authorizer: str | None = None, **headers: str
) -> dict[str, Any]:
    """What API Gateway sends for a request (tests/events/http_api.json); ``x_sluice_unit`` names a header."""
    event: dict[str, Any] = json.loads((_EVENTS / "http_api.json").read_text())
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["http"]["method"] = method
    event["headers"].update({name.replace("_", "-"): value for name, value in headers.items()})
    if isinstance(body, bytes):
        event.update(body=base64.b64encode(body).decode(), isBase64Encoded=True)
    elif body is not None:
        event.update(body=body)
    if authorizer is not None:
        event["requestContext"]["authorizer"] = json.loads((_EVENTS / "authorizers.json").read_text())[authorizer]
    return event


def a_custom_resource_event(request_type: str, response_url: str, **properties: str) -> dict[str, Any]:
    """What CloudFormation sends about a custom resource (tests/events/custom_resource.json)."""
    event: dict[str, Any] = json.loads((_EVENTS / "custom_resource.json").read_text())
    event.update(RequestType=request_type, ResponseURL=response_url)
    event["ResourceProperties"].update(properties)
    return event
