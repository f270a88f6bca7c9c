"""Give a newly deployed model its routing table, and leave the table of a model that has one to its releases.

What is declared of the releases themselves is written by every deploy.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sluice.aws.declarations import Declarations
from sluice.aws.state import RoutingStore
from sluice.domain.errors import StaleWrite
from sluice.domain.routing import DEPLOY, Routing

_ATTEMPTS = 3


def declare_release(model: str, form: Mapping[str, Any] | None, declarations: Declarations) -> None:
    """Write what this deployment declares of a model's releases; a stack that says nothing of them changes nothing.

    Raises what ``DeclaredRelease.from_dict`` raises.
    """
    if form is not None:
        declarations.put(model, form)


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
    current, declared = store.get(declared.model), replace(declared, author=DEPLOY)
    wanted = declared if current is None else current.with_declared_variants(declared)
    if wanted is not current:
        store.put(wanted)
    return wanted
