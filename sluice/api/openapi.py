"""What does the API promise? Prints docs/openapi.json from the application itself."""

import json
import sys
import time
from typing import Any

from sluice.api.answering import Services
from sluice.api.inference import create_app
from sluice.aws.runtime import Runtime
from sluice.aws.state import RoutingStore
from sluice.service.predict import Predictor
from sluice.service.routing_cache import RoutingCache


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
    return create_app(services).openapi()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2) + "\n")
