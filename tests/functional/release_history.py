"""One random history of a model's releases: what happens, in an order and with varieties that a seed decides."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

from sluice.aws.registry import Approval, NewPackage, Registry
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout, Verb
from sluice.domain.rollout.stage import Kind
from sluice.service.look_at_models import Controller, LooksFailed, look_at_models
from sluice.service.release_services import Services
from tests.functional.release_clients import client, services
from tests.functional.release_disturbances import Disturbances
from tests.functional.release_world import ENDPOINT, MODEL, Crash, World, artifact

_SCHEDULED = {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}
_CHANGED = {"detail-type": "SageMaker Endpoint State Change", "detail": {"EndpointName": ENDPOINT}}
_RANG = {"detail-type": "CloudWatch Alarm State Change", "detail": {"alarmName": f"{ENDPOINT}-challenger-errors"}}
_REFUSALS = (
    ("UpdateEndpoint", "ResourceLimitExceeded", "The account-level service limit is 0 Instances."),
    ("UpdateEndpoint", "ValidationException", "No such thing."),
    ("UpdateEndpoint", "ThrottlingException", "Rate exceeded"),
    ("UpdateEndpointWeightsAndCapacities", "ValidationException", "Cannot update in-progress endpoint"),
    ("DescribeEndpoint", "ThrottlingException", "Rate exceeded"),
    ("TransactWriteItems", "ProvisionedThroughputExceededException", "Slower"),
)
_CHANGES = (
    "UpdateEndpoint",
    "UpdateEndpointWeightsAndCapacities",
    "CreateEndpointConfig",
    "dynamodb.PutItem",
    "TransactWriteItems",
    "dynamodb.UpdateItem",
)
_MOST_CALLS = 15
_MOST_LOOKS = 90
_HALF, _LOSES_INTEREST = 0.5, 0.7


class History(Disturbances):
    """What happens to a world, looks among it.

    Attributes:
        crashes: How often the controller died, by the call it died instead of.
        looks: How many there were.

    """

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world, seed)
        self.crashes: Counter[str] = Counter()
        self.looks = 0
        self._events: list[Mapping[str, Any]] = [_SCHEDULED, _CHANGED, _RANG]

    def run(self, acts: int) -> None:
        """So many things happen; then nothing disturbs any more, and it comes to an end."""
        own = [(3, self._look), (14, self._disturbed_look), (1, self._approve)]
        possible = [act for often, act in [*own, *self.possible()] for _ in range(often)]
        self.start()
        for _ in range(self.dice.randrange(8)):  # so that histories begin anywhere in a release
            self.world.pass_minute()
            self._look()
            self.watch.check()
        for _ in range(acts):
            self.dice.choice(possible)()
            self.watch.check()
        self.calm_down()
        self._comes_to_an_end()

    def _look(self) -> None:
        """Because of some event, which may well have come before, or come late; nothing disturbs it."""
        self.tell(f"look: {self._react(self.dice.choice(self._events))}")

    def _disturbed_look(self) -> None:
        """It dies at a call, or has no answer to one, or is refused one, or somebody else comes between two."""
        wire, call = self.world.wire, self.dice.randrange(1, _MOST_CALLS)
        refusal, change, after = self.dice.choice(_REFUSALS), self.dice.choice(_CHANGES), self.dice.random() < _HALF
        disturbances = [
            *(4 * [(f"dies at call {call}", partial(wire.crash_at, call))]),
            *(8 * [(f"dies {'after' if after else 'at'} {change}", partial(wire.crash_around, change, after=after))]),
            (f"has no answer to call {call}", partial(wire.lose_answer_at, call)),
            (f"is refused {refusal[:2]}", partial(wire.refuse, *refusal)),
            (f"meets another before call {call}", partial(wire.happens_at, call, self._look_beside)),
            (f"meets a person before call {call}", partial(wire.happens_at, call, self.write_table)),
        ]
        what, disturb = self.dice.choice(disturbances)
        disturb()
        try:
            end = self._react(self.dice.choice(self._events))
        except (Crash, LooksFailed) as failed:
            end = f"{type(failed).__name__} {wire.died_at}"
        self.crashes.update([wire.died_at] if wire.died_at else [])
        self.tell(f"look that {what}: {end}")
        self.world.restart()

    def _look_beside(self) -> None:
        """Another process of the controller looks at the same time."""
        there = services(self.world.clock, self.world.runtime)
        (look,) = look_at_models(_SCHEDULED, _controller(there), now=self.world.clock.now())
        self.tell(f"look beside: {look.outcome}")

    def _react(self, event: Mapping[str, Any]) -> str:
        self.looks += 1
        (look,) = look_at_models(event, _controller(self.world.services()), now=self.world.clock.now())
        return look.outcome

    def _approve(self) -> None:
        """A version is approved; its event comes any number of times."""
        version = self.new_version()
        if version is None:
            return
        registry = Registry(client("sagemaker"))
        package = registry.add(NewPackage(ENDPOINT, version, artifact(version), "image", "0" * 16))
        detail = {"ModelPackageArn": package.arn, "ModelApprovalStatus": Approval.APPROVED.value}
        metadata = {"sluice-version": version}  # moto would lose it
        client("sagemaker").update_model_package(**detail, CustomerMetadataProperties=metadata)
        at = self.world.clock.now().isoformat()
        approved = {"detail-type": "SageMaker Model Package State Change", "source": "aws.sagemaker", "time": at}
        self._events += 2 * [{**approved, "detail": {**detail, "ModelPackageGroupName": ENDPOINT}}]
        self.tell(f"{version} is approved: {self._react(self._events[-1])}")

    def _comes_to_an_end(self) -> None:
        """With people who answer holds every rollout ends; then nothing is written any more."""
        self._call_off()
        for _ in range(_MOST_LOOKS):
            is_compared = self.watch.active and self.watch.active.position in {Position.STAGE, Position.BAKING}
            self.world.pass_minute() if is_compared else self.world.pass_seconds(60)
            self.world.pass_seconds(240)
            self._look()
            self.watch.check()
            self.restore_config()
            waiting = [each for each in self.watch.records.values() if not each.phase.is_over]
            if not waiting:
                break
            for rollout in filter(_waits_for_person, waiting):
                self.say(_answer(rollout), rollout.id)
        assert not waiting, f"it goes on for ever: {waiting}"
        self._look()  # it may find that a config is gone
        written = self.world.wire.writes
        self._react(_CHANGED)  # not because of the time, which may be that for tidying up
        assert self.world.wire.writes == written, "an idle endpoint, and something is written"
        self.watch.check_end()

    def _call_off(self) -> None:
        """People often lose interest in what has not begun."""
        for rollout in self.watch.records.values():
            if rollout.position is Position.QUEUED and self.dice.random() < _LOSES_INTEREST:
                self.say(Verb.ABORT, rollout.id)


def _controller(there: Services) -> Controller:
    return Controller("sluice", (MODEL,), there, Registry(client("sagemaker")))


def _waits_for_person(rollout: Rollout) -> bool:
    """Whether only a person can move it on."""
    is_at_stage = rollout.position is Position.STAGE and rollout.is_settled
    is_at_approval = is_at_stage and rollout.current.kind is Kind.APPROVAL
    return rollout.command is None and (rollout.phase is Phase.PAUSED or is_at_approval)


def _answer(rollout: Rollout) -> Verb:
    """What a person says who has looked into it."""
    is_held = rollout.phase is Phase.PAUSED and rollout.hold is not Hold.UNDECIDED
    return Verb.RESUME if is_held else Verb.PROMOTE
