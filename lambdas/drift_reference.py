"""Custom::DriftReference: what the declared versions of a model are compared with, put where the functions look."""

import json
import os
from typing import Any

from sluice.aws.custom_resource import Event, Outcome, respond
from sluice.aws.objects import Objects
from sluice.aws.references import References
from sluice.service.declare_references import declare_references
from sluice.settings.functions import DriftReferenceEnvironment
from sluice.settings.sensitive import inputs_by_model

_environment = DriftReferenceEnvironment.from_environment(os.environ)
_sensitive = inputs_by_model(_environment.sensitive)
_references = References.connect(_environment.table)
_objects = Objects.connect()


def handler(event: dict[str, Any], _context: object) -> None:
    """By CloudFormation; safe to run twice. What is deleted from a template stays: versions may still be served."""
    respond(event, _act)


def _act(event: Event) -> Outcome:
    properties = event["ResourceProperties"]
    model = properties["Model"]
    if event["RequestType"] != "Delete":
        urls = json.loads(properties["References"])
        sensitive = _sensitive.get(model, frozenset())
        declare_references(model, urls, objects=_objects, references=_references, sensitive=sensitive)
    return Outcome(f"{model}-drift-references")
