"""How does a new version of a model come about? Data, a program of yours in a training job, then the gate."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from sluice.domain.feedback.item import NAME
from sluice.domain.training.pipeline import OWN_HYPERPARAMETERS
from sluice.settings.endpoint import check_image, job_instance_types
from sluice.settings.strict import Strict
from sluice.settings.training_data import TrainingData

_FUNCTION = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"
_Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Value = Annotated[str, StringConstraints(max_length=2500)]


def _check_instance_type(name: str) -> str:
    if name not in job_instance_types():
        family = name.rsplit(".", 1)[0] + "."
        near = sorted(known for known in job_instance_types() if known.startswith(family))
        raise ValueError(f"SageMaker trains on types such as {', '.join(near[:6] or ['ml.m5.xlarge', 'ml.g5.xlarge'])}")
    return name


def _check_hyperparameters(given: dict[str, str]) -> dict[str, str]:
    if ours := sorted(given.keys() & OWN_HYPERPARAMETERS):
        raise ValueError(f"{', '.join(ours)} is given by the pipeline")
    return given


class Training(Strict):
    """A pipeline that assembles data, trains, judges by the gate and registers; docs/training.md has its steps."""

    program: Annotated[str, StringConstraints(pattern=_FUNCTION, max_length=200)]
    """The training program, package.module:function, found in the image."""

    image: Annotated[str, AfterValidator(check_image)] | None = None
    """URI of a container image in ECR with the program and with Sluice. Left out: built from training/Dockerfile, with
    the programs of examples/ (takes Docker)."""

    label: _Column
    """The name of the feedback that is the true class, and of its column in the files the program learns from and the
    gate judges by."""

    data: TrainingData = TrainingData()

    features: Annotated[str, StringConstraints(pattern=_FUNCTION, max_length=200)] | None = None
    """package.module:function, found in the image, that computes features anew as for `sluice data skew`: where what
    was captured differs from it, nothing is trained."""

    hyperparameters: Annotated[
        dict[str, _Value], Field(max_length=100 - len(OWN_HYPERPARAMETERS)), AfterValidator(_check_hyperparameters)
    ] = {}  # noqa: RUF012  pydantic copies it
    """What the program is told besides, as texts."""

    instance_type: Annotated[str, AfterValidator(_check_instance_type)] = "ml.m5.xlarge"
    """Any type SageMaker runs training and processing jobs on."""

    instances: int = Field(default=1, ge=1, le=20)
    """Instances to train on; assembling and the gate take one."""

    volume_gb: int = Field(default=30, ge=1, le=16384)
    """Size of the storage volume of each instance."""

    max_minutes: int = Field(default=60, ge=1, le=28 * 24 * 60)
    """How long assembling, training and the gate may take, each; of spot instances, training and waiting twice."""

    spot: bool = False
    """Whether to train on spot instances, which may be taken away: the program goes on from its checkpoint."""

    slices: Annotated[list[_Column], Field(max_length=16)] = []  # noqa: RUF012  pydantic copies it
    """Columns in each of whose values the candidate must not do worse, as `sluice gate --slice`."""

    groups: Annotated[list[_Column], Field(max_length=16)] = []  # noqa: RUF012  pydantic copies it
    """Columns of groups that it must not treat less alike, as `sluice gate --group`."""

    approval: Literal["manual", "gate"] = "manual"
    """Who approves what has passed the gate: a person, or the gate itself."""

    keep_days: int = Field(default=90, ge=1)
    """How long data, checkpoints and what programs made are kept; versions that were registered are never deleted."""

    @property
    def needs_captures(self) -> bool:
        """Whether it says what of the captured requests is learnt from, and has nothing else."""
        return "data" in self.model_fields_set and self.data.history is None

    @model_validator(mode="after")
    def _check_label_is_feedback(self) -> Self:
        if "data" in self.model_fields_set and not re.fullmatch(NAME, self.label):
            named = "the name of feedback, 1 to 40 of a-z 0-9 _ . -, a letter first"
            raise ValueError(f"label: data is assembled by {named}, got {self.label!r:.60}")
        return self
