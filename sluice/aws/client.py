"""Make the clients of AWS services that functions use.

By botocore itself: boto3 is the same client plus an S3 transfer manager, whose import costs every cold start about a
tenth of a second and which no function uses.
"""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session


@cache
def _session() -> Session:
    return Session()


def connect(service: str, config: Config) -> Any:
    """A client of a service, in the environment's region and with its credentials."""
    return _session().create_client(service, config=config)
