from dataclasses import replace
from datetime import timedelta

from moto.sagemaker.models import sagemaker_backends

from local_cloud.context import ACCOUNT, REGION
from sluice.aws.inventory import Inventory, Made
from sluice.service.collect_garbage import collect_garbage
from tests.functional.release_clients import client
from tests.functional.release_world import ENDPOINT, MODEL, World, a_canary

QUICK = a_canary(50, minutes=1, bake_minutes=0)


def there(world: World) -> tuple[set[str], set[str]]:
    """Names of the configs and of the models."""
    inventory = world.services().inventory
    return {each.name for each in inventory.configs(ENDPOINT)}, {each.name for each in inventory.models(ENDPOINT)}


def tidy(world: World, *, days: float = 3) -> list[str]:
    for model in sagemaker_backends[ACCOUNT][REGION]._models.values():
        model.creation_time = world.clock.now()  # moto dates models by the machine's clock
    return collect_garbage(MODEL, world.services(), now=world.clock.now() + timedelta(days=days))


def release(world: World, *versions: str) -> None:
    for version in versions:
        world.run_until_over(world.start(version, QUICK))


def test_what_nothing_refers_to_goes_a_few_at_a_time_and_the_newest_stay(world: World) -> None:
    deployed = world.endpoint().config.name
    release(world, "v2", "v3", "v4")
    live, before = world.endpoint().config.name, there(world)[0]

    while tidy(world):
        pass

    configs, models = there(world)
    assert len(before) > 5
    assert {deployed, live} <= configs
    assert len(configs) == 2 + 3
    assert models == {name for config in configs for name in world.services().inventory.models_of(config)}
    assert world.run(1)[0].outcome == "nothing to release"


def test_no_more_than_five_of_each_go_at_once(world: World) -> None:
    release(world, "v2", "v3", "v4")
    configs = len(there(world)[0])

    tidy(world)

    assert configs - len(there(world)[0]) <= 5


def test_what_was_made_today_may_be_a_deploys_that_is_under_way(world: World) -> None:
    release(world, "v2")

    assert tidy(world, days=0.5) == []


def test_other_endpoints_whose_names_begin_alike_are_not_touched(world: World) -> None:
    release(world, "v2")
    name = f"{ENDPOINT}-2-0123456789"
    client("sagemaker").create_model(
        ModelName=name, PrimaryContainer={"Image": "i"}, ExecutionRoleArn="arn:aws:iam::123456789012:role/model"
    )

    while tidy(world):
        pass

    assert client("sagemaker").describe_model(ModelName=name)["ModelName"] == name


def test_while_a_release_is_under_way_everything_stays(world: World) -> None:
    release(world, "v2")
    world.start("v3", QUICK)

    assert tidy(world) == []


def test_a_config_deleted_by_hand_stops_the_tidying_until_it_is_healed(world: World) -> None:
    release(world, "v2")
    world.delete_config()

    assert tidy(world) == []


def test_what_is_not_deployed_or_gone_has_no_garbage(world: World) -> None:
    services = world.services()
    assert collect_garbage("churn", services, now=world.clock.now()) == []

    world.hosting.delete(ENDPOINT)
    world.clock.at += timedelta(minutes=1)
    world.hosting.elapse()
    assert tidy(world) == []


def test_without_knowing_what_cloudformation_goes_back_to_nothing_is_deleted(world: World) -> None:
    release(world, "v2")
    services = world.services()

    class Forgetful(type(services.declarations)):  # type: ignore[misc]
        """An item written before deployments said which config is theirs."""

        def get(self, model: str) -> object:
            return replace(super().get(model), config_name=None)

    forgetful = replace(services, declarations=Forgetful(services.declarations._client, table="state"))

    assert collect_garbage(MODEL, forgetful, now=world.clock.now() + timedelta(days=3)) == []


def test_the_models_of_a_live_shadow_stay(world: World) -> None:
    world.stack.shadow = "v9"
    world.stack.deploy(champion="v1")

    while tidy(world):
        pass

    assert world.contents() == {"champion": "v1", "shadow": "v9"}
    assert len(there(world)[1]) == 2


def test_while_the_endpoint_is_changing_everything_stays(world: World) -> None:
    release(world, "v2", "v3")
    world.maintain(600)
    world.pass_seconds(5)

    assert tidy(world) == []


def test_while_another_look_holds_the_lease_everything_stays(world: World) -> None:
    release(world, "v2", "v3")
    world.services().lease.acquire(MODEL, "somebody", now=world.clock.now() + timedelta(days=3), seconds=30)

    assert tidy(world) == []


def test_a_release_asked_for_while_leftovers_are_listed_keeps_them(world: World) -> None:
    release(world, "v2", "v3", "v4")
    services = world.services()

    class Slow(Inventory):
        """Somebody asks for a release meanwhile."""

        def models(self, endpoint: str) -> list[Made]:
            world.start("v5", QUICK)
            return super().models(endpoint)

    slow = replace(services, inventory=Slow(services.inventory._client))

    assert collect_garbage(MODEL, slow, now=world.clock.now() + timedelta(days=3)) == []
    assert collect_garbage(MODEL, services, now=world.clock.now() + timedelta(days=3)) == []
