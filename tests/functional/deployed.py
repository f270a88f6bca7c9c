"""What a deployment leaves in the state table, for those who operate it."""

from typing import Any

from botocore.config import Config

from sluice.aws.client import connect
from sluice.aws.declarations import Declarations
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.stage import Kind, Stage
from tests.builders import a_routing, a_store

CANARY = Plan("canary", (Stage(Kind.WEIGHT, percent=10, minutes=5), Stage(Kind.WEIGHT, percent=50, minutes=5)))


def a_client(service: str) -> Any:
    """Of an emulated AWS; unlike boto3's, it does not read the service's model anew for each test."""
    return connect(service, Config())


def deploy() -> None:
    """Of the model ``flights``, version 1, into the table ``state`` of an emulated AWS."""
    client = a_client("dynamodb")
    a_store(client).put(a_routing())
    Declarations(client, table="state").put("flights", a_declaration())


def a_declaration() -> dict[str, Any]:
    """In the form in which the stack hands it to its custom resource."""
    return {
        "endpoint": "sluice-flights",
        "declaration": {
            "variants": [{"name": "champion", "artifact": "s3://assets/1.tar.gz", "weight": 100}],
            "image": "image:1",
            "model": {},
            "shape": {},
            "config": {},
        },
        "plan": CANARY.to_dict(),
        "declared_slots": ["champion"],
        "routing_seconds": 5,
        "on_approval": "start",
        "keeps": 3,
    }
