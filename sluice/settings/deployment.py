"""What can be written in ``sluice.yaml``: the description of one deployment."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from sluice.domain.errors import InvalidWeights
from sluice.domain.variant import check_weights, is_slot
from sluice.settings.access import Access
from sluice.settings.endpoint import LONGEST_UPDATE_SECONDS, Capture, Endpoint, Update
from sluice.settings.strict import Strict

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
    update: Update = Update()

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

    def endpoint_name(self, model: str) -> str:
        """The SageMaker endpoint of a model."""
        return f"{self.name}-{model}"
