"""What does the API promise? Prints docs/openapi.json from the application itself."""

import json
import sys
import time
from typing import Any

from sluice.api.answering import Services
from sluice.api.feedback import FeedbackServices
from sluice.api.feedback import create_app as create_feedback_app
from sluice.api.inference import create_app
from sluice.aws.item_store import ItemStore
from sluice.aws.runtime import Runtime
from sluice.aws.state import RoutingStore
from sluice.clock import utc_now
from sluice.domain.feedback.rules import RuleBook
from sluice.service.predict import Predictor
from sluice.service.routing_cache import RoutingCache
from sluice.service.settle_feedback import Ledger


def document() -> dict[str, Any]:
    """The OpenAPI document. It describes; nobody is asked, so the services are connected to nothing."""
    clock, sleep = time.monotonic, time.sleep
    runtime = Runtime(None, model_timeout_seconds=0, clock=clock)
    services = Services(
        routings=RoutingCache(RoutingStore(None, table=""), models=(), fresh_seconds=0, clock=clock),
        predictor=Predictor(runtime, model_timeout_seconds=0, clock=clock, sleep=sleep),
        new_id=str,
        clock=clock,
    )
    document = create_app(services).openapi()
    document["paths"] |= _feedback_paths()
    return document


def _feedback_paths() -> dict[str, Any]:
    """Of the function beside it, behind the same front door."""
    ledger = Ledger.of(ItemStore(None, table="", sleep=time.sleep), RuleBook({}), lambda _: None)
    paths: dict[str, Any] = create_feedback_app(FeedbackServices(ledger, utc_now)).openapi()["paths"]
    return paths


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2) + "\n")
