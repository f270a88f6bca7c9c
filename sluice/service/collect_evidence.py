"""What have candidate and champion done since the last look? Counts of whole minutes in which all was as wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sluice.aws.counts import MINUTE, Counted, Minute
from sluice.domain.endpoint_config import SHADOW
from sluice.domain.evidence import watch
from sluice.domain.evidence.agreement import judge_agreement
from sluice.domain.evidence.counts import Epoch
from sluice.domain.evidence.finding import Findings
from sluice.domain.evidence.judgement import judge
from sluice.domain.rollout.evidence_so_far import EvidenceSoFar
from sluice.domain.rollout.findings import PreviewResult, RewardFinding, RolloutFindings
from sluice.domain.rollout.rollout import Position, Rollout
from sluice.domain.rollout.settle import countable_from
from sluice.domain.rollout.stage import Kind
from sluice.domain.shadow.shadowed import Shadowed
from sluice.domain.variant import CHALLENGER, CHAMPION
from sluice.service.observe import Sight
from sluice.service.release_services import Services

SETTLING = timedelta(minutes=1)  # CloudWatch's metrics of a minute are there a minute later
_BASELINE = timedelta(hours=1)
_MOST_AT_ONCE = timedelta(hours=24)
# Each request goes to both. A hair off one half, so that a stage of 50 percent, in which answers are seen and faults
# in them are counted, is another epoch: added up, what was counted in only one of them would count in neither.
_SHADOWS_SHARE = 0.5000001


@dataclass(frozen=True, slots=True)
class Comparison:
    """Who is compared with whom.

    Attributes:
        candidate: The slot in which the candidate answers.
        control: The slot of the version it is compared with.
        share: The candidate's share of their requests, above 0 and below 1.

    """

    candidate: str
    control: str
    share: float


def comparison(rollout: Rollout) -> Comparison | None:
    """Who is compared in the rollout's present position; None where nobody can be."""
    if rollout.position is Position.STAGE and rollout.current.kind is Kind.SHADOW:
        return Comparison(SHADOW, CHAMPION, _SHADOWS_SHARE)
    if rollout.position is Position.STAGE and rollout.current.compares:
        return _split(rollout, CHALLENGER, CHAMPION)
    return _split(rollout, CHAMPION, CHALLENGER) if rollout.position is Position.BAKING else None


def collect_evidence(rollout: Rollout, sight: Sight, services: Services, *, now: datetime) -> Rollout:
    """The rollout with what was counted since; the very same object when there is nothing new.

    Minutes count from when weights were seen in effect and nobody held an older routing table any more.
    """
    compared = comparison(rollout)
    begun = countable_from(rollout, sight.declared.routing_seconds)
    if compared is None or begun is None or not _is_as_wanted(rollout, sight):
        return rollout
    end = _minute(now - SETTLING)
    start = max(begun, rollout.evidence.counted_until or begun, end - _MOST_AT_ONCE)
    counted = Counted(rollout.model, sight.endpoint, sight.state.config_name, (compared.candidate, compared.control))
    slow_after = rollout.evidence.slow_after_milliseconds
    if slow_after is None:
        p95 = _baseline(counted, compared.control, services, start=start, end=end)
        if p95 is None:
            return rollout
        slow_after = rollout.plan.rules.slow_after(p95)
        rollout = replace(rollout, evidence=replace(rollout.evidence, slow_after_milliseconds=slow_after))
    if start >= end:
        return rollout
    minutes = services.counts.minutes(counted, start=start, end=end, slow_after_milliseconds=slow_after)
    return replace(rollout, evidence=_added(rollout, compared, minutes, end)) if minutes else rollout


def judged(
    rollout: Rollout, *, now: datetime, reward: RewardFinding | None = None, is_current: bool = True
) -> RolloutFindings:
    """What the evidence says, by the plan's rules.

    ``reward`` is what rewards say, where they decide; ``is_current`` whether metrics and captures could be read.
    """
    evidence, rules = rollout.evidence, rollout.plan.rules
    since = rollout.compared_since
    previewed = evidence.previewed
    return RolloutFindings(
        evidence=_judged(rollout, minutes=(now - since) / MINUTE) if since else None,
        watch=watch.judge(rules, evidence.watch) if evidence.watch else None,
        preview=PreviewResult(previewed.requests, previewed.defects) if previewed else None,
        reward=reward,
        is_current=is_current,
    )


def _judged(rollout: Rollout, *, minutes: float) -> Findings:
    """The counts; beside a shadow what its captured answers say, too."""
    evidence, rules = rollout.evidence, rollout.plan.rules
    if rollout.position is not Position.STAGE or rollout.current.kind is not Kind.SHADOW:
        return judge(rules, evidence.epochs, minutes=minutes)
    shadowed, least = evidence.shadowed or Shadowed(), rollout.current.min_agreement
    found = judge(rules, evidence.epochs, minutes=minutes, apart=[shadowed.breaches_counted])
    if least is None:
        return found
    agreement = judge_agreement(rules, least, requests=shadowed.requests, differing=shadowed.differing)
    return Findings((*found.findings, agreement))


def _split(rollout: Rollout, candidate: str, control: str) -> Comparison | None:
    mine, theirs = rollout.weights.get(candidate, 0), rollout.weights.get(control, 0)
    return Comparison(candidate, control, mine / (mine + theirs)) if mine and theirs else None


def _is_as_wanted(rollout: Rollout, sight: Sight) -> bool:
    """Whether the traffic is split as the record says: else nobody knows which share was counted."""
    table = sight.routing.weights
    return rollout.is_settled and all(table.get(slot, 0) == weight for slot, weight in rollout.weights.items())


def _baseline(of: Counted, control: str, services: Services, *, start: datetime, end: datetime) -> float | None:
    """The control's p95 in the hour before; of a model that was not asked then: since."""
    before = services.counts.p95_milliseconds(of, control, start=start - _BASELINE, end=start)
    if before is not None or start >= end:
        return before
    return services.counts.p95_milliseconds(of, control, start=start, end=end)


def _added(rollout: Rollout, compared: Comparison, minutes: Sequence[Minute], end: datetime) -> EvidenceSoFar:
    """The evidence with these minutes: the watch's minute by minute, an epoch's added up."""
    epochs = [
        Epoch(compared.share, minute.tallies[compared.candidate], minute.tallies[compared.control])
        for minute in minutes
    ]
    if rollout.position is not Position.BAKING:
        total = sum(epochs[1:], start=epochs[0])
        return rollout.evidence.with_epoch(total, until=end)
    state = rollout.evidence.watch
    for epoch in epochs:
        state = watch.step(rollout.plan.rules, state, epoch)
    return replace(rollout.evidence, watch=state, counted_until=end)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
