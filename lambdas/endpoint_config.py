"""Custom::EndpointConfig: the endpoint config of the declared shape and the live variants."""

import json
import time
from typing import Any

from sluice.aws.custom_resource import Event, Outcome, respond
from sluice.aws.endpoint import Endpoints
from sluice.domain.endpoint_config import Declaration
from sluice.service.declare_endpoint import declare_endpoint, withdraw_config

_endpoints = Endpoints.connect()


def handler(event: dict[str, Any], _context: object) -> None:
    """By CloudFormation; safe to run twice: a config's name carries its content's hash."""
    respond(event, _act)


def _act(event: Event) -> Outcome:
    endpoint = event["ResourceProperties"]["Endpoint"]
    if event["RequestType"] == "Delete":
        withdraw_config(event["PhysicalResourceId"], endpoint, _endpoints)
        return Outcome(event["PhysicalResourceId"])
    declared = Declaration.from_dict(endpoint, json.loads(event["ResourceProperties"]["Declaration"]))
    name = declare_endpoint(declared, _endpoints, sleep=time.sleep)
    return Outcome(name, {"EndpointConfigName": name})
