"""Deploy the declared shape of an endpoint without touching what releases put into it."""

from collections.abc import Callable

from sluice.aws.endpoint import Endpoints, EndpointState
from sluice.domain.endpoint_config import Declaration, compose
from sluice.domain.errors import EndpointBusy, EndpointNotFound

_MOST_LOOKS = 24
_PAUSE_SECONDS = 5.0


def declare_endpoint(declared: Declaration, endpoints: Endpoints, *, sleep: Callable[[float], None]) -> str:
    """Make the endpoint config that serves the live variants in the declared shape; return its name.

    The endpoint itself is updated by CloudFormation, to the config returned. A change under way is waited for, for two
    minutes: SageMaker would refuse the update. Raises EndpointBusy.
    """
    state = _settled(declared.endpoint, endpoints, sleep)
    config = compose(declared, state.live_variants() if state else ())
    endpoints.ensure_config(config)
    return str(config["EndpointConfigName"])


def withdraw_config(config_name: str, endpoint: str, endpoints: Endpoints) -> None:
    """Delete a config this stack made, unless the endpoint is serving it."""
    try:
        if endpoints.describe(endpoint).config_name == config_name:
            return
    except EndpointNotFound:
        pass
    endpoints.delete_config(config_name)


def _settled(endpoint: str, endpoints: Endpoints, sleep: Callable[[float], None]) -> EndpointState | None:
    """The endpoint between changes, or None when there is none."""
    for look in range(_MOST_LOOKS):
        try:
            state = endpoints.describe(endpoint)
        except EndpointNotFound:
            return None
        if not state.is_changing:
            return state
        if look < _MOST_LOOKS - 1:
            sleep(_PAUSE_SECONDS)
    raise EndpointBusy(f"{endpoint} is {state.status}: deploy again when the change is done (`sluice status` shows it)")
