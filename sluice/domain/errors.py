"""Every way Sluice can refuse, as one small tree.

SluiceError
├── InvalidInput          the caller's data does not fit; carries what, where and what was expected
├── InvalidSignature      a signature.json that contradicts itself
├── InvalidWeights        a split that cannot be served
├── ModelNotFound         no such model, version or variant
├── RoutingUnavailable    nothing is known about where to send a request, not even something old
├── PredictionUnavailable every variant allowed to answer has failed
├── EndpointBusy          SageMaker refuses a change because another one is under way; ask again
├── EndpointNotFound      the endpoint does not exist
├── EndpointConfigLost    the config an endpoint serves by was deleted
└── StaleWrite            somebody else wrote first; read again and decide again
"""

from collections.abc import Sequence
from dataclasses import dataclass


class SluiceError(Exception):
    """The root: anything below it is a refusal with a meaning, not a bug."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where data does not fit.

    Attributes:
        where: Path into the request, such as ``instances[3].temp`` or ``inputs.temp``.
        expected: What would have been accepted.
        got: What was found, shortened.

    """

    where: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, got {self.got}"


class InvalidInput(SluiceError):
    """The request's data does not fit the model's signature."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(map(str, violations)))


class InvalidSignature(SluiceError):
    """A model signature that contradicts itself."""


class InvalidWeights(SluiceError):
    """Variant weights that cannot be served."""


class ModelNotFound(SluiceError):
    """No model, version or variant of that name."""


class RoutingUnavailable(SluiceError):
    """The routing table could not be read and no earlier copy is held."""


class PredictionUnavailable(SluiceError):
    """Every variant that may answer has failed; worth trying again soon."""


class EndpointBusy(SluiceError):
    """SageMaker is carrying out another change of this endpoint."""


class EndpointNotFound(SluiceError):
    """There is no endpoint of that name."""


class EndpointConfigLost(SluiceError):
    """The config by which an endpoint serves was deleted under it."""


class StaleWrite(SluiceError):
    """The record changed between our read and our write."""
