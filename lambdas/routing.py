"""Custom::Routing: the routing table a newly deployed model starts with."""

import json
import os
from typing import Any

from sluice.aws.custom_resource import Event, Outcome, respond
from sluice.aws.state import RoutingStore
from sluice.domain.routing import Routing
from sluice.service.declare_routing import declare_routing
from sluice.settings.functions import RoutingEnvironment

_store = RoutingStore.connect_patiently(RoutingEnvironment.from_environment(os.environ).table)


def handler(event: dict[str, Any], _context: object) -> None:
    """By CloudFormation; safe to run twice: what is there is left alone."""
    respond(event, _act)


def _act(event: Event) -> Outcome:
    form = json.loads(event["ResourceProperties"]["Routing"])
    if event["RequestType"] == "Delete":
        _store.delete(form["model"])
    else:
        declare_routing(Routing.from_dict(form), _store)
    return Outcome(f"{form['model']}-routing")
