"""What do moto's own listing, tagging and search read of an endpoint and of an endpoint config of ours?

moto keeps both in two dicts of its backend. Ours are put there under lower-case names, as their ARNs spell them, with
the attributes moto's code looks at.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from local_cloud.sagemaker.config import EndpointConfig
from local_cloud.sagemaker.endpoint import Endpoint
from local_cloud.sagemaker.refusal import Refused, arn

Tags = list[dict[str, str]]


class ConfigRecord:
    """An endpoint config in moto's ``endpoint_configs``."""

    def __init__(self, config: EndpointConfig, tags: Tags, created: datetime) -> None:
        self.config = config
        self.tags = tags
        self.creation_time = created
        self.endpoint_config_name = config.name
        self.arn = arn("endpoint-config", config.name)

    def summary(self) -> dict[str, Any]:
        """A member of ListEndpointConfigs."""
        return {
            "EndpointConfigName": self.endpoint_config_name,
            "EndpointConfigArn": self.arn,
            "CreationTime": self.creation_time,
        }

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeEndpointConfig: what was asked for, unchanged."""
        asked = {name: value for name, value in self.config.request.items() if name != "Tags"}
        return {**asked, **self.summary()}


class EndpointRecord:
    """An endpoint in moto's ``endpoints``; once it is gone, what it was last."""

    def __init__(self, find: Callable[[], Endpoint], tags: Tags) -> None:
        self._find = find
        self._last = find()
        self.tags = tags
        self.endpoint_name = self._last.name
        self.arn = self._last.arn
        self.creation_time = self._last.created

    @property
    def last_modified_time(self) -> datetime:
        """When anything last changed."""
        return self._now().modified

    @property
    def endpoint_status(self) -> str:
        """EndpointStatus."""
        return self._now().status.value

    def summary(self) -> dict[str, Any]:
        """A member of ListEndpoints."""
        return {
            "EndpointName": self.endpoint_name,
            "EndpointArn": self.arn,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "EndpointStatus": self.endpoint_status,
        }

    def _now(self) -> Endpoint:
        with suppress(Refused):
            self._last = self._find()
        return self._last
