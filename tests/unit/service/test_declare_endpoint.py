from dataclasses import replace

import pytest

from sluice.aws.endpoint import EndpointState, VariantState
from sluice.domain.endpoint_config import Composition, Declaration, Variant
from sluice.domain.errors import EndpointBusy
from sluice.service.declare_endpoint import PATIENCE_SECONDS, Before, declare_endpoint, withdraw_config
from tests.builders import Clock, ScriptedEndpoints, a_state

DECLARED = Declaration(
    endpoint="sluice-flights",
    variants=(Variant("champion", {"ModelDataUrl": "s3://declared"}, 100),),
    image="image:1",
    model={"ExecutionRoleArn": "role"},
    shape={"InstanceType": "ml.g6.xlarge", "InitialInstanceCount": 1},
    config={},
)


def made(endpoints: ScriptedEndpoints) -> list[Composition]:
    """What was created, in order."""
    return [what for call, what in endpoints.calls if call == "ensure"]


def artifacts(composed: Composition) -> list[str]:
    return [model["PrimaryContainer"]["ModelDataUrl"] for model in composed.models]


def test_a_new_endpoint_gets_the_declared_models() -> None:
    endpoints, clock = ScriptedEndpoints(None), Clock()

    name = declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    (composed,) = made(endpoints)
    assert artifacts(composed) == ["s3://declared"]
    assert composed.config_name == name


def test_an_endpoint_keeps_the_models_that_are_live() -> None:
    endpoints, clock = ScriptedEndpoints(a_state(champion=60, challenger=40)), Clock()

    declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    (composed,) = made(endpoints)
    assert artifacts(composed) == ["s3://live/model-champion", "s3://live/model-challenger"]
    assert clock.slept == []


def test_where_a_failed_deploy_goes_back_to_is_written_anew_around_what_a_release_made_live() -> None:
    endpoints, clock = ScriptedEndpoints(a_state(config="made-by-a-release")), Clock()
    before = Before("sluice-flights-declared", DECLARED)
    bigger = replace(DECLARED, shape={"InstanceType": "ml.g6.2xlarge", "InitialInstanceCount": 1})

    name = declare_endpoint(bigger, endpoints, sleep=clock.sleep, before=before)

    way_back, forward = made(endpoints)
    assert way_back.config_name == "sluice-flights-declared"
    assert forward.config_name == name != way_back.config_name
    assert artifacts(way_back) == artifacts(forward) == ["s3://live/model-champion"]
    types = [composed.config["ProductionVariants"][0]["InstanceType"] for composed in (way_back, forward)]
    assert types == ["ml.g6.xlarge", "ml.g6.2xlarge"]


def test_the_config_that_serves_is_not_written_anew() -> None:
    endpoints, clock = ScriptedEndpoints(a_state(config="sluice-flights-declared")), Clock()

    declare_endpoint(DECLARED, endpoints, sleep=clock.sleep, before=Before("sluice-flights-declared", DECLARED))

    assert len(made(endpoints)) == 1


def test_a_config_just_made_is_waited_for_until_it_can_be_found() -> None:
    endpoints, clock = ScriptedEndpoints(None), Clock()
    endpoints.unreadable = 2

    declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    assert clock.slept == [5, 5]


def test_a_config_that_stays_hidden_is_left_to_cloudformation() -> None:
    endpoints, clock = ScriptedEndpoints(None), Clock()
    endpoints.unreadable = 100

    declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    assert sum(clock.slept) == 30


def test_a_change_under_way_is_waited_for() -> None:
    endpoints, clock = ScriptedEndpoints(a_state("Updating"), a_state("SystemUpdating"), a_state()), Clock()

    declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    assert clock.slept == [5, 5]
    assert artifacts(made(endpoints)[0]) == ["s3://live/model-champion"]


def test_an_endpoint_that_is_being_deleted_makes_way_for_the_declared_one() -> None:
    endpoints, clock = ScriptedEndpoints(a_state("Deleting"), None), Clock()

    declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    assert artifacts(made(endpoints)[0]) == ["s3://declared"]


def test_a_change_that_does_not_end_is_given_up_on_before_the_function_is_stopped() -> None:
    endpoints, clock = ScriptedEndpoints(a_state("Updating")), Clock()

    with pytest.raises(EndpointBusy, match="sluice-flights is Updating: deploy again when the change is done"):
        declare_endpoint(DECLARED, endpoints, sleep=clock.sleep)

    assert sum(clock.slept) == PATIENCE_SECONDS < 14 * 60
    assert endpoints.calls == []


OLDER = "sluice-flights-older"


@pytest.mark.parametrize("endpoint", [None, a_state(config="newer")], ids=["gone", "serves another config"])
def test_a_config_nobody_serves_is_deleted(endpoint: EndpointState | None) -> None:
    endpoints = ScriptedEndpoints(endpoint)

    withdraw_config(OLDER, "sluice-flights", endpoints)

    assert endpoints.calls == [("delete_config", OLDER)]


def test_a_config_that_is_being_served_is_kept() -> None:
    endpoints = ScriptedEndpoints(a_state(config=OLDER))

    withdraw_config(OLDER, "sluice-flights", endpoints)

    assert endpoints.calls == []


def test_what_was_never_created_needs_no_permission_to_be_removed() -> None:
    endpoints = ScriptedEndpoints(None)

    withdraw_config("flightsConfig40848882", "sluice-flights", endpoints)

    assert endpoints.calls == []
    assert endpoints.looks == 0


def shadowed(artifact: str) -> ScriptedEndpoints:
    """A live champion beside a shadow with this artifact."""
    state = replace(a_state(), shadow=VariantState("shadow", "model-shadow", 100, 100, 1))
    endpoints = ScriptedEndpoints(state)
    endpoints.containers["model-shadow"] = {"ModelDataUrl": artifact}
    return endpoints


def test_a_deploy_keeps_the_shadow_of_a_release_and_lets_nobody_join_beside_it() -> None:
    endpoints = shadowed("s3://released")
    challenger = Variant("challenger", {"ModelDataUrl": "s3://challenger"}, 10)
    declared = replace(DECLARED, variants=(*DECLARED.variants, challenger))

    declare_endpoint(declared, endpoints, sleep=Clock().sleep, before=Before("sluice-flights-before", DECLARED))

    for composed in made(endpoints):
        assert artifacts(composed) == ["s3://live/model-champion", "s3://released"]


def test_a_declared_shadow_follows_its_declaration() -> None:
    endpoints = shadowed("s3://old-shadow")
    before = Before("config", replace(DECLARED, shadow="s3://old-shadow"))

    declare_endpoint(replace(DECLARED, shadow="s3://new-shadow"), endpoints, sleep=Clock().sleep, before=before)

    (composed,) = made(endpoints)
    assert artifacts(composed) == ["s3://live/model-champion", "s3://new-shadow"]


def test_a_declared_shadow_waits_until_the_champion_is_alone() -> None:
    endpoints = ScriptedEndpoints(a_state(champion=60, challenger=40))

    declare_endpoint(replace(DECLARED, shadow="s3://shadow"), endpoints, sleep=Clock().sleep)

    (composed,) = made(endpoints)
    assert artifacts(composed) == ["s3://live/model-champion", "s3://live/model-challenger"]
