"""The environment of each Lambda function: written by the stack, read by the function, declared once here."""

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
