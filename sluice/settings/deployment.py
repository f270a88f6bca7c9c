"""What can be written in ``sluice.yaml``: the description of one deployment."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from sluice.domain.errors import InvalidPlan, InvalidWeights
from sluice.domain.redaction.rules import Sensitive, Step
from sluice.domain.rollout.check_plan import check_plan
from sluice.domain.variant import check_weights, is_slot
from sluice.settings.access import Access
from sluice.settings.alarms import Notification, Thresholds
from sluice.settings.endpoint import LONGEST_UPDATE_SECONDS, Capture, Endpoint, Update
from sluice.settings.feedback import Feedback
from sluice.settings.gate import Gate
from sluice.settings.monitoring import Monitoring
from sluice.settings.retraining import Retraining
from sluice.settings.rollout import Rollout
from sluice.settings.strict import Strict
from sluice.settings.training import Training

_LONGEST_ENDPOINT_NAME = 63 - len("-") - 10  # the rest is the hash in the endpoint config's name

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a name is lower-case letters and digits with single hyphens between, a letter first")
    return name


Name = Annotated[str, StringConstraints(max_length=40), AfterValidator(_check_name)]
Percent = Annotated[int, Field(ge=0, le=100)]
RetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653]


def _check_slot(name: str) -> str:
    if not is_slot(name):
        raise ValueError("a variant is named champion, challenger, challenger-2 … challenger-9")
    return name


Slot = Annotated[str, AfterValidator(_check_slot)]


class Variant(Strict):
    """What a variant serves when its endpoint is first created; afterwards releases decide."""

    artifact: Path = Field(strict=False)
    """Model directory (model.onnx, signature.json), relative to sluice.yaml."""

    weight: Percent
    """Share of the traffic in whole percents; all variants' weights sum to 100."""


class Shadow(Strict):
    """A model that gets a copy of every request and whose answers nobody sees."""

    artifact: Path = Field(strict=False)
    """Model directory, relative to sluice.yaml."""


class Model(Strict):
    """One model: an endpoint and the variants it starts with."""

    variants: dict[Slot, Variant]
    """By slot: champion, challenger, challenger-2 …"""

    shadow: Shadow | None = None
    """SageMaker allows a shadow only beside a single production variant."""

    endpoint: Endpoint = Endpoint()
    capture: Capture = Capture()
    feedback: Feedback = Feedback()
    monitoring: Monitoring = Monitoring()
    update: Update = Update()
    rollout: Rollout = Rollout()
    gate: Gate = Gate()
    alarms: Thresholds = Thresholds()

    retraining: Retraining | None = None
    """When a pipeline is started that trains the model anew; without it nothing starts one."""

    training: Training | None = None
    """Left out: new versions are trained elsewhere and registered."""

    @property
    def sensitive(self) -> Sensitive:
        """The sensitive inputs, and who must be done with a captured file before they are taken out of it."""
        after = {Step.INDEXED, Step.SUMMARISED} if self.is_watched else {Step.INDEXED}
        return Sensitive(frozenset(self.capture.sensitive), frozenset(after))

    @property
    def is_watched(self) -> bool:
        """Whether its captured requests are watched for drift."""
        return self.monitoring.enabled and self.capture.percent > 0

    @property
    def joined_feedback(self) -> Feedback:
        """What the functions that join feedback are told: where nothing is watched, nobody would count labels."""
        return self.feedback if self.is_watched else self.feedback.model_copy(update={"label": None})

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        try:
            check_weights({slot: variant.weight for slot, variant in self.variants.items()})
        except InvalidWeights as wrong:
            raise ValueError(f"variants: {wrong}") from wrong
        several = len(self.variants) > 1
        if self.shadow is not None and several:
            raise ValueError("shadow: SageMaker allows a shadow variant only beside exactly one production variant")
        if self.update.strategy == "rolling" and several:
            raise ValueError("update.strategy: SageMaker does not do rolling updates of several production variants")
        if self.update.strategy != "all_at_once" and self.endpoint.fewest_instances < 2:  # noqa: PLR2004
            raise ValueError(
                f"update.strategy: {self.update.strategy} moves a share of the instances, "
                "which takes at least 2 (endpoint.instances or endpoint.autoscaling.min)"
            )
        return self

    @model_validator(mode="after")
    def _check_watched(self) -> Self:
        if self.monitoring.enabled and "enabled" in self.monitoring.model_fields_set and not self.capture.percent:
            raise ValueError("monitoring.enabled: has no effect with capture.percent 0: there is nothing to watch")
        if self.feedback.label and "label" in self.feedback.model_fields_set and not self.is_watched:
            raise ValueError("feedback.label: has no effect on a model that is not watched (monitoring, capture)")
        told = [name for name in self.monitoring.slices if name in self.capture.sensitive]
        if told:
            raise ValueError(f"monitoring.slices: {', '.join(told)} is in capture.sensitive: slices tell its values")
        return self

    @model_validator(mode="after")
    def _check_training(self) -> Self:
        columns = {*self.training.slices, *self.training.groups} if self.training else set()
        if told := sorted(columns & set(self.capture.sensitive)):
            raise ValueError(f"training: {', '.join(told)} is in capture.sensitive: a model card tells its values")
        if self.training and self.training.needs_captures and not self.capture.percent:
            raise ValueError("training.data: has no effect with capture.percent 0: give it a history")
        return self

    @model_validator(mode="after")
    def _check_retraining(self) -> Self:
        if self.retraining is not None:
            self.retraining.check(is_trained=self.training is not None, is_watched=self.is_watched)
        return self

    @model_validator(mode="after")
    def _check_plan_fits(self) -> Self:
        try:
            check_plan(
                self.rollout.to_plan(),
                declared_slots=self.variants.keys(),
                has_shadow=self.shadow is not None,
                is_scaled=self.endpoint.autoscaling is not None,
                is_captured=self.capture.percent > 0,
            )
        except InvalidPlan as wrong:
            raise ValueError(f"rollout: {wrong}") from wrong
        return self

    @model_validator(mode="after")
    def _check_time_for_update(self) -> Self:
        waits, start = self.update.waits_seconds, self.endpoint.startup_timeout_seconds
        if self.update.strategy != "all_at_once" and waits + start > LONGEST_UPDATE_SECONDS:
            raise ValueError(
                f"update.wait_seconds: {self.update.steps} waits are {waits} s and a container may take {start} s to "
                f"start, but SageMaker ends an update after {LONGEST_UPDATE_SECONDS} s"
            )
        return self


class Inference(Strict):
    """The function that answers predictions."""

    model_timeout_seconds: float = Field(default=8, gt=0, le=12, strict=False)
    """How long one variant may take. At most 12: the variant and then the champion must fit in API Gateway's 30 s."""

    routing_seconds: float = Field(default=5, ge=1, le=60, strict=False)
    """How long a routing table is used before it is read again: the longest a change of weights takes to be seen."""

    memory_mb: int = Field(default=1024, ge=256, le=3008)
    """Memory of the function; its share of a CPU grows with it."""


class Logs(Strict):
    """Logs of the functions and of the API."""

    retention_days: RetentionDays = 30
    """As CloudWatch Logs allows it."""


class Deployment(Strict):
    """All of sluice.yaml."""

    name: Annotated[str, StringConstraints(max_length=20), AfterValidator(_check_name)] = "sluice"
    """Prefix of every name in the account: stacks, endpoints, functions."""

    models: Annotated[dict[Name, Model], Field(min_length=1)]
    """By name, as in the API's paths."""

    access: Access = Access()
    inference: Inference = Inference()
    logs: Logs = Logs()
    alarms: Notification = Notification()

    keep_data: bool = True
    """Whether the state table, both buckets and the key outlive the stacks. `false`: they are deleted with the stacks;
    the buckets (data, access logs) must be emptied first, of all versions."""

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for model in self.models:
            if len(self.endpoint_name(model)) > _LONGEST_ENDPOINT_NAME:
                raise ValueError(
                    f"models: the endpoint name {self.endpoint_name(model)} is longer than {_LONGEST_ENDPOINT_NAME} "
                    "characters: shorten the name of the deployment or of the model"
                )
        return self

    @property
    def sensitive(self) -> dict[str, Sensitive]:
        """The sensitive inputs of those models that have some."""
        return {name: model.sensitive for name, model in self.models.items() if model.capture.sensitive}

    @property
    def watched(self) -> dict[str, Monitoring]:
        """How each model is watched for drift; none whose requests are not captured."""
        return {name: model.monitoring for name, model in self.models.items() if model.is_watched}

    @property
    def labelled_slices(self) -> dict[str, list[str]]:
        """By which inputs the labels of each model are counted apart, of those whose labels are counted."""
        watched = {name: model for name, model in self.models.items() if model.joined_feedback.label}
        return {name: model.monitoring.slices for name, model in watched.items() if model.monitoring.slices}

    @property
    def retrained(self) -> dict[str, Retraining]:
        """When each model is trained anew; none that only hands train."""
        return {name: model.retraining for name, model in self.models.items() if model.retraining is not None}

    @property
    def trained(self) -> dict[str, Training]:
        """How each model is trained anew; none that is trained elsewhere."""
        return {name: model.training for name, model in self.models.items() if model.training}

    def endpoint_name(self, model: str) -> str:
        """The SageMaker endpoint of a model."""
        return f"{self.name}-{model}"
