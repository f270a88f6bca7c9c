"""A pure model of everything a release touches: endpoint, routing table, record and audit, people, deploys, alarms.

Milliseconds a history. What must never happen raises AssertionError at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from sluice.domain.endpoint_config import SHADOW
from sluice.domain.evidence.finding import Verdict
from sluice.domain.rollout.advance import advance
from sluice.domain.rollout.converge import refused
from sluice.domain.rollout.decision import Decision, Entry, EntryKind, Nothing, Route, Serve
from sluice.domain.rollout.document import from_document, to_document
from sluice.domain.rollout.evidence_so_far import EvidenceSoFar
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout, Verb
from sluice.domain.rollout.stage import Kind
from sluice.domain.rollout.wanted import is_same_traffic
from sluice.domain.variant import CHAMPION
from tests.release_findings import told_by
from tests.release_hands import handmade, parts_of
from tests.release_surroundings import ALICES, Outcome, Surroundings, Update
from tests.rollout_builders import V1, V2, a_command, an_epoch, queued


class Crash(Enum):
    """Where a look dies."""

    NEVER = auto()
    BEFORE_RECORD = auto()
    BEFORE_EFFECT = auto()
    WITHIN_EFFECT = auto()
    """The table is written, the endpoint is not asked."""


@dataclass
class World(Surroundings):
    """Everything: the surroundings, the record and its audit, the controller, and Bob who commands it."""

    plan: Plan
    verdict: Verdict = Verdict.INCONCLUSIVE
    refuses: str | None = None
    audit: list[Entry] = field(default_factory=list)
    touched: dict[str, object] = field(default_factory=dict)
    record: Rollout = field(init=False)

    def __post_init__(self) -> None:
        self.record = queued(self.plan)
        self.observed = replace(self.observed, declared_slots=self.declared)

    def look(self, crash: Crash = Crash.NEVER) -> Decision:
        """One look, as ``sluice.service.reconcile`` does it: decide, record, act; it may die in between."""
        rollout = replace(self.record, evidence=self._counted())
        findings = told_by(self.verdict, self.record, self.now)
        decision = advance(rollout, self.observed, findings, now=self.now)
        assert decision == advance(rollout, self.observed, findings, now=self.now), "decided otherwise"
        self.tell(f"look ({crash.name}): {_in_short(decision)}")
        is_objected, is_told = self._is_objected(), self.record.command is not None
        if crash is Crash.BEFORE_RECORD:
            return decision
        if decision.rollout is not rollout or decision.entry:
            self._write(decision)
        if crash is not Crash.BEFORE_EFFECT:
            self._perform(decision, crash)
        self.check()
        is_returning = self.record.position is Position.RETURNING and not is_told
        if (is_objected or is_returning) and crash is Crash.NEVER and self.record.hold is not Hold.HANDS:
            self._check_relief()
        return decision

    def _write(self, decision: Decision) -> None:
        before, after = self.record, decision.rollout
        told = ("position", "stage", "phase", "weights", "slots", "hold")
        changed = [name for name in told if getattr(before, name) != getattr(after, name)]
        assert decision.entry or not changed, f"{changed} changed without an audit entry"
        assert not before.phase.is_over, "a rollout that is over was changed"
        assert from_document(to_document(after)) == after
        self.record = after
        self.audit += [decision.entry] if decision.entry else []

    def _perform(self, decision: Decision, crash: Crash) -> None:
        match decision.effect:
            case Route() as route:
                self._route(route, crash)
            case Serve() as serve if crash is not Crash.WITHIN_EFFECT:
                self._serve(serve)
            case Serve() | Nothing():
                pass

    def _route(self, route: Route, crash: Crash) -> None:
        routing = self.observed.routing
        if (routing.weights, routing.versions, routing.preview) != (route.weights, route.versions, route.preview):
            assert "table" not in self.touched, "the controller overrode a table set by hand"
            table = replace(
                routing,
                weights=dict(route.weights),
                versions=dict(route.versions),
                preview=route.preview,
                revision=routing.revision + 1,
                author=self.record.author,
            )
            self.observed = replace(self.observed, routing=table)
        if crash is Crash.WITHIN_EFFECT or self.observed.is_changing:
            return
        live = {slot: float(route.weights.get(slot, 0)) for slot in self.observed.weights}
        if live != self.observed.weights:
            is_other = not is_same_traffic(live, self.observed.weights)
            assert not (is_other and "weights" in self.touched), "the controller overrode weights set by hand"
            self.ask_for_weights(live, of="controller")

    def _serve(self, serve: Serve) -> None:
        assert not self.observed.is_changing, "asked for an update while another was under way"
        if self.refuses:
            why, self.refuses = self.refuses, None
            self._write(refused(self.record, self.observed, why, now=self.now))
            return
        kept = {slot: url for slot, url in self.observed.artifacts.items() if slot not in serve.removed}
        artifacts = {**kept, **serve.artifacts, **({SHADOW: serve.shadow} if serve.shadow else {})}
        production = [slot for slot in artifacts if slot != SHADOW]
        assert SHADOW not in artifacts or len(production) == 1, f"SageMaker forbids a shadow beside {production}"
        weights = {slot: float(serve.weights.get(slot, 0)) for slot in production}
        changed = {slot for slot in {*artifacts, *kept} if artifacts.get(slot) != self.observed.artifacts.get(slot)}
        assert not changed & self.touched.keys(), f"the controller overrode what was put into {changed} by hand"
        fills = changed if self.record.position in {Position.INSTALLING, Position.RETIRING} else set()
        self.begin(Update(artifacts, weights, "controller", frozenset(fills - {CHAMPION})))

    def command(self, verb: Verb) -> None:
        """Bob commands, and knows what he does."""
        if not self.record.phase.is_over:
            self.tell(f"bob says {verb}")
            self.record = replace(self.record, command=a_command(verb))
            if verb is not Verb.PAUSE:
                self.touched.clear()

    def judge(self, verdict: Verdict) -> None:
        """Evidence comes to a verdict."""
        self.tell(f"evidence: {verdict}")
        self.verdict = verdict

    def calm_down(self) -> None:
        """Nothing disturbs any more, the evidence is good, and what was under way ends well."""
        self.tell("calm")
        self.quiet()
        self.refuses, self.snapshot, self.verdict = None, None, Verdict.PASS
        self.finish(Outcome.DONE)

    def go_well(self, looks: int) -> None:
        """So many looks without a disturbance, so that histories begin anywhere in a release."""
        self.verdict = Verdict.PASS
        for _ in range(looks):
            self.look()
            self.finish(Outcome.DONE)
            self.pass_time(6)
            if waits_for_person(self):
                move_on(self)

    def run(self, looks: int, *, until: Callable[["World"], bool]) -> bool:
        """Looks every six minutes while updates end well; whether it came to that."""
        for _ in range(looks):
            if until(self):
                return True
            self.look()
            self.finish(Outcome.DONE)
            self.pass_time(6)
        return until(self)

    def check(self) -> None:
        """What must always be so."""
        seen, record = self.observed, self.record
        is_vouched_for = self._is_promoted or self._alice_promoted
        good = {V1.artifact, ALICES} | ({record.candidate.artifact} if is_vouched_for else set())
        serving = {seen.artifacts[slot] for slot in seen.weights}
        assert serving & good, f"nothing that was ever good serves: {serving}"
        assert CHAMPION in seen.artifacts, "the champion's slot is gone"
        assert sum(seen.weights.values()) > 0, "all weights are zero"
        assert sum(seen.routing.weights.values()) == 100
        assert seen.artifacts[CHAMPION] in good, f"{seen.artifacts[CHAMPION]} was never promoted"

    def _is_objected(self) -> bool:
        """Whether an alarm or evidence speaks against a candidate that answers requests, and nobody has commanded."""
        record, artifacts = self.record, self.observed.artifacts
        rings = any(artifacts.get(alarm.slot) == record.candidate.artifact for alarm in self.observed.alarms)
        answers = record.position in {Position.STAGE, Position.SWAPPING, Position.BAKING}
        is_worse = self.verdict is Verdict.FAIL and record.is_settled and record.compared_since is not None
        return record.command is None and answers and (rings or is_worse)

    def _check_relief(self) -> None:
        """Within one look nobody is sent to the candidate any more, unless there is nowhere else to send them yet."""
        seen, weights = self.observed, self.observed.routing.weights
        sent = [slot for slot, weight in weights.items() if weight and seen.artifacts.get(slot) == V2.artifact]
        assert not sent or self.record.position is Position.RESTORING, f"{sent} still gets traffic"

    @property
    def has_begun(self) -> bool:
        """Whether the rollout has ever moved."""
        return any(entry.kind in {EntryKind.STARTED, EntryKind.PROMOTED} for entry in self.audit)

    @property
    def _is_promoted(self) -> bool:
        return any(entry.kind is EntryKind.PROMOTED for entry in self.audit)

    @property
    def _alice_promoted(self) -> bool:
        return any(f"alice puts {V2.artifact} into champion" in line for line in self.story)

    def changed(self, of: str) -> None:
        """Remember what only a person can have done: from now on the controller leaves it alone."""
        record, parts = self.record, parts_of(self.observed)
        self.touched = {part: value for part, value in self.touched.items() if parts.get(part) == value}
        is_told = record.command is not None and record.command.verb is not Verb.PAUSE  # Bob knows what he does
        if of == "alice" and record.position is not Position.QUEUED and not record.phase.is_over and not is_told:
            self.touched |= {part: parts[part] for part in handmade(record, self.observed)}
        self.check()

    def landing(self, update: Update) -> None:
        """Nobody is sent to a slot while it is changed, nor to one that goes; what Alice sends where is hers."""
        if update.of == "controller" and self.observed.routing.author == self.record.author:
            sent = {slot for slot, weight in self.observed.routing.weights.items() if weight}
            assert not sent & update.fills, f"{sent & update.fills} got traffic while it was changed"
            assert sent <= update.artifacts.keys(), f"traffic is sent to {sent}, of which some is gone"

    def _counted(self) -> EvidenceSoFar:
        record = self.record
        return EvidenceSoFar(epochs=(an_epoch(),)) if record.compared_since and record.is_settled else record.evidence


def _in_short(decision: Decision) -> str:
    what, told = type(decision.effect).__name__, decision.entry.reason if decision.entry else ""
    return f"{decision.rollout.position} {decision.rollout.phase} {what}: {told}"


def is_over(world: World) -> bool:
    """Whether the rollout is."""
    return world.record.phase.is_over


def waits_for_person(world: World) -> bool:
    """Whether only a person can move it on."""
    record = world.record
    at_approval = record.position is Position.STAGE and record.current.kind is Kind.APPROVAL and record.is_settled
    return record.command is None and (record.phase is Phase.PAUSED or at_approval)


def move_on(world: World) -> None:
    """What a person does who has looked into a hold."""
    is_held = world.record.phase is Phase.PAUSED and world.record.hold is not Hold.UNDECIDED
    world.command(Verb.RESUME if is_held else Verb.PROMOTE)
    world.look()
