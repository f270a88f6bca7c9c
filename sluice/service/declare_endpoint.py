"""Deploy the declared shape of an endpoint without touching what releases put into it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.aws.endpoint import Endpoints, EndpointState
from sluice.domain.endpoint_config import Declaration, artifact_of, compose
from sluice.domain.errors import EndpointBusy, EndpointNotFound

_PAUSE_SECONDS = 5.0
_LOOKS_FOR_CONFIG = 6  # SageMaker is consistent in the end: half a minute is long
PATIENCE_SECONDS = 780.0  # an update of GPU instances takes minutes, and a function may run for 15


@dataclass(frozen=True, slots=True)
class Before:
    """What the stack declared the last time.

    Attributes:
        config_name: The endpoint config it got then: where CloudFormation goes back to when a deploy fails.
        declared: The shape it declared then.

    """

    config_name: str
    declared: Declaration


def declare_endpoint(
    declared: Declaration, endpoints: Endpoints, *, sleep: Callable[[float], None], before: Before | None = None
) -> str:
    """Make the models and the config that serve the live variants in the declared shape; return the config's name.

    The endpoint itself is updated by CloudFormation, to the config returned. Should that fail, CloudFormation goes back
    to the config of ``before``; where a release has left that config since, it is written anew around what is live, so
    that the way back does not revert the release. A change under way is waited for: SageMaker would refuse the update.
    Raises EndpointBusy.
    """
    state = _settled(declared.endpoint, endpoints, sleep)
    live = endpoints.live_variants(state) if state else []
    shadow = _released_shadow(state, endpoints, [declared, *([before.declared] if before else [])]) if state else None
    if state and before and state.config_name != before.config_name:
        endpoints.ensure(compose(before.declared, live, shadow=shadow).under(before.config_name))
    composed = compose(declared, live, shadow=shadow)
    endpoints.ensure(composed)
    for _ in range(_LOOKS_FOR_CONFIG):
        if endpoints.has_config(composed.config_name):
            break
        sleep(_PAUSE_SECONDS)
    return composed.config_name


def _released_shadow(
    state: EndpointState, endpoints: Endpoints, declarations: list[Declaration]
) -> Mapping[str, Any] | None:
    """The container of a release's shadow; None where there is no shadow, or only one that a deployment declared."""
    if state.shadow is None:
        return None
    container = endpoints.container(state.shadow.model_name)
    declared = {declaration.shadow for declaration in declarations}
    return None if artifact_of(container) in declared else container


def withdraw_config(config_name: str, endpoint: str, endpoints: Endpoints) -> None:
    """Delete a config this stack made, unless the endpoint is serving by it.

    CloudFormation also asks for the removal of what could not be created; that has no config's name.
    """
    if not config_name.startswith(f"{endpoint}-"):
        return
    try:
        if endpoints.describe(endpoint).config_name == config_name:
            return
    except EndpointNotFound:
        pass
    endpoints.delete_config(config_name)


def _settled(endpoint: str, endpoints: Endpoints, sleep: Callable[[float], None]) -> EndpointState | None:
    """The endpoint between changes, or None when there is none."""
    waited = 0.0
    while True:
        try:
            state = endpoints.describe(endpoint)
        except EndpointNotFound:
            return None
        if not state.is_changing:
            return state
        if waited >= PATIENCE_SECONDS:
            busy = f"{endpoint} is {state.status}: deploy again when the change is done (`sluice status` shows it)"
            raise EndpointBusy(busy)
        sleep(_PAUSE_SECONDS)
        waited += _PAUSE_SECONDS
