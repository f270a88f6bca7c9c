"""The environment of each Lambda function: written by the stack, read by the function, declared once here."""

import json
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict

_PREFIX = "SLUICE_"


class FunctionEnvironment(BaseModel):
    """Settings of a function, as environment variables ``SLUICE_<NAME>``."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    def to_environment(self) -> dict[str, str]:
        """The variables to give the function."""
        return {f"{_PREFIX}{name.upper()}": str(value) for name, value in self.model_dump(mode="json").items()}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables. Raises pydantic.ValidationError naming what is missing or wrong."""
        given = {name: environment.get(f"{_PREFIX}{name.upper()}") for name in cls.model_fields}
        return cls.model_validate({name: value for name, value in given.items() if value is not None})


class InferenceEnvironment(FunctionEnvironment):
    """Of ``lambdas/inference.py``."""

    table: str
    """Name of the state table."""

    models: str
    """Names of the models that are served, separated by commas."""

    model_timeout_seconds: float = 8
    """How long one variant may take to answer."""

    routing_seconds: float = 5
    """How long a routing table is used before it is read again."""


class RoutingEnvironment(FunctionEnvironment):
    """Of ``lambdas/routing.py``."""

    table: str
    """Name of the state table."""


class ReconcileEnvironment(FunctionEnvironment):
    """Of ``lambdas/reconcile.py``."""

    table: str
    """Name of the state table."""

    deployment: str
    """Name of the deployment: the model package group of a model is ``<deployment>-<model>``, as its endpoint."""

    models: str
    """Names of the models that are looked after, separated by commas."""

    captures_uri: str
    """Where data capture writes: recorded requests for previews, example predictions for incidents."""

    ops_items: bool = False
    """Whether an incident becomes an OpsItem, too."""


class FeedbackEnvironment(FunctionEnvironment):
    """Of ``lambdas/feedback.py`` and ``lambdas/report_unmatched_feedback.py``."""

    table: str
    """Name of the state table."""

    rules: str
    """Which feedback each model takes, as ``sluice.settings.feedback`` writes it."""


class IndexPredictionsEnvironment(FeedbackEnvironment):
    """Of ``lambdas/index_predictions.py``."""

    endpoints: str
    """Name of each model's endpoint: ``<model>=<endpoint>``, separated by commas."""

    dead_letters: str
    """URL of the queue for captured data that cannot be read."""

    sensitive: str = "{}"
    """The sensitive inputs of each model, as ``sluice.settings.sensitive`` writes them."""

    slices: str = "{}"
    """By which inputs the labels of each model are counted apart: a JSON object of lists."""

    def models_by_endpoint(self) -> dict[str, str]:
        """Names of the models by those of their endpoints."""
        return models_by_endpoint(self.endpoints)

    def slices_by_model(self) -> dict[str, list[str]]:
        """Names of inputs by those of models. Raises ValueError."""
        found: dict[str, list[str]] = json.loads(self.slices)
        return found


class JudgeDriftEnvironment(FunctionEnvironment):
    """Of ``lambdas/judge_drift.py``."""

    table: str
    """Name of the state table."""

    watching: str
    """How each model is watched, as ``sluice.settings.monitoring`` writes it."""

    sensitive: str = "{}"
    """The sensitive inputs of each model, as ``sluice.settings.sensitive`` writes them."""


class SummariseEnvironment(JudgeDriftEnvironment):
    """Of ``lambdas/summarise.py``."""

    endpoints: str
    """Name of each watched model's endpoint: ``<model>=<endpoint>``, separated by commas."""

    dead_letters: str
    """URL of the queue for captured data that cannot be counted."""

    def models_by_endpoint(self) -> dict[str, str]:
        """Names of the models by those of their endpoints."""
        return models_by_endpoint(self.endpoints)


class DriftReferenceEnvironment(FunctionEnvironment):
    """Of ``lambdas/drift_reference.py``."""

    table: str
    """Name of the state table."""

    sensitive: str = "{}"
    """The sensitive inputs of each model, as ``sluice.settings.sensitive`` writes them."""


class RetrainEnvironment(FunctionEnvironment):
    """Of ``lambdas/retrain.py``."""

    table: str
    """Name of the state table."""

    retraining: str
    """How each model is trained anew, as ``sluice.settings.retraining`` writes it."""


class ControlEnvironment(FunctionEnvironment):
    """Of ``lambdas/control.py``."""

    table: str
    """Name of the state table."""

    deployment: str
    """Name of the deployment: the model package group of a model is ``<deployment>-<model>``, as its endpoint."""

    models: str
    """Names of the models that are served, separated by commas."""

    controller: str
    """Name of the function that is to look again when an operator has asked for something."""


def models_by_endpoint(endpoints: str) -> dict[str, str]:
    """Names of the models by those of their endpoints, from ``<model>=<endpoint>``, separated by commas."""
    pairs = (pair.partition("=") for pair in endpoints.split(","))
    return {endpoint: model for model, _, endpoint in pairs}
