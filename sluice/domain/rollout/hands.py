"""Has somebody changed by hand what a rollout minds? Then it stops: it never overrides a person.

Once endpoint and table have been seen as wanted, anything else is a person's doing. Before that a change of the
rollout's own may be half done: what it wanted, what it wanted before, and what it found prove nothing of the endpoint,
which does not say who changed it. The routing table does. A candidate's slot that is missing is no person's doing but
the work of a deploy that read the endpoint too early: it is filled again.
"""

from collections.abc import Iterable, Mapping

from sluice.domain.rollout.case import Case
from sluice.domain.rollout.deciding import held
from sluice.domain.rollout.decision import Decision
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.rollout import Hold, Position, Rollout
from sluice.domain.rollout.wanted import is_same_traffic, production, table_is_as_wanted
from sluice.domain.rollout.wording import split
from sluice.domain.routing import DEPLOY
from sluice.domain.variant import CHAMPION


def taken_over(case: Case) -> Decision | None:
    """Stop for people who have changed something by hand."""
    rollout = case.rollout
    if rollout.position is Position.QUEUED or rollout.hold is Hold.HANDS:
        return None
    change = change_by_hand(rollout, case.observed)
    return held(case, Hold.HANDS, f"{change}. People decide now: resume undoes it, abort goes back") if change else None


def change_by_hand(rollout: Rollout, observed: Observed) -> str | None:
    """What a person changed, as a sentence; None when nothing was."""
    return _in_table(rollout, observed) or _in_weights(rollout, observed) or _in_contents(rollout, observed)


def _in_table(rollout: Rollout, observed: Observed) -> str | None:
    """The table tells who wrote it, and whether anybody did since the rollout last changed its mind."""
    routing, seen = observed.routing, rollout.seen
    if routing.author == rollout.author or _is_table_as_wanted(rollout, observed):
        return None
    is_unsettled = not rollout.is_settled
    if is_unsettled and routing.revision == seen.revision:
        return None
    if is_unsettled and routing.author == DEPLOY and is_same_traffic(routing.weights, seen.table):
        return None
    return f"{routing.author or 'somebody'} set the routing table to {split(routing.weights)}; {_wanted(rollout)}"


def _is_table_as_wanted(rollout: Rollout, observed: Observed) -> bool:
    if rollout.is_settled:
        return table_is_as_wanted(rollout, observed)
    return is_same_traffic(observed.routing.weights, rollout.weights)


def _in_weights(rollout: Rollout, observed: Observed) -> str | None:
    weights = production(observed.weights)
    if rollout.is_settled and rollout.slots.keys() - observed.artifacts.keys():
        return None  # with a slot that a deploy lost its weight has gone, too
    before = () if rollout.is_settled else (rollout.before, production(rollout.seen.weights))
    of_live_slots = [{slot: each.get(slot, 0) for slot in weights} for each in (rollout.weights, *before)]
    if _is_any_of(weights, of_live_slots):
        return None
    return f"somebody set the endpoint's weights to {split(weights)}; {_wanted(rollout)}"


def _in_contents(rollout: Rollout, observed: Observed) -> str | None:
    for slot, version in rollout.slots.items():
        artifact = observed.artifacts.get(slot)
        if artifact != rollout.artifact_of(version) and not _is_explained(rollout, slot, artifact):
            return (
                f"somebody put {artifact or 'nothing'} into the slot {slot}; the rollout wants version {version} there"
            )
    return None


def _is_explained(rollout: Rollout, slot: str, artifact: str | None) -> bool:
    """Whether something else in a slot needs no person: a deploy lost it, or a change of ours is half done."""
    if artifact is None:
        return slot != CHAMPION
    if rollout.is_settled:
        return False
    if artifact == rollout.candidate.artifact:  # the champion's slot gets it by promotion only
        return slot != CHAMPION or rollout.promoted_at is not None or artifact == rollout.seen.artifacts.get(slot)
    return artifact in {rollout.previous.artifact, rollout.seen.artifacts.get(slot)}


def _is_any_of(weights: Mapping[str, float], known: Iterable[Mapping[str, float]]) -> bool:
    return any(is_same_traffic(weights, each) for each in known)


def _wanted(rollout: Rollout) -> str:
    return f"the rollout wants {split(rollout.weights)}"
