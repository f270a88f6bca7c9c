"""Which process answers a request for an endpoint?"""

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from local_cloud.sagemaker.capture import CaptureSettings
from local_cloud.sagemaker.endpoint import Endpoint, Fleet
from local_cloud.sagemaker.model_process import ModelProcess


@dataclass(frozen=True, slots=True)
class Target:
    """One variant of one fleet.

    Attributes:
        endpoint: The endpoint's name.
        variant: The variant's name.
        config: The name of its fleet's endpoint config.
        process: What answers.
        capture: What of its requests goes to S3, if anything.
        shadow: The variant that gets a copy of the request; its answer is discarded (aws-facts A5).

    """

    endpoint: str
    variant: str
    config: str
    process: ModelProcess
    capture: CaptureSettings | None
    shadow: "Target | None" = None


class Lot:
    """Targets with weights, to draw one from; the weights need not sum to anything but more than 0."""

    def __init__(self, weighted: Iterable[tuple[Target, float]]) -> None:
        pairs = [(target, weight) for target, weight in weighted if weight > 0]
        self._targets = [target for target, _ in pairs]
        self._limits = list(accumulate(weight for _, weight in pairs))

    def draw(self, number: float) -> Target:
        """The target at ``number``, which is uniform in [0, 1)."""
        return self._targets[bisect(self._limits, number * self._limits[-1], hi=len(self._limits) - 1)]


@dataclass(frozen=True, slots=True)
class Route:
    """The processes behind one endpoint.

    Without TargetVariant a request goes to a variant at random by CurrentWeight, with it to that variant whatever its
    weight (aws-facts A6). While two fleets answer, the share of a fleet comes first, the weight within it second.
    """

    endpoint: str
    by_weight: Lot
    by_variant: Mapping[str, Lot]

    @classmethod
    def to(cls, endpoint: Endpoint, process: Callable[[int, str], ModelProcess]) -> "Route":
        """The route to an endpoint that is serving; ``process`` finds one by fleet number and variant name."""
        weighted: list[tuple[Target, float]] = []
        by_variant: dict[str, list[tuple[Target, float]]] = {}
        for fleet, share in endpoint.serving:
            targets = _targets(endpoint.name, fleet, process)
            total = sum(variant.current_weight for variant in fleet.variants)
            for variant, target in zip(fleet.variants, targets, strict=True):
                weighted.append((target, share * variant.current_weight / total))
                by_variant.setdefault(variant.name, []).append((target, share))
        return cls(endpoint.name, Lot(weighted), {name: Lot(pairs) for name, pairs in by_variant.items()})


def _targets(endpoint: str, fleet: Fleet, process: Callable[[int, str], ModelProcess]) -> list[Target]:
    config = fleet.config.name
    capture = CaptureSettings.of(fleet.config)

    def target(name: str, shadow: Target | None) -> Target:
        return Target(endpoint, name, config, process(fleet.number, name), capture, shadow)

    shadow = None if fleet.shadow is None else target(fleet.shadow.name, None)
    return [target(variant.name, shadow) for variant in fleet.variants]
