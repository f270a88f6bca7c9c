"""Custom::EndpointConfig: the models and the endpoint config of the declared shape and the live variants."""

import json
import time
from collections.abc import Mapping
from typing import Any

from sluice.aws.custom_resource import Event, Outcome, respond
from sluice.aws.endpoint import Endpoints
from sluice.domain.endpoint_config import Declaration
from sluice.service.declare_endpoint import Before, declare_endpoint, withdraw_config

_endpoints = Endpoints.connect()


def handler(event: dict[str, Any], _context: object) -> None:
    """By CloudFormation; safe to run twice: names carry their content's hash."""
    respond(event, _act)


def _act(event: Event) -> Outcome:
    if event["RequestType"] == "Delete":
        withdraw_config(event["PhysicalResourceId"], event["ResourceProperties"]["Endpoint"], _endpoints)
        return Outcome(event["PhysicalResourceId"])
    before = None
    if event["RequestType"] == "Update":
        before = Before(event["PhysicalResourceId"], _declared(event["OldResourceProperties"]))
    name = declare_endpoint(_declared(event["ResourceProperties"]), _endpoints, sleep=time.sleep, before=before)
    return Outcome(name, {"EndpointConfigName": name})


def _declared(properties: Mapping[str, str]) -> Declaration:
    return Declaration.from_dict(properties["Endpoint"], json.loads(properties["Declaration"]))
