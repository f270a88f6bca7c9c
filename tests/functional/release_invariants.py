"""What must never happen to a released model, whatever else does? Read where SageMaker and DynamoDB are emulated."""

import json
from collections.abc import Mapping
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.sagemaker.models import sagemaker_backends

from local_cloud.context import ACCOUNT, REGION
from sluice.domain.rollout.decision import EntryKind
from sluice.domain.rollout.document import from_document
from sluice.domain.rollout.rollout import Position, Rollout, Verb
from sluice.domain.rollout.wanted import is_same_traffic
from sluice.domain.routing import Routing
from sluice.domain.variant import CHAMPION
from tests.functional.release_sagemaker import version_of
from tests.functional.release_world import MODEL, World

_TOLD = ("phase", "position", "stage", "slots", "weights", "hold")
Weights = Mapping[str, float]


class Watch:
    """Keeps watch over one world. Raises AssertionError.

    Attributes:
        records: The rollouts as they were last seen, by id.
        deployed: Versions that were good before anything was released.

    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._hands: dict[str, Weights] = {}
        self._lost: set[str] = set()
        self._deploys: set[int] = set()
        self._seen: tuple[int, set[str]] = 0, set()
        self._promoted: set[str] = set()
        self.records: dict[str, Rollout] = {}
        self.deployed = set(world.contents().values())

    @property
    def active(self) -> Rollout | None:
        """The rollout under way, as it was last seen."""
        begun = [each for each in self.records.values() if each.position is not Position.QUEUED]
        return next((each for each in begun if not each.phase.is_over), None)

    def check(self) -> None:
        """Between any two things that happen."""
        table = self._read()
        live = self._world.endpoint().live
        assert live is not None, "nothing serves"
        contents = self._world.contents()
        self._land(live.number, set(contents))
        serving = {slot for slot, each in self._world.weights().items() if each > 0}
        good = self.deployed | self._promoted
        asked = {slot for slot, version in contents.items() if version in good} | self._given_everybody(contents)
        assert sum(variant.desired_weight for variant in live.variants) > 0, "all weights are zero"
        assert serving, "nobody gets any request"
        assert serving & asked, f"nobody vouches for what serves: {serving} of {contents}"
        assert contents[CHAMPION] in good, f"{contents[CHAMPION]} is the champion and was never promoted"
        self._check_config(contents)
        self._check_table(table, contents)
        for part, weights in self._hands.items():
            now = self._parts(table)[part]
            assert is_same_traffic(weights, now), f"{part}: {weights} was set by hand, now it is {now}"

    def _check_config(self, contents: Mapping[str, str]) -> None:
        """The config of the live one's name is gone, or says what serves; it may have been made anew."""
        name = self._world.endpoint().config.name
        record: Any = sagemaker_backends[ACCOUNT][REGION].endpoint_configs.get(name.lower())
        says = {spec.name: version_of(spec.model) for spec in record.config.processes} if record else contents
        assert says == contents, f"{name} says {says}, and {contents} serves"

    def _given_everybody(self, contents: Mapping[str, str]) -> set[str]:
        """The slots to which a plan's stage sends all requests: the candidate's, once a preview has passed."""
        active = self.active
        sent = active.weights if active else {}
        return {slot for slot in contents if sent.get(slot) == 100}

    def _check_table(self, table: Routing, contents: Mapping[str, str]) -> None:
        """No slot is taken away, but by a deploy, while a release sends anybody there."""
        assert sum(table.weights.values()) == 100
        sent = {slot for slot, weight in table.weights.items() if weight}
        is_ours = table.author.startswith("rollout:")
        assert not is_ours or sent <= contents.keys() | self._lost, f"the table sends requests to {sent} of {contents}"
        known = {each.candidate.version for each in self.records.values()} | self.deployed
        assert {contents[slot] for slot in sent & contents.keys()} <= known, f"nobody knows what is in {contents}"

    def _read(self) -> Routing:
        """The table, and the records: every change of one has its line in the audit, and no line is missing."""
        items = _partition(f"MODEL#{MODEL}")
        for key in sorted(key for key in items if key.startswith("ROLLOUT#")):
            before = self.records.get(key.removeprefix("ROLLOUT#"))
            if before is None or before.revision != int(items[key].attrs["revision"].value):
                self._keep(before, from_document(_document(items[key])))
        return Routing.from_dict(_document(items["ROUTING"]))

    def _keep(self, before: Rollout | None, found: Rollout) -> None:
        changed = [name for name in _TOLD if before and getattr(before, name) != getattr(found, name)]
        assert not changed or (before and before.sequence < found.sequence), f"{changed} changed without a line"
        assert not (changed and before and before.phase.is_over), f"{found.id} was over, and {changed} changed"
        lines = _partition(f"ROLLOUT#{MODEL}#{found.id}")
        numbers = [f"EVENT#{number:06}" for number in range(1, found.sequence + 1)]
        assert sorted(lines) == numbers, f"{found.id} is at {found.sequence} and has {sorted(lines)}"
        if any(_document(line)["kind"] == EntryKind.PROMOTED for line in lines.values()):
            self._promoted.add(found.candidate.version)
        self.records[found.id] = found

    # what people set

    def set_by_hand(self, part: str) -> None:
        """Somebody has set the weights of the ``table`` or of the ``endpoint``, as nothing else ever sets them."""
        told = self.active.command if self.active else None
        if self.active and (told is None or told.verb is Verb.PAUSE):  # otherwise somebody has decided already
            self._hands[part] = self._parts(self._world.stack.table())[part]

    def commanded(self, verb: Verb) -> None:
        """Somebody decided what becomes of it."""
        if verb is not Verb.PAUSE:
            self._hands.clear()

    def deploy_begins(self) -> None:
        """The update that was just asked for is a deploy's: what it takes away is not the controller's doing."""
        self._deploys.add(self._world.endpoint().started_fleets)

    def _land(self, fleet: int, slots: set[str]) -> None:
        """See which slots are there, and whether a deploy has taken some."""
        before, self._seen = self._seen, (fleet, slots)
        if fleet != before[0] and fleet in self._deploys:
            self._lost |= before[1] - slots
            if before[1] != slots:
                self._hands.pop("endpoint", None)
        self._lost -= slots

    def _parts(self, table: Routing) -> Mapping[str, Weights]:
        """What people may set; of an update on its way, what it is about to set."""
        endpoint = self._world.endpoint()
        fleet = endpoint.deployment.fleet if endpoint.deployment else endpoint.live
        assert fleet is not None
        weights = {variant.name: variant.desired_weight for variant in fleet.variants}
        return {"table": table.weights, "endpoint": weights}

    # in the end

    def check_end(self) -> None:
        """Nothing is under way: one version serves, and endpoint, table and records agree which."""
        self.check()
        world, table = self._world, self._world.stack.table()
        succeeded = {each.candidate.version for each in self.records.values() if each.phase.value == "succeeded"}
        contents, weights = world.contents(), world.weights()
        assert world.endpoint().status.value == "InService"
        assert contents[CHAMPION] in succeeded | {"v1"}, f"{contents} after {sorted(succeeded)} succeeded"
        assert weights[CHAMPION] == sum(weights.values()), f"the endpoint's weights are {weights}"
        assert table.weights[CHAMPION] == 100, f"the table's weights are {table.weights}"
        assert table.versions == contents, f"the table says {table.versions}, the endpoint has {contents}"


def _partition(pk: str) -> Mapping[str, Any]:
    """What lies in the state table, by ``sk``; not asked for by calls, of which there would be more than of others."""
    items = dynamodb_backends[ACCOUNT][REGION].tables["state"].items
    return {sk.value: item for sk, item in items[DynamoType({"S": pk})].items()}


def _document(item: Any) -> Any:
    return json.loads(item.attrs["document"].value)
