"""What do all records in the state table have in common? One client, JSON documents, two string keys."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.config import Config

from sluice.aws.client import connect


@cache
def patient_client() -> Any:
    """A DynamoDB client for those on whom nobody waits: three attempts of 5 s each; one for all stores of a process."""
    config = Config(connect_timeout=5, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
    return connect("dynamodb", config)


def key(partition: str, sort: str) -> dict[str, dict[str, str]]:
    """The key of an item."""
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def document(form: Mapping[str, Any]) -> dict[str, str]:
    """The attribute ``document``: what is read back is exactly what was written."""
    return {"S": json.dumps(form)}


def read(item: Mapping[str, Any]) -> dict[str, Any]:
    """The form in the attribute ``document``."""
    form: dict[str, Any] = json.loads(item["document"]["S"])
    return form


def number(value: int) -> dict[str, str]:
    """A number attribute."""
    return {"N": str(value)}
