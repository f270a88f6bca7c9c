"""Autoscaling of the variants: SageMaker refuses to take a variant down that a scaling target still names.

https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
"""

from typing import Any, Self

from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.aws.client import connect
from sluice.aws.refusal import message

_SAGEMAKER = "sagemaker"
_INSTANCES = "sagemaker:variant:DesiredInstanceCount"


class Scaling:
    """The scalable targets of this account and region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """In the environment's region."""
        return cls(connect("application-autoscaling", Config(connect_timeout=5, read_timeout=20)))

    def release(self, endpoint: str, slot: str) -> None:
        """Have a variant's instances scaled no more, if they are."""
        try:
            self._client.deregister_scalable_target(
                ServiceNamespace=_SAGEMAKER,
                ResourceId=f"endpoint/{endpoint}/variant/{slot}",
                ScalableDimension=_INSTANCES,
            )
        except ClientError as refused:  # ObjectNotFoundException, as a rule
            if "No scalable target found" not in message(refused):
                raise
