"""Custom::Routing: the routing table a newly deployed model starts with, and what is declared of its releases."""

import json
import os
from typing import Any

from sluice.aws.custom_resource import Event, Outcome, respond
from sluice.aws.declarations import Declarations
from sluice.aws.state import RoutingStore
from sluice.domain.routing import Routing
from sluice.service.declare_routing import declare_release, declare_routing
from sluice.settings.functions import RoutingEnvironment

_table = RoutingEnvironment.from_environment(os.environ).table
_store = RoutingStore.connect_patiently(_table)
_declarations = Declarations.connect(_table)


def handler(event: dict[str, Any], _context: object) -> None:
    """By CloudFormation; safe to run twice: what is there is left alone."""
    respond(event, _act)


def _act(event: Event) -> Outcome:
    properties = event["ResourceProperties"]
    form = json.loads(properties["Routing"])
    if event["RequestType"] == "Delete":
        _store.delete(form["model"])
        _declarations.delete(form["model"])
    else:
        declare_routing(Routing.from_dict(form), _store)
        declare_release(form["model"], json.loads(properties.get("Declaration", "null")), _declarations)
    return Outcome(f"{form['model']}-routing")
