"""What can happen to a model's releases, besides looks: SageMaker's troubles, people's hands, deploys, alarms, callers.

A seed decides the varieties.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from botocore.exceptions import ClientError

from local_cloud.sagemaker.endpoint import Endpoint, Status
from sluice.aws.state import RoutingStore
from sluice.domain.errors import RolloutNotFound, RolloutRefused, SluiceError
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.rollout import Verb
from sluice.domain.rollout.stage import Kind, Stage
from tests.functional.release_clients import client
from tests.functional.release_invariants import Watch
from tests.functional.release_world import ENDPOINT, World, a_canary

_BAKE = Bake(1, 5)
_WEIGHT = Stage(Kind.WEIGHT, 20, 1)
_PLANS = (
    a_canary(10, 50, minutes=1, bake_minutes=1),
    a_canary(20, minutes=1, bake_minutes=1),
    a_canary(50, minutes=0, bake_minutes=0, holdback_percent=0),
    Plan("shadow_then_canary", (Stage(Kind.SHADOW, minutes=1), _WEIGHT), _BAKE),
    Plan("approved", (_WEIGHT, Stage(Kind.APPROVAL)), _BAKE),
    Plan("blue_green", (Stage(Kind.PREVIEW), Stage(Kind.WEIGHT, 100)), _BAKE),
)
_IN_PLACE = Plan("in_place", (Stage(Kind.IN_PLACE),), _BAKE)
_MOST_ROLLOUTS = 2


class Disturbances:
    """A world to which things happen, with whoever keeps watch over it.

    Attributes:
        world: The world.
        watch: Sees what must never happen.
        dice: Decides.
        story: What happened.

    """

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.watch = Watch(world)
        self.dice = random.Random(seed)  # noqa: S311  which history it is, not a secret
        self.story: list[str] = []
        self.declared = world.contents()
        self._made = 1
        self._config: str | None = None
        self._rung: set[str] = set()
        self._percents = iter(range(55, 90))  # in no plan, and none twice: nobody could tell the second from the first

    def tell(self, line: str) -> None:
        """Something happens."""
        self.story.append(f"{self.world.clock.at:%H:%M:%S} {line}")

    def possible(self) -> list[tuple[int, Callable[[], object]]]:
        """What can happen, and how much more often than the rarest."""
        return [
            (5, self._pass_minutes),
            (2, self._pass_seconds),
            (1, self.start),
            (2, self._command),
            (2, self._fail_update),
            (1, self._take_update_back),
            (1, self._lack_instances),
            (1, self._maintain),
            (1, self._delete_config),
            (1, self._weigh),
            (1, self.write_table),
            (1, self._read_for_deploy),
            (2, self._deploy),
            (1, self._ring),
            (2, self.quiet),
            (2, self._answer_otherwise),
        ]

    def calm_down(self) -> None:
        """Nothing disturbs any more."""
        self.tell("calm")
        self._config = None
        self.quiet()
        self.world.traffic.error_rates.clear()
        self.world.traffic.slow_rates.clear()

    # time and SageMaker

    def _pass_minutes(self) -> None:
        for _ in range(self.dice.randrange(1, 4)):
            self.world.pass_minute()
        self.tell(f"minutes have passed: {self.world.contents()}")

    def _pass_seconds(self) -> None:
        self.world.pass_seconds(self.dice.randrange(5, 40))
        self.tell(f"seconds have passed: {self.world.contents()}")

    def _fail_update(self) -> None:
        """The update under way fails, and says why."""
        deployment = self.world.endpoint().deployment
        if deployment and deployment.next_at is None:
            self.tell("the update fails")
            self.world.hosting.fail(ENDPOINT, deployment.fleet.number, "The container did not pass the ping")

    def _take_update_back(self) -> None:
        """SageMaker takes back the update under way, without a word."""
        if self.world.endpoint().deployment:
            self.tell("the update is taken back")
            self.world.hosting.change(ENDPOINT, _taken_back)

    def _lack_instances(self) -> None:
        self.tell("instances are lacking")
        self.world.refuse_capacity(self.dice.randrange(1, 4))

    def _maintain(self) -> None:
        if self.world.endpoint().status is Status.IN_SERVICE:
            self.tell("SystemUpdating")
            self.world.maintain(self.dice.randrange(20, 300))

    # people

    def start(self) -> None:
        """A version is to be released."""
        version = self.new_version()
        if version:
            plan = self.dice.choice((*_PLANS, _IN_PLACE) if len(self.declared) == 1 else _PLANS)
            self.tell(f"{version} is to be released by {plan.name}")
            self.world.start(version, plan)

    def new_version(self) -> str | None:
        """One that nobody knows yet; None when there were enough."""
        if self._made > _MOST_ROLLOUTS:
            return None
        self._made += 1
        return f"v{self._made}"

    def say(self, verb: Verb, which: str | None = None) -> None:
        """An operator's command, unless it is refused."""
        with suppress(RolloutRefused, RolloutNotFound):
            self.world.command(verb, which)
            self.tell(f"somebody says {verb}")
            self.watch.commanded(verb)

    def _command(self) -> None:
        self.say(self.dice.choice(list(Verb)))

    def _delete_config(self) -> None:
        with suppress(ClientError):
            self.world.delete_config()
            self.tell("the config is deleted")

    def restore_config(self) -> None:
        """Somebody puts the live config back, where the controller says that it cannot."""
        if "no record tells" in self.story[-1]:
            client("sagemaker").create_endpoint_config(**self.world.endpoint().config.request)
            self.tell("somebody puts the config back")

    def _weigh(self) -> None:
        """Somebody sets weights that no plan has on the endpoint, unless SageMaker refuses."""
        others = [slot for slot in self.world.weights() if slot != "champion"]
        if others and self.watch.active:
            percent = next(self._percents)
            with suppress(ClientError):
                self.world.weigh(champion=percent, **{others[0]: 100 - percent})
                self.tell(f"somebody sets the endpoint to {percent}")
                self.watch.set_by_hand("endpoint")

    def write_table(self) -> None:
        """Somebody sets weights that no plan has in the table."""
        table = self.world.stack.table()
        others = [slot for slot in table.weights if slot in self.world.contents() and slot != "champion"]
        if others and self.watch.active:
            percent = next(self._percents)
            weights = {"champion": percent, others[0]: 100 - percent}
            self.tell(f"somebody sets the table to {percent}")
            RoutingStore(client("dynamodb"), table="state").put(table.with_weights(weights, author="by hand"))
            self.watch.set_by_hand("table")

    # deploys, alarms, callers

    def _read_for_deploy(self) -> None:
        """The stack's custom resource reads the endpoint between changes, and makes a config of what it finds."""
        if self.world.endpoint().status is Status.IN_SERVICE:
            self.world.stack.instance_type = self.dice.choice(("ml.g6.xlarge", "ml.g6.2xlarge"))
            with suppress(SluiceError):
                self._config = self.world.stack.declare_config(self.declared)
                self.tell(f"a deploy has read {self.world.contents()}")

    def _deploy(self) -> None:
        """CloudFormation has the endpoint follow, unless SageMaker refuses: by then it may be another endpoint."""
        if self._config is None:
            return
        with suppress(ClientError):
            self.world.stack.ask_to_update_endpoint(self._config)
            self.tell("the deploy updates the endpoint")
            self.watch.deploy_begins()
            self.world.stack.declare_releases(self.declared, self._config)
        self._config = None

    def _ring(self) -> None:
        slot = self.dice.choice(("champion", "challenger", "challenger", "shadow"))
        self._rung.add(slot)
        self.tell(f"the alarm of the {slot} rings")
        self.world.ring(slot)

    def quiet(self) -> None:
        """No alarm rings any more."""
        for slot in sorted(self._rung):
            self.world.ring(slot, state="OK")
        self._rung.clear()

    def _answer_otherwise(self) -> None:
        """A version gets worse, or all are well again."""
        traffic, version = self.world.traffic, f"v{self.dice.randrange(1, 5)}"
        rates = self.dice.choice((traffic.error_rates, traffic.slow_rates, traffic.breach_rates))
        if traffic.error_rates or traffic.slow_rates or traffic.breach_rates:
            self.tell("all versions are well")
            for each in (traffic.error_rates, traffic.slow_rates, traffic.breach_rates):
                each.clear()
        else:
            self.tell(f"{version} is worse")
            rates[version] = 0.3


def _taken_back(endpoint: Endpoint, *, now: datetime) -> Endpoint:
    return replace(endpoint, status=Status.IN_SERVICE, deployment=None, modified=now)
