"""Since when is a share of the traffic in effect, and from which minute on may requests be counted?"""

from dataclasses import replace
from datetime import datetime, timedelta

from sluice.domain.rollout.case import Case
from sluice.domain.rollout.decision import Decision, Nothing
from sluice.domain.rollout.rollout import Position, Rollout

_MINUTE = timedelta(minutes=1)


def settled(case: Case) -> Decision:
    """Endpoint and table have been seen as wanted: the clock of the stage, or of the bake, starts."""
    rollout = case.rollout
    compares = rollout.position is Position.STAGE and rollout.current.compares
    compared_since = rollout.compared_since or (case.now if compares else None)
    seen = replace(rollout, is_settled=True, settled_at=case.now, compared_since=compared_since, stuck=None)
    return Decision(seen, Nothing(), None, case.soon)


def countable_from(rollout: Rollout, routing_seconds: float) -> datetime | None:
    """The first whole minute in which everybody routed by the present shares; None while that is not known.

    Those who answer predictions hold a routing table for up to ``routing_seconds``.
    """
    if rollout.settled_at is None:
        return None
    known = rollout.settled_at + timedelta(seconds=routing_seconds)
    minute = known.replace(second=0, microsecond=0)
    return minute if minute == known else minute + _MINUTE
