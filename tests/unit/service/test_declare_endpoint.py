import pytest

from sluice.aws.endpoint import EndpointState
from sluice.domain.endpoint_config import Declaration, Variant
from sluice.domain.errors import EndpointBusy
from sluice.service.declare_endpoint import declare_endpoint, withdraw_config
from tests.builders import Clock, ScriptedEndpoints, a_state

DECLARED = Declaration(
    endpoint="sluice-flights",
    variants=(Variant("champion", "declared-model", 100),),
    shape={"InstanceType": "ml.g6.xlarge", "InitialInstanceCount": 1},
    config={},
)


def models_of(endpoints: ScriptedEndpoints) -> dict[str, str]:
    ((call, config),) = endpoints.calls
    assert call == "ensure_config"
    return {variant["VariantName"]: variant["ModelName"] for variant in config["ProductionVariants"]}


def test_a_new_endpoint_gets_the_declared_models() -> None:
    endpoints, clock = ScriptedEndpoints(None), Clock()

    name = declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    assert models_of(endpoints) == {"champion": "declared-model"}
    assert endpoints.calls[0][1]["EndpointConfigName"] == name


def test_an_endpoint_keeps_the_models_that_are_live() -> None:
    endpoints, clock = ScriptedEndpoints(a_state(champion=60, challenger=40)), Clock()

    declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    assert models_of(endpoints) == {"champion": "model-champion", "challenger": "model-challenger"}
    assert clock.slept == []


def test_a_change_under_way_is_waited_for() -> None:
    endpoints, clock = ScriptedEndpoints(a_state("Updating"), a_state("SystemUpdating"), a_state()), Clock()

    declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    assert clock.slept == [5, 5]
    assert models_of(endpoints) == {"champion": "model-champion"}


def test_an_endpoint_that_is_being_deleted_makes_way_for_the_declared_one() -> None:
    endpoints, clock = ScriptedEndpoints(a_state("Deleting"), None), Clock()

    declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    assert models_of(endpoints) == {"champion": "declared-model"}


def test_a_change_that_does_not_end_is_given_up_on_after_two_minutes() -> None:
    endpoints, clock = ScriptedEndpoints(a_state("Updating")), Clock()

    with pytest.raises(EndpointBusy, match="sluice-flights is Updating: deploy again when the change is done"):
        declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    assert sum(clock.slept) == pytest.approx(120, abs=10)
    assert endpoints.calls == []


@pytest.mark.parametrize("endpoint", [None, a_state(config="newer")], ids=["gone", "serves another config"])
def test_a_config_nobody_serves_is_deleted(endpoint: EndpointState | None) -> None:
    endpoints = ScriptedEndpoints(endpoint)

    withdraw_config("older", "sluice-flights", endpoints)

    assert endpoints.calls == [("delete_config", "older")]


def test_a_config_that_is_being_served_is_kept() -> None:
    endpoints = ScriptedEndpoints(a_state(config="current"))

    withdraw_config("current", "sluice-flights", endpoints)

    assert endpoints.calls == []
