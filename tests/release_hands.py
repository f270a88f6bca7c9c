"""What can only a person have done? Told without the code that is tested."""

from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.rollout import Rollout
from sluice.domain.rollout.wanted import is_same_traffic
from sluice.domain.variant import CHAMPION
from tests.rollout_builders import V2


def parts_of(seen: Observed) -> dict[str, object]:
    """What can be changed by hand, by name: slots, and two sets of weights."""
    return {**seen.artifacts, "table": seen.routing.weights, "weights": seen.weights}


def handmade(record: Rollout, seen: Observed) -> set[str]:
    """What only a person can have made what it is: neither wanted, nor wanted before, nor found so."""
    is_early = not record.is_settled
    of_endpoint = [record.weights, *((record.before, record.seen.weights) if is_early else ())]
    touched = set()
    is_new = not (is_early and seen.routing.revision == record.seen.revision)
    if is_new and not is_same_traffic(seen.routing.weights, record.weights) and seen.routing.author == "alice":
        touched.add("table")
    if not any(is_same_traffic(seen.weights, each) for each in of_endpoint):
        touched.add("weights")
    for slot, version in record.slots.items():
        own = {record.previous.artifact, record.seen.artifacts.get(slot)} if is_early else set()
        own |= {V2.artifact} if is_early and (slot != CHAMPION or record.promoted_at) else set()
        if seen.artifacts.get(slot) not in {record.artifact_of(version), None, *own}:
            touched.add(slot)
    return touched
