"""Give a newly deployed model its routing table, and leave the table of a model that has one to its releases."""

from sluice.aws.state import RoutingStore
from sluice.domain.errors import StaleWrite
from sluice.domain.routing import Routing

_ATTEMPTS = 3


def declare_routing(declared: Routing, store: RoutingStore) -> Routing:
    """Write the declared table if there is none; else only add the variants it lacks, at weight 0.

    Safe to repeat, and to race with a release: a lost race is read again and decided again. Raises StaleWrite after
    three lost races.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _declare(declared, store)
        except StaleWrite:
            continue
    return _declare(declared, store)


def _declare(declared: Routing, store: RoutingStore) -> Routing:
    current = store.get(declared.model)
    wanted = declared if current is None else current.with_declared_variants(declared)
    if wanted is not current:
        store.put(wanted)
    return wanted
