"""When does a rollout go back, and how? Traffic to wherever the previous version is right now; then its slot again.

What the endpoint really serves decides, not what was asked of it: while a swap is under way nobody knows how it ends,
so each look asks anew where the previous version is. Whoever answers at any moment is healthy: the table turns first,
and the previous version is put back into the champion's slot while it still answers from the challenger's.
"""

from sluice.domain.evidence.finding import Findings, Verdict
from sluice.domain.rollout.case import Case
from sluice.domain.rollout.deciding import CONTROLLER, decided, finished, held, turned
from sluice.domain.rollout.decision import Decision, EntryKind
from sluice.domain.rollout.findings import PreviewResult, RewardFinding
from sluice.domain.rollout.rollout import Hold, Phase, Position
from sluice.domain.rollout.stage import EVERYBODY, Kind
from sluice.domain.rollout.wording import alarms_in_words
from sluice.domain.variant import CHALLENGER, CHAMPION

_BEFORE_PROMOTION = frozenset({Position.CLEARING, Position.INSTALLING, Position.STAGE})

_MEANWHILE = "Meanwhile"


def against_the_candidate(case: Case) -> Decision | None:
    """Go back when an alarm of the candidate's slot rings or evidence says that it is worse, also while paused."""
    rollout = case.rollout
    if rollout.is_aborting:
        return None
    objection = _objection(case)
    if objection is None:
        return None
    actor, reason = objection
    if rollout.hold is Hold.HANDS:
        return _told(case, reason)
    return go_back(case, reason, actor=actor)


def against_the_champion(case: Case) -> Decision | None:
    """Hold when the champion itself is in trouble: nothing is promoted then, and a person is told."""
    rollout, alarms = case.rollout, case.champions_alarms
    if rollout.phase is Phase.PAUSED or rollout.position not in _BEFORE_PROMOTION or not alarms:
        return None
    reason = f"the champion is in trouble: {alarms_in_words(alarms)}. Resume when that is over, or mute the alarm first"
    return held(case, Hold.CHAMPION, reason, actor=alarms[0].name, opens_incident=True)


def go_back(case: Case, reason: str, *, actor: str = CONTROLLER, opens_incident: bool = True) -> Decision:
    """All traffic to the slot that serves the previous version; if there is none, that slot is filled first."""
    rollout, haven = case.rollout, case.haven
    if rollout.position is Position.QUEUED:
        return finished(case, Phase.ABORTED, reason, actor=actor)
    if haven is None:
        return _restored(case, reason, actor=actor, opens_incident=opens_incident)
    others = {CHAMPION, CHALLENGER} - {haven}
    back = turned(
        case,
        Position.RETURNING,
        slots=case.slots_as_seen,
        weights={haven: EVERYBODY, **dict.fromkeys(others, 0)},
    )
    kind = EntryKind.ABORTED if haven == CHAMPION else EntryKind.ROLLED_BACK
    return decided(case, back, kind, reason, actor=actor, opens_incident=opens_incident)


def returning(case: Case) -> Decision | None:
    """Turn again if the previous version has meanwhile come to be somewhere else: a swap under way has ended."""
    rollout, haven = case.rollout, case.haven
    if rollout.position is not Position.RETURNING or (haven and rollout.weights.get(haven) == EVERYBODY):
        return None
    where = f"is in the slot {haven} now" if haven else "is in no slot any more"
    return go_back(case, f"the endpoint has changed: version {rollout.previous.version} {where}", opens_incident=False)


def returned(case: Case) -> Decision:
    """All traffic is with the previous version: clean up, or first put it into the champion's slot."""
    previous = case.rollout.previous.version
    if case.haven != CHAMPION:
        return _restored(case, f"traffic is back with version {previous}: it gets the champion's slot again")
    return retired(case, previous, "all traffic is with the champion again: what is left beside it is taken down")


def retired(case: Case, version: str, reason: str, *, actor: str = CONTROLLER) -> Decision:
    """Take down what is left beside the champion's slot, in which this version stays; a declared slot keeps its."""
    declared = {slot: kept for slot, kept in case.slots_as_seen.items() if slot in case.observed.declared_slots}
    alone = turned(case, Position.RETIRING, slots={**declared, CHAMPION: version}, weights={CHAMPION: EVERYBODY})
    return decided(case, alone, EntryKind.SHIFTED, reason, actor=actor)


def _restored(case: Case, reason: str, *, actor: str = CONTROLLER, opens_incident: bool = False) -> Decision:
    """The previous version into the champion's slot; meanwhile it goes on answering from where it is."""
    version, haven = case.rollout.previous.version, case.haven
    slots = {CHAMPION: version} if haven is None else {CHAMPION: version, haven: version}
    back = turned(case, Position.RESTORING, slots=slots, weights={CHAMPION: EVERYBODY})
    return decided(case, back, EntryKind.ROLLED_BACK, reason, actor=actor, opens_incident=opens_incident)


def _objection(case: Case) -> tuple[str, str] | None:
    """Who speaks against the candidate, and what they say."""
    alarms = case.candidates_alarms
    if alarms:
        return alarms[0].name, f"{alarms_in_words(alarms)}: roll back"
    failed = [each.reason for each in _judged(case) if each is not None and each.verdict is Verdict.FAIL]
    return (CONTROLLER, f"{'; '.join(failed)}: roll back") if failed else None


def _judged(case: Case) -> tuple[Findings | PreviewResult | RewardFinding | None, ...]:
    """What has been found out in the present position."""
    findings = case.findings
    if case.rollout.position is Position.BAKING:
        return (findings.watch,)
    if case.rollout.position is not Position.STAGE:
        return ()
    return (findings.preview,) if case.rollout.current.kind is Kind.PREVIEW else (findings.evidence, findings.reward)


def _told(case: Case, reason: str) -> Decision | None:
    """People have taken over: they are told, once, and decide."""
    known = case.rollout.held_because or ""
    if _MEANWHILE in known:
        return None
    return held(case, Hold.HANDS, f"{known}. {_MEANWHILE} {reason}, but only people move it now", opens_incident=True)
