"""Which models and endpoint configs are there under an endpoint's name, and how are they removed?"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.aws.client import connect
from sluice.aws.refusal import message

_CONTENT_HASH = re.compile(r"-[0-9a-f]{10}")


@dataclass(frozen=True, slots=True)
class Made:
    """Something that was composed: ``<endpoint>-<hash of its content>``.

    Attributes:
        name: Its name.
        at: When it was made; aware.

    """

    name: str
    at: datetime


class Inventory:
    """The models and endpoint configs of this account and region, as far as Sluice made them."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """In the environment's region."""
        return cls(connect("sagemaker", Config(connect_timeout=5, read_timeout=20)))

    def configs(self, endpoint: str) -> list[Made]:
        """The endpoint configs, newest first."""
        return self._made(endpoint, "list_endpoint_configs", "EndpointConfig")

    def models(self, endpoint: str) -> list[Made]:
        """The models, newest first."""
        return self._made(endpoint, "list_models", "Model")

    def models_of(self, config: str) -> set[str]:
        """Names of the models that an endpoint config refers to; nothing when it is gone."""
        try:
            found = self._client.describe_endpoint_config(EndpointConfigName=config)
        except ClientError as refused:
            if "Could not find" in message(refused):
                return set()
            raise
        variants = [*found["ProductionVariants"], *found.get("ShadowProductionVariants", ())]
        return {variant["ModelName"] for variant in variants}

    def delete_config(self, name: str) -> None:
        """Delete an endpoint config, if it is there."""
        _delete(lambda: self._client.delete_endpoint_config(EndpointConfigName=name))

    def delete_model(self, name: str) -> None:
        """Delete a model, if it is there."""
        _delete(lambda: self._client.delete_model(ModelName=name))

    def _made(self, endpoint: str, operation: str, kind: str) -> list[Made]:
        pages = self._client.get_paginator(operation).paginate(
            NameContains=f"{endpoint}-", SortBy="CreationTime", SortOrder="Descending"
        )
        found = [Made(form[f"{kind}Name"], form["CreationTime"]) for page in pages for form in page[f"{kind}s"]]
        ours = [made for made in found if is_composed(made.name, endpoint)]
        return sorted(ours, key=lambda made: made.at, reverse=True)


def is_composed(name: str, endpoint: str) -> bool:
    """Whether a name is one that composing for this endpoint gives; other endpoints may begin alike."""
    return name.startswith(endpoint) and _CONTENT_HASH.fullmatch(name.removeprefix(endpoint)) is not None


def _delete(call: Callable[[], Any]) -> None:
    try:
        call()
    except ClientError as refused:
        if "Could not find" not in message(refused):
            raise
