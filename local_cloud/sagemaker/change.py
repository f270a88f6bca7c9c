"""What can be asked of an endpoint that is there?"""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Desired:
    """One member of DesiredWeightsAndCapacities; None leaves a value as it is."""

    variant: str
    weight: float | None = None
    instances: int | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """Whether an update keeps live weights and counts, by variant name, and which of the two it does not keep.

    RetainAllVariantProperties is false by default: any UpdateEndpoint resets them to the new config's initial values.
    ``excluded`` are ExcludeRetainedVariantProperties; its DataCaptureConfig is "not currently supported", so capture
    always follows the new config (aws-facts A3, BC:sagemaker/VariantProperty).
    """

    retains: bool = False
    excluded: Collection[str] = ()

    def keeps(self, name: str) -> bool:
        """Whether ``DesiredWeight`` or ``DesiredInstanceCount`` of a variant survives."""
        return self.retains and name not in self.excluded
