"""Has somebody else taken the traffic of an experiment, or changed what it compares? Then it is theirs.

A release that begins is somebody else, too: it writes the routing table under its own name. A deploy that writes the
same weights again is nobody.
"""

from sluice.domain.experiment.experiment import Phase
from sluice.domain.experiment.run import Run
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.wanted import is_same_traffic, production
from sluice.domain.rollout.wording import split


def change_by_hand(run: Run, observed: Observed) -> str | None:
    """What was changed, as a sentence; None when nothing was."""
    return _in_table(run, observed) or _in_slots(run, observed) or _in_weights(run, observed)


def _in_table(run: Run, observed: Observed) -> str | None:
    routing = observed.routing
    known = [run.weights, *([] if run.settled_at else [run.before])]
    is_ended = run.settled_at is not None and run.interleaving is not None and routing.interleaving is None
    if routing.author == run.author:
        return None
    if any(is_same_traffic(routing.weights, each) for each in known) and not is_ended:
        return None
    ended = " and ended the interleaving" if is_ended else ""
    return f"{routing.author or 'somebody'} set the routing table to {split(routing.weights)}{ended}"


def _in_slots(run: Run, observed: Observed) -> str | None:
    for variant, version in run.versions.items():
        there = observed.routing.versions.get(variant)
        if there != version:
            return f"the slot {variant} holds {f'version {there}' if there else 'nothing'} instead of version {version}"
        if variant not in observed.weights and not observed.is_changing:
            return f"the endpoint has no slot {variant} any more"
    return None


def _in_weights(run: Run, observed: Observed) -> str | None:
    """Before it has begun the endpoint may divide as it likes: which variant is asked, the routing table says."""
    if observed.is_changing or run.experiment.phase is Phase.PENDING:
        return None
    weights = production(observed.weights)
    if any(is_same_traffic(weights, each) for each in (run.weights, *([] if run.settled_at else [run.before]))):
        return None
    return f"somebody set the endpoint's weights to {split(weights)}"
