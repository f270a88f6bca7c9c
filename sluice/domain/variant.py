"""What are the production variants called, and which weights can be served?

Variant names are fixed slots, so that alarms, autoscaling targets and guardrails keep their names while model
versions come and go. Weights are whole percents.
"""

from collections.abc import Iterable, Mapping

from sluice.domain.errors import InvalidWeights

CHAMPION = "champion"
CHALLENGER = "challenger"
SLOTS = (CHAMPION, CHALLENGER, *(f"{CHALLENGER}-{number}" for number in range(2, 10)))
"""All that there may be."""


def is_slot(name: str) -> bool:
    """Whether a name is one of ``champion``, ``challenger``, ``challenger-2`` … ``challenger-9``."""
    return name in SLOTS


def in_order(names: Iterable[str]) -> list[str]:
    """Variants as people list them: the champion first."""
    return sorted(names, key=lambda name: (name != CHAMPION, name))


def check_weights(weights: Mapping[str, int]) -> None:
    """Refuse what cannot be served. Raises InvalidWeights with the reason."""
    unknown = [name for name in weights if not is_slot(name)]
    if unknown:
        raise InvalidWeights(f"variants are champion, challenger, challenger-2 … challenger-9, got {unknown}")
    if CHAMPION not in weights:
        raise InvalidWeights("a champion is needed: it answers when another variant fails")
    outside = {name: weight for name, weight in weights.items() if not 0 <= weight <= 100}  # noqa: PLR2004
    if outside:
        raise InvalidWeights(f"a weight is a whole percent from 0 to 100, got {outside}")
    if sum(weights.values()) != 100:  # noqa: PLR2004  percents
        shown = " + ".join(f"{name} {weight}" for name, weight in weights.items())
        raise InvalidWeights(f"weights must sum to 100, got {shown} = {sum(weights.values())}")
