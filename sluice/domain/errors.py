"""Every way Sluice can refuse, as one small tree.

SluiceError
├── InvalidInput          the caller's data does not fit; carries what, where and what was expected
├── InvalidSignature      a signature.json that contradicts itself
├── InvalidWeights        a split that cannot be served
├── ModelNotFound         no such model, version or variant
├── RoutingUnavailable    nothing is known about where to send a request, not even something old
├── PredictionUnavailable every variant allowed to answer has failed
├── InvalidPlan           a rollout plan that cannot be carried out
│   └── InvalidRules      rules by which no evidence could be judged
├── RolloutNotFound       no such rollout
├── RolloutRefused        a rollout or a command that cannot be accepted as things are
├── VersionTaken          a version is registered with other content
├── ArchiveUnreadable     a model's archive is damaged, or would be unpacked outside its folder
├── ObjectUnreadable      an object in S3 is not there, or may not be read
├── TrainServeSkew        captured features are not what they should be; says which
├── InvalidExperiment     an experiment that cannot be carried out, or not in that phase
├── ExperimentNotFound    no such experiment
├── ExperimentRefused     an experiment or a command that cannot be accepted as things are
├── InvalidReward         a reward that its goal does not allow
├── PropensityMissing     an answer logged without the chance it was given: nothing can be estimated from it
├── CapacityLacking       SageMaker has no instances for the change; worth trying again later
├── InvalidFeedback       feedback that no model would take; carries what, where and what was expected
├── ConflictingFeedback   other feedback is stored for that prediction and goal
├── InvalidSelection      captured requests that nothing could match; says why
├── TransformFailed       a batch transform job has come to no answers; says why
├── InvalidTrainingData   nothing can be learnt from the rows there are; says why
├── InvalidReference      a drift reference that cannot be built or read; names the place
├── InvalidSummary        a window's counts that cannot be read; names the place
├── DriftNotAccepted      a drift that cannot be taken for the new normal as things are; says why
├── GateRefused           a candidate that cannot be judged beside the champion; says why
├── RetrainingRefused     a retraining that may not, or could not, be started as things are; says why
├── ReferenceMismatch     counts by the bins of one reference beside those of another
├── StoreUnavailable      predictions and feedback could not be read or written; ask again
├── ChangeRefused         SageMaker will not carry out a change as it was asked for; says why
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


class InvalidFeedback(SluiceError):
    """Feedback that no model of the deployment would take."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(map(str, violations)))


class ConflictingFeedback(SluiceError):
    """Other feedback is stored for that prediction and goal; the first one stays."""


class InvalidSelection(SluiceError):
    """Captured requests are asked for in a way that nothing could match; says why."""


class TransformFailed(SluiceError):
    """A batch transform job has come to no answers; says why."""


class InvalidTrainingData(SluiceError):
    """Nothing can be learnt from the rows there are: none, none with a label, or all of one class; says why."""


class ObjectUnreadable(SluiceError):
    """An object in S3 is not there, or may not be read."""


class TrainServeSkew(SluiceError):
    """Captured features differ from the same ones computed anew; says which, and where."""


class InvalidReference(SluiceError):
    """A drift reference that cannot be built from its data, or read; names the place."""


class UnfitReference(InvalidReference):
    """A drift reference that can be read, and is of another model; says what differs."""


class InvalidSummary(SluiceError):
    """A window's counts that cannot be read; names the place."""


class DriftNotAccepted(SluiceError):
    """A drift cannot be taken for the new normal: there is none, or too little to compare with."""


class ReferenceMismatch(SluiceError):
    """Counts by the bins of one reference were to be added to, or judged by, those of another."""


class GateRefused(SluiceError):
    """A candidate cannot be judged: it is no version of the same model, or the rows tell nothing; says why."""


class RetrainingRefused(SluiceError):
    """A retraining that may not, or could not, be started as things are; says why."""


class StoreUnavailable(SluiceError):
    """Predictions and feedback could not be read or written."""


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


class InvalidPlan(SluiceError):
    """A rollout plan that cannot be carried out; says why."""


class InvalidRules(InvalidPlan):
    """Rules by which no evidence could be judged; says why."""


class RolloutNotFound(SluiceError):
    """There is no rollout of that id, or none under way."""


class RolloutRefused(SluiceError):
    """A rollout or a command that cannot be accepted as things are; says what to do instead."""


class VersionTaken(SluiceError):
    """A version of that name is registered already, with other content."""


class ArchiveUnreadable(SluiceError):
    """A model's archive is damaged, or would be unpacked outside its folder."""


class InvalidExperiment(SluiceError):
    """An experiment that cannot be carried out, or a step that its phase does not allow; says why."""


class ExperimentNotFound(SluiceError):
    """There is no experiment of that id, or none under way."""


class ExperimentRefused(SluiceError):
    """An experiment or a command that cannot be accepted as things are; says what to do instead."""


class InvalidReward(SluiceError):
    """A reward or label that its goal does not allow; says why."""


class PropensityMissing(SluiceError):
    """An answer was logged without a usable probability of its variant: off-policy estimates refuse it."""


class CapacityLacking(SluiceError):
    """SageMaker has no instances, or no quota, for the change."""


class ChangeRefused(SluiceError):
    """SageMaker refuses a change, in words of its own; asking for the same again is of little use."""


class EndpointBusy(SluiceError):
    """SageMaker is carrying out another change of this endpoint."""


class EndpointNotFound(SluiceError):
    """There is no endpoint of that name."""


class EndpointConfigLost(SluiceError):
    """The config by which an endpoint serves was deleted under it."""


class StaleWrite(SluiceError):
    """The record changed between our read and our write."""
