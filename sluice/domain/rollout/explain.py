"""Why is a rollout at this weight, what does it wait for, and what would make it go on or back?"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sluice.domain.evidence.finding import Findings
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.lacks import lacks
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout
from sluice.domain.rollout.wording import clock, minutes_in_words, split, stage_in_words, trouble_in_words
from sluice.domain.shadow.wording import shadowed_in_words

# What explains a split of the traffic; waiting and retrying do not change it.
_MOVES = frozenset(EntryKind) - {EntryKind.WAITED, EntryKind.RETRIED, EntryKind.COMMANDED, EntryKind.REQUESTED}
# What a rollout came to; cleaning up afterwards explains nothing.
_TURNS = frozenset({EntryKind.PROMOTED, EntryKind.ABORTED, EntryKind.ROLLED_BACK})
_DOING = {
    Position.QUEUED: "waits for its turn",
    Position.CLEARING: "sends all traffic to the champion, so that the challenger's slot can be filled",
    Position.INSTALLING: "puts the candidate into its slot, without traffic",
    Position.SWAPPING: "puts the candidate into the champion's slot and the previous version into the challenger's",
    Position.RETIRING: "takes down what is left beside the champion",
    Position.RETURNING: "sends all traffic back to the previous version",
    Position.RESTORING: "puts the previous version back into the champion's slot",
    Position.DONE: "is over",
}


def explain(rollout: Rollout, audit: Sequence[Entry], findings: RolloutFindings, now: datetime) -> list[str]:
    """The answers, one sentence each."""
    shadowed = rollout.evidence.shadowed
    told = shadowed_in_words(shadowed) if shadowed else ()
    return [*_where(rollout, now), *_why(rollout, audit), *_what_next(rollout, findings, now), *told]


def _where(rollout: Rollout, now: datetime) -> Iterator[str]:
    weights = f" The traffic: {split(rollout.weights)}." if rollout.weights else ""
    yield f"Version {rollout.candidate.version} of {rollout.model}: {rollout.phase}; it {_doing(rollout)}.{weights}"
    if rollout.since and not rollout.phase.is_over:
        spent = minutes_in_words((now - rollout.since).total_seconds() / 60)
        yield f"That is so since {clock(rollout.since)}, for {spent}."


def _doing(rollout: Rollout) -> str:
    if rollout.position is Position.STAGE:
        count = f"{rollout.stage + 1} of {len(rollout.plan.stages)}"
        return f"is at stage {count} of the plan {rollout.plan.name}, {stage_in_words(rollout.current)}"
    if rollout.position is Position.BAKING:
        return f"bakes for {minutes_in_words(rollout.plan.bake.minutes)}, watched beside the previous version"
    return _DOING[rollout.position]


def _why(rollout: Rollout, audit: Sequence[Entry]) -> Iterator[str]:
    moves = [entry for entry in audit if entry.kind in _MOVES]
    if moves:
        last, turns = moves[-1], [entry for entry in moves if entry.kind in _TURNS]
        if turns and turns[-1] is not last:
            yield f"It was {_words(turns[-1].kind)} by {turns[-1].actor} at {clock(turns[-1].at)}: {turns[-1].reason}."
        yield f"Because {last.actor} decided at {clock(last.at)}: {last.reason}."
    if rollout.hold:
        who = "only a person" if rollout.hold is Hold.HANDS else "a person"
        yield f"It is held, and {who} moves it on (resume, promote or abort): {rollout.held_because}."
    if rollout.trouble:
        yield f"In its way: {trouble_in_words(rollout.trouble)}."
    if rollout.command:
        yield f"At the next look it obeys {rollout.command.actor}: {rollout.command.verb}."


def _words(kind: EntryKind) -> str:
    return kind.value.replace("_", " ")


def _what_next(rollout: Rollout, findings: RolloutFindings, now: datetime) -> Iterator[str]:
    if rollout.phase is not Phase.PROGRESSING:
        return
    if rollout.position is Position.STAGE and rollout.settled_at:
        missing = lacks(rollout, findings, now=now)
        yield f"To go on it waits for {missing}." if missing else "Nothing is lacking: it goes on at the next look."
        yield from _judged(findings.evidence)
        yield from _horizon(rollout)
        yield "It goes back when the evidence for harm is enough, or when an alarm of the candidate's slot rings."
    elif rollout.position is Position.BAKING and rollout.settled_at:
        end = rollout.settled_at + timedelta(minutes=rollout.plan.bake.minutes)
        yield f"The previous version is taken down at {clock(end)}, unless an alarm rings or the watch fails."
        yield from _judged(findings.watch)
    else:
        yield "It goes on when the endpoint and the routing table are seen as it wants them."


def _judged(findings: Findings | None) -> Iterator[str]:
    """Each finding; its reason has the evidence beside what it has to reach."""
    for finding in findings.findings if findings else ():
        yield f"{finding.verdict.capitalize()}: {finding.reason}."


def _horizon(rollout: Rollout) -> Iterator[str]:
    if rollout.compared_since:
        end = rollout.compared_since + timedelta(minutes=rollout.plan.horizon_minutes)
        yield f"Undecided at {end:%Y-%m-%d %H:%M} UTC, it is held for a person."
