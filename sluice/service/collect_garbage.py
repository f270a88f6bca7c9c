"""Remove the models and endpoint configs that releases and deployments left behind."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from sluice.aws.endpoint import EndpointState
from sluice.aws.inventory import Made
from sluice.domain.declared_release import DeclaredRelease
from sluice.domain.errors import EndpointNotFound
from sluice.service.hold_lease import Overtaken, hold_lease
from sluice.service.release_services import Services

_MOST_A_TIME = 5
# A deployment makes models and a config, and then has CloudFormation update the endpoint for up to 16 hours.
_YOUNG = timedelta(days=1)


def collect_garbage(model: str, services: Services, *, now: datetime) -> list[str]:
    """Delete at most five configs and five models that nothing refers to; return their names.

    Kept are: the config that is live, the one CloudFormation names, the newest few of the others, whatever is less than
    a day old, and the models of all these. While a rollout is under way or waiting, the endpoint is changing, or
    another look holds the lease, nothing is deleted.
    """
    declared = services.declarations.get(model)
    if declared is None or declared.config_name is None:
        return []
    try:
        with hold_lease(model, services, now=now):
            return _collect(model, declared, declared.config_name, services, now=now)
    except Overtaken:
        return []


def _collect(
    model: str, declared: DeclaredRelease, config_name: str, services: Services, *, now: datetime
) -> list[str]:
    state = _at_rest(model, declared, services)
    if state is None:
        return []
    configs = services.inventory.configs(declared.endpoint)
    referred = {state.config_name, config_name}
    kept = referred | _newest(configs, referred, declared.keeps) | _young(configs, now)
    models = services.inventory.models(declared.endpoint)
    needed = {name for config in kept for name in services.inventory.models_of(config)} | _young(models, now)
    live = {variant.model_name for variant in (*state.variants, *([state.shadow] if state.shadow else []))}
    if _at_rest(model, declared, services) != state:  # somebody began to change it, or asked for a release
        return []
    deleted = []
    for name in _some(configs, kept):
        services.inventory.delete_config(name)
        deleted.append(name)
    for name in _some(models, needed | live):
        services.inventory.delete_model(name)
        deleted.append(name)
    return deleted


def _at_rest(model: str, declared: DeclaredRelease, services: Services) -> EndpointState | None:
    """The endpoint, if nothing changes it or is about to, and its config tells which models are live."""
    if services.rollouts.active(model) is not None:
        return None
    try:
        state = services.endpoints.look(declared.endpoint)
    except EndpointNotFound:
        return None
    return state if state.has_config and not state.is_changing else None


def _newest(made: Sequence[Made], referred: Collection[str], keeps: int) -> set[str]:
    return set(islice((each.name for each in made if each.name not in referred), keeps))


def _young(made: Sequence[Made], now: datetime) -> set[str]:
    return {each.name for each in made if now - each.at < _YOUNG}


def _some(made: Sequence[Made], kept: Collection[str]) -> Iterator[str]:
    """The oldest go first."""
    return islice((each.name for each in reversed(made) if each.name not in kept), _MOST_A_TIME)
