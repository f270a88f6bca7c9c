"""The world around a release, as SageMaker is documented to behave (aws-facts A3, A4), with people and deploys in it.

Updates take time, are refused while another is under way, fail with or without a reason and then leave the old config
serving. Deploys read the endpoint first and update it later.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from sluice.domain.endpoint_config import SHADOW
from sluice.domain.rollout.observed import Observed
from sluice.domain.variant import CHAMPION
from tests.rollout_builders import T0, V1, alone, an_alarm

ALICES = "s3://models/alice.tar.gz"


class Outcome(Enum):
    """How an update ends."""

    DONE = auto()
    FAILED = auto()
    WITHOUT_CAPACITY = auto()
    TAKEN_BACK = auto()
    """Silently: InService on the old config, and not a word about it."""


@dataclass
class Update:
    """A change of the endpoint under way.

    Attributes:
        artifacts: What it ends with, by slot.
        weights: What it ends with, by slot.
        of: Who asked: ``controller``, ``deploy`` or ``alice``.
        fills: Slots that nobody may be sent to meanwhile: they are filled anew, or taken down.

    """

    artifacts: dict[str, str]
    weights: dict[str, float]
    of: str
    fills: frozenset[str] = frozenset()


@dataclass(kw_only=True)
class Surroundings:
    """Endpoint, routing table, alarms and time, and what has happened to them so far."""

    declared: frozenset[str] = frozenset({CHAMPION})
    observed: Observed = field(default_factory=alone)
    now: datetime = T0
    update: Update | None = None
    snapshot: dict[str, str] | None = None
    story: list[str] = field(default_factory=list)

    def changed(self, of: str) -> None:
        """Somebody has changed something; for those who keep watch."""

    def landing(self, update: Update) -> None:
        """An update is about to take effect; for those who keep watch."""

    def begin(self, update: Update) -> None:
        """An update is under way."""
        assert sum(update.weights.values()) > 0, "all weights are zero"
        self.update = update
        self.observed = replace(self.observed, status="Updating", is_changing=True)

    def ask_for_weights(self, weights: dict[str, float], *, of: str) -> None:
        """Other weights are under way."""
        assert sum(weights.values()) > 0, "all weights are zero"
        before = dict(self.observed.weights)
        self.begin(Update(dict(self.observed.artifacts), before, of))
        self.observed = replace(self.observed, weights=weights, is_routing_by_weights=False)

    def finish(self, outcome: Outcome) -> None:
        """The update under way ends; one of AWS's own ends, too."""
        update, self.update = self.update, None
        self.observed = replace(self.observed, status="InService", is_changing=False)
        if update is None:
            return
        self.tell(f"the update of {update.of} ends: {outcome.name}")
        if not self.observed.is_routing_by_weights:
            weights = self.observed.weights if outcome is Outcome.DONE else update.weights
            self.observed = replace(self.observed, is_routing_by_weights=True, weights=weights)
        elif outcome is Outcome.DONE:
            self._land(update)
        reasons = {Outcome.FAILED: "The primary container did not pass the ping health check", Outcome.DONE: None}
        reasons[Outcome.WITHOUT_CAPACITY] = "Unable to provision requested ML compute capacity"
        if outcome in reasons:
            self.observed = replace(self.observed, failure_reason=reasons[outcome])
        self.changed(update.of)

    def _land(self, update: Update) -> None:
        retained = {slot: self.observed.weights.get(slot, weight) for slot, weight in update.weights.items()}
        weights = update.weights if update.of == "controller" else retained
        self.landing(update)
        if sum(weights.values()) > 0:  # a config of zeros is refused by those who compose it
            self.observed = replace(self.observed, artifacts=update.artifacts, weights=weights, has_config=True)

    def system_update(self) -> None:
        """AWS's own maintenance begins."""
        if not self.observed.is_changing:
            self.tell("SystemUpdating")
            self.observed = replace(self.observed, status="SystemUpdating", is_changing=True)

    def set_table(self, percent: int) -> None:
        """Alice gives the champion so many percent in the routing table."""
        routing = self.observed.routing
        other = next((slot for slot in routing.weights if slot != CHAMPION), None)
        weights = {CHAMPION: percent, other: 100 - percent} if other else {CHAMPION: 100}
        self.tell(f"alice sets the table to {weights}")
        table = routing.with_weights(weights, author="alice")
        self.observed = replace(self.observed, routing=table)
        self.changed("alice")

    def set_weights(self, percent: int) -> None:
        """Alice gives the champion so many percent of the endpoint's weights; refused while it changes."""
        others = [slot for slot in self.observed.weights if slot != CHAMPION]
        if not self.observed.is_changing and (others or percent):
            self.tell(f"alice sets the endpoint's champion to {percent}")
            weights = {CHAMPION: float(percent)} | dict.fromkeys(others, float(100 - percent))
            self.ask_for_weights(weights, of="alice")
            self.changed("alice")

    def put(self, slot: str, artifact: str) -> None:
        """Alice puts something into a slot that is there."""
        if not self.observed.is_changing and slot in self.observed.artifacts:
            self.tell(f"alice puts {artifact} into {slot}")
            self.begin(Update({**self.observed.artifacts, slot: artifact}, dict(self.observed.weights), "alice"))

    def lose_config(self) -> None:
        """Alice deletes the endpoint config."""
        self.tell("the config is deleted")
        self.observed = replace(self.observed, has_config=False)

    def begin_deploy(self) -> None:
        """A deploy reads what is live."""
        self.tell("a deploy reads the endpoint")
        self.snapshot = dict(self.observed.artifacts)

    def apply_deploy(self) -> None:
        """The deploy updates the endpoint by what it read, declared slots joining; refused while it changes."""
        if self.snapshot is None or self.observed.is_changing:
            self.snapshot = None
            return
        self.tell("the deploy updates the endpoint")
        joining = {slot: "1" for slot in self.declared if slot not in self.observed.routing.versions}
        routing = self.observed.routing
        versions, weights = {**joining, **routing.versions}, {**dict.fromkeys(joining, 0), **routing.weights}
        if joining:
            table = replace(routing, versions=versions, weights=weights, author="deploy", revision=routing.revision + 1)
            self.observed = replace(self.observed, routing=table)
        artifacts, self.snapshot = self.snapshot, None
        if SHADOW not in artifacts:
            artifacts |= {slot: V1.artifact for slot in self.declared if slot not in artifacts}
        initial = {slot: float(slot == CHAMPION) for slot in artifacts if slot != SHADOW}
        self.begin(Update(artifacts, initial, "deploy"))

    def ring(self, slot: str) -> None:
        """The alarm of a slot goes into ALARM."""
        self.tell(f"the alarm of the {slot} rings")
        self.observed = replace(self.observed, alarms=(an_alarm(slot),))

    def quiet(self) -> None:
        """No alarm is in ALARM any more."""
        self.observed = replace(self.observed, alarms=())

    def pass_time(self, minutes: float) -> None:
        """Time passes."""
        self.now += timedelta(minutes=minutes)

    def tell(self, line: str) -> None:
        """Something happened."""
        self.story.append(f"{self.now:%H:%M} {line}")
